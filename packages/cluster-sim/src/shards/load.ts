import { getHeapStatistics } from 'node:v8';
import type { LoadSample } from '../bottleneck/judge.js';
import type { DelayCounts } from '../event-loop/delay-counts.js';
import type { EventLoopFigures } from '../event-loop/event-loop-delay.js';
import type { RequestFigures } from '../request-counts.js';

/** Memory of one thread. Native memory, as of TLS, belongs to the process and can't be told apart. */
export interface ThreadMemory {
  heapUsedBytes: number;
  heapTotalBytes: number;
  heapLimitBytes: number;
  /** Buffers outside of the heap. */
  externalBytes: number;
}

/** What a shard tells of itself. Plain data. */
export interface ShardLoad {
  /** Of the last minute. */
  eventLoop: EventLoopFigures;
  /** Since the thread began, in whole spans of ten seconds or so. */
  delays: DelayCounts;
  /** Share of the time since the last message in which the thread had work, 0 to 1. */
  busyShare: number;
  /** Of the last ten seconds or so. */
  sample: LoadSample;
  memory: ThreadMemory;
  requests: RequestFigures;
  journal: { bytes: number; entries: number };
}

/** Of this thread. */
export function threadMemory(): ThreadMemory {
  const { used_heap_size, total_heap_size, heap_size_limit } = getHeapStatistics();
  return {
    heapUsedBytes: used_heap_size,
    heapTotalBytes: total_heap_size,
    heapLimitBytes: heap_size_limit,
    externalBytes: process.memoryUsage().external,
  };
}

/**
 * One sample for the whole process: the worst of its threads where each has its own, and `process` for what all share.
 * A thread is as busy as it is, however idle the others are.
 */
export function worstSample(process: LoadSample, others: readonly LoadSample[]): LoadSample {
  const all = [process, ...others];
  const heap = all.reduce((worst, one) =>
    one.heapUsedBytes / one.heapLimitBytes > worst.heapUsedBytes / worst.heapLimitBytes ? one : worst,
  );
  return {
    ...process,
    eventLoopDelayP99Ms: Math.max(...all.map((one) => one.eventLoopDelayP99Ms)),
    eventLoopShare: Math.max(...all.map((one) => one.eventLoopShare)),
    heapUsedBytes: heap.heapUsedBytes,
    heapLimitBytes: heap.heapLimitBytes,
  };
}
