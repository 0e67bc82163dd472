import { constants, PerformanceObserver, type NodeGCPerformanceDetail } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** When V8 begins to mark, in percent of what may still be allocated before it has to. 0: V8 decides. */
const triggerFlag = '--incremental-marking-hard-trigger';
/**
 * While it is set, V8 moves up to 12 MB of what is alive out of pages of which a fifth is free, so that these can be
 * given back; else up to 4 MB, and often of emptier pages only (V8's `mark-compact.cc`, `ComputeEvacuationHeuristics`).
 */
const compactFlag = (on: boolean): void => setFlagsFromString(`--${on ? '' : 'no-'}optimize-for-size`);

/** Pages of a heap. A larger one stays as it is: to move a part of it stops the thread for some 0.5 s. */
export const denseUpToBytes = 600e6;
/** Of the heap, in bytes. V8 lets a heap grow by half or more before it collects, and begins at a hundredth of that. */
const ballastShare = 0.03;
/** In which marking is seen to have begun, even when V8 was in the midst of a collection. */
const beginsWithinMs = 10_000;

let gc: ((options?: { type: 'minor' }) => void) | undefined;
let giveUp: (() => void) | undefined;

/**
 * Has V8 collect all garbage of this thread as it is collected when memory is allocated: marked by other threads, while
 * this one works on. With 3,000 clusters that stops the thread for 10 to 150 ms, and V8's `gc` for 1.2 to 2.6 s: that is
 * called only if V8 does not begin.
 *
 * @param done called at the end, some seconds later, unless this is called again before
 * @param withinMs time for V8 to begin
 */
export function collectGarbage(done: () => void, withinMs = beginsWithinMs): void {
  giveUp?.();
  const askedAt = performance.now();
  let begun = false;
  const end = (): void => {
    giveUp?.();
    done();
  };
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      // What others observe is told late to all.
      if (entry.startTime < askedAt) continue;
      const { kind } = (entry as { detail?: NodeGCPerformanceDetail }).detail ?? {};
      if (kind === constants.NODE_PERFORMANCE_GC_INCREMENTAL) begun = true;
      if (kind !== constants.NODE_PERFORMANCE_GC_MAJOR) continue;
      // What has died since it was marked is left by a collection that had begun before.
      return begun ? end() : begin();
    }
  });
  const timer = setTimeout(() => {
    if (begun) return;
    exposed()();
    end();
  }, withinMs).unref();
  giveUp = () => {
    giveUp = undefined;
    clearTimeout(timer);
    observer.disconnect();
    compactFlag(false);
  };
  observer.observe({ entryTypes: ['gc'] });
  compactFlag(getHeapStatistics().total_heap_size < denseUpToBytes);
  begin();
}

/**
 * V8 looks whether it is time to mark after each collection of young objects. What is allocated here makes up for what
 * was not since the last collection: as much as V8 wants to see grow before.
 */
function begin(): void {
  const ballast = new Array<undefined>(Math.ceil((getHeapStatistics().total_heap_size * ballastShare) / 8));
  setFlagsFromString(`${triggerFlag}=1`);
  exposed()({ type: 'minor' });
  setFlagsFromString(`${triggerFlag}=0`);
  // Until here it had to be alive, to count as grown.
  ballast.length = 0;
}

/** V8's `gc`, which a context has that is made after the flag is set. */
function exposed(): (options?: { type: 'minor' }) => void {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as (options?: { type: 'minor' }) => void;
  }
  return gc;
}
