import { constants, PerformanceObserver, type NodeGCPerformanceDetail } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** When V8 begins to mark, in percent of what may still be allocated before it has to. 0: V8 decides. */
const triggerFlag = '--incremental-marking-hard-trigger';

/** Objects of up to so many bytes are collected by `gc`, which takes some 2 ms per MB and leaves less behind. */
const smallHeapBytes = 400e6;
/** In which marking is seen to have begun, even when V8 was in the midst of a collection. */
const beginsWithinMs = 10_000;

let gc: ((options?: { type: 'minor' }) => void) | undefined;
let giveUp: (() => void) | undefined;

/**
 * Has V8 collect all garbage of this thread. A large heap is collected as it is when memory is allocated: marked by other
 * threads, while this one works on. With 3,000 clusters that stops the thread for 10 to 150 ms, and `gc` for 1.2 to
 * 2.6 s. A thread that allocates next to nothing can't be brought to begin: its heap is collected by `gc` as well.
 *
 * @param done called at the end, some seconds later, unless this is called again before
 */
export function collectGarbage(
  done: () => void,
  { withinMs = beginsWithinMs, smallBytes = smallHeapBytes }: { withinMs?: number; smallBytes?: number } = {},
): void {
  giveUp?.();
  if (getHeapStatistics().used_heap_size > smallBytes) return collectInBackground(done, withinMs);
  exposed()();
  done();
}

function collectInBackground(done: () => void, withinMs: number): void {
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
  };
  observer.observe({ entryTypes: ['gc'] });
  begin();
}

/** V8 looks whether it is time to mark after each collection of young objects. */
function begin(): void {
  setFlagsFromString(`${triggerFlag}=1`);
  exposed()({ type: 'minor' });
  setFlagsFromString(`${triggerFlag}=0`);
}

/** V8's `gc`, which a context has that is made after the flag is set. */
function exposed(): (options?: { type: 'minor' }) => void {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as (options?: { type: 'minor' }) => void;
  }
  return gc;
}
