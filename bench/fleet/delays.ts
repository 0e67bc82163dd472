import { delayP99Ms, noDelays, type FleetSummary } from '@scale-cluster/cluster-sim';
import { most } from './statistics.js';

type Delays = FleetSummary['eventLoopDelays'];

/**
 * By how much the event loop was late between two summaries: the 99th percentile over all ticks, of the thread that
 * fared worst, milliseconds. NaN if nothing was counted in between.
 */
export function worstDelayP99Ms(before: Delays, after: Delays): number {
  return most(
    Object.entries(after)
      .map(([thread, counts]) => delayP99Ms(before[thread] ?? noDelays(), counts))
      .filter((ms) => !Number.isNaN(ms)),
  );
}
