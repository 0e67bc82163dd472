import type { Histogram } from 'node:perf_hooks';

/** Up to which delays ticks are counted, milliseconds. */
export const delayBoundsMs = [
  1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000,
] as const;

/** How often the event loop of a thread was how late since the thread began. Plain data; only ever grows. */
export interface DelayCounts {
  /** Ticks that were at most so many milliseconds late, for each of the bounds: larger ones count the smaller too. */
  upToMs: Record<number, number>;
  /** All ticks. */
  count: number;
  /** How late all of them were together. */
  sumMs: number;
}

export function noDelays(): DelayCounts {
  return { upToMs: Object.fromEntries(delayBoundsMs.map((bound) => [bound, 0])), count: 0, sumMs: 0 };
}

/** Counts in what a histogram of Node.js has measured: nanoseconds between ticks that should be `periodMs` apart. */
export function addDelays(counts: DelayCounts, histogram: Histogram, periodMs: number): void {
  const { count, mean } = histogram;
  if (count === 0) return;
  let upTo = 0;
  for (const bound of delayBoundsMs) {
    upTo = countUpTo(histogram, (periodMs + bound) * 1e6, upTo);
    counts.upToMs[bound] = (counts.upToMs[bound] ?? 0) + upTo;
  }
  counts.count += count;
  counts.sumMs += Math.max(0, mean / 1e6 - periodMs) * count;
}

/**
 * How late an event loop was between two states of its counts: the 99th percentile in milliseconds, between two bounds
 * as if ticks were spread evenly (what Prometheus' histogram_quantile does). Infinity beyond the largest bound, NaN
 * without ticks.
 */
export function delayP99Ms(before: DelayCounts, after: DelayCounts): number {
  const count = after.count - before.count;
  if (count === 0) return NaN;
  const rank = 0.99 * count;
  let [lowerMs, below] = [0, 0];
  for (const bound of delayBoundsMs) {
    const upTo = (after.upToMs[bound] ?? 0) - (before.upToMs[bound] ?? 0);
    if (upTo >= rank) return lowerMs + ((bound - lowerMs) * (rank - below)) / (upTo - below);
    [lowerMs, below] = [bound, upTo];
  }
  return Infinity;
}

/** How many of its values are at most `limit`, being at least `least`: it tells only percentiles, so by halving. */
function countUpTo(histogram: Histogram, limit: number, least: number): number {
  const { count } = histogram;
  let [low, high] = [least, count];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (histogram.percentile((100 * middle) / count) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
