import { performance } from 'node:perf_hooks';

/** A function that tells the share of the time since its last call in which this thread's event loop had work, 0 to 1. */
export function busyShare(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
