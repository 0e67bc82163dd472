import { constants, PerformanceObserver, type NodeGCPerformanceDetail } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** When V8 begins to mark, in percent of what may still be allocated before it has to. 0: V8 decides. */
const triggerFlag = '--incremental-marking-hard-trigger';

let collect: ((options: { type: 'minor' }) => void) | undefined;
let waiting: PerformanceObserver | undefined;

/**
 * Has V8 collect all garbage of this thread as it does when memory is allocated: marked by other threads, while this one
 * works on. A heap of 3,000 clusters stops its thread for 10 to 150 ms so, and for 1.2 to 2.6 s when `gc` is called.
 *
 * @param done called some seconds later; never, if next to nothing was allocated since the last collection. Replaces one
 *   that still waits.
 */
export function collectInBackground(done: () => void): void {
  waiting?.disconnect();
  let begun = false;
  waiting = new PerformanceObserver((list, observer) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as { detail?: NodeGCPerformanceDetail }).detail ?? {};
      if (kind === constants.NODE_PERFORMANCE_GC_INCREMENTAL) begun = true;
      if (kind !== constants.NODE_PERFORMANCE_GC_MAJOR) continue;
      // What has died since it was marked is left by a collection that had begun before.
      if (!begun) return begin();
      observer.disconnect();
      return done();
    }
  });
  waiting.observe({ entryTypes: ['gc'] });
  begin();
}

/** V8 looks whether it is time to mark after each collection of young objects. */
function begin(): void {
  setFlagsFromString(`${triggerFlag}=1`);
  (collect ??= exposed())({ type: 'minor' });
  setFlagsFromString(`${triggerFlag}=0`);
}

/** V8's `gc`, which a context has that is made after the flag is set. */
function exposed(): (options: { type: 'minor' }) => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as (options: { type: 'minor' }) => void;
}
