/** What a process can be short of, so that it and not Rancher sets the pace. */
export const bottleneckReasons = ['event-loop', 'cpu', 'memory', 'heap'] as const;
export type BottleneckReason = (typeof bottleneckReasons)[number];

/** How a process fared in one period. */
export interface LoadSample {
  /** 99th percentile of how late timers were, milliseconds. */
  eventLoopDelayP99Ms: number;
  /** Share of the time in which the event loop had work, 0 to 1. */
  eventLoopShare: number;
  /** CPU time of all threads per time that passed: 1 is one core. */
  cpuCores: number;
  /** Cores that there are. */
  cores: number;
  /** Memory left to this process by the machine or its container, and all of it. */
  memoryAvailableBytes: number;
  memoryTotalBytes: number;
  heapUsedBytes: number;
  heapLimitBytes: number;
}

/** What is too much, and what is well again; in between nothing changes. */
const thresholds: Record<
  BottleneckReason,
  { value: (sample: LoadSample) => number; high: number; low: number }
> = {
  'event-loop': { value: ({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms, high: 250, low: 100 },
  cpu: {
    value: ({ eventLoopShare, cpuCores, cores }) => Math.max(eventLoopShare, cpuCores / cores),
    high: 0.95,
    low: 0.85,
  },
  memory: {
    value: ({ memoryAvailableBytes, memoryTotalBytes }) => 1 - memoryAvailableBytes / memoryTotalBytes,
    high: 0.95,
    low: 0.92,
  },
  heap: { value: ({ heapUsedBytes, heapLimitBytes }) => heapUsedBytes / heapLimitBytes, high: 0.9, low: 0.8 },
};

/** Periods in a row that must agree: a single long garbage collection is no bottleneck. */
const agreeing = 2;

/** Tells from periods whether the process is a bottleneck, and what for. */
export class BottleneckJudge {
  readonly #state = new Map<BottleneckReason, { on: boolean; against: number }>(
    bottleneckReasons.map((reason) => [reason, { on: false, against: 0 }]),
  );

  get reasons(): BottleneckReason[] {
    return bottleneckReasons.filter((reason) => this.#state.get(reason)?.on === true);
  }

  add(sample: LoadSample): void {
    for (const [reason, state] of this.#state) {
      const { value, high, low } = thresholds[reason];
      const speaksAgainst = state.on ? value(sample) < low : value(sample) > high;
      state.against = speaksAgainst ? state.against + 1 : 0;
      if (state.against < agreeing) continue;
      state.on = !state.on;
      state.against = 0;
    }
  }
}
