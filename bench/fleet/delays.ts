import type { DelayCounts, FleetSummary } from '@scale-cluster/cluster-sim';
import { most } from './statistics.js';

type Delays = FleetSummary['eventLoopDelays'];

/**
 * By how much the event loop was late between two summaries: the 99th percentile over all ticks, of the thread that
 * fared worst, milliseconds. Infinity beyond the largest bound, NaN if no minute ended in between.
 */
export function delayP99Ms(before: Delays, after: Delays): number {
  return most(
    Object.entries(after)
      .map(([thread, counts]) => p99Ms(before[thread], counts))
      .filter((ms) => !Number.isNaN(ms)),
  );
}

/** Between two bounds as if ticks were spread evenly: what Prometheus' histogram_quantile does. */
function p99Ms(before: DelayCounts | undefined, after: DelayCounts): number {
  const count = after.count - (before?.count ?? 0);
  if (count === 0) return NaN;
  const rank = 0.99 * count;
  let [lowerMs, below] = [0, 0];
  for (const [bound, total] of Object.entries(after.upToMs)) {
    const boundMs = Number(bound);
    const upTo = total - (before?.upToMs[boundMs] ?? 0);
    if (upTo >= rank) return lowerMs + ((boundMs - lowerMs) * (rank - below)) / (upTo - below);
    [lowerMs, below] = [boundMs, upTo];
  }
  return Infinity;
}
