import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { addDelays, delayP99Ms, noDelays, type DelayCounts } from './delay-counts.js';

/** How often it is looked at. Each look wakes a thread that sleeps, which shows in the CPU time of an idle fleet. */
const periodMs = 50;

/** How late the event loop of a thread was, milliseconds. */
export interface EventLoopFigures {
  meanMs: number;
  p99Ms: number;
  maxMs: number;
}

/** Watches how late the event loop of this thread is. */
export class EventLoopDelay {
  readonly #counts = noDelays();
  /** As they were when the minute began. */
  #before = noDelays();
  #maxMs = 0;
  #lastMinute: EventLoopFigures | undefined;

  /** @param histogram of the times from tick to tick; @default Node.js measures them */
  constructor(
    private readonly histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: periodMs }),
  ) {
    histogram.enable();
  }

  /** Call every few seconds: counts what happened since the last call, and gives its 99th percentile in milliseconds. */
  turn(): number {
    const { count, max } = this.histogram;
    const p99Ms = delayOf(this.histogram.percentile(99));
    addDelays(this.#counts, this.histogram, periodMs);
    if (count > 0) this.#maxMs = Math.max(this.#maxMs, delayOf(max));
    this.histogram.reset();
    return p99Ms;
  }

  /** Call once a minute: what was counted since the last call becomes "the last minute". */
  turnMinute(): void {
    this.#lastMinute = this.#sinceMinute();
    this.#before = this.counts;
    this.#maxMs = 0;
  }

  /** Of the last minute; before the first is over, of the time since the start. */
  get figures(): EventLoopFigures {
    return this.#lastMinute ?? this.#sinceMinute();
  }

  /** All that was counted so far: a copy, which stays as it is. */
  get counts(): DelayCounts {
    return structuredClone(this.#counts);
  }

  close(): void {
    this.histogram.disable();
  }

  #sinceMinute(): EventLoopFigures {
    const count = this.#counts.count - this.#before.count;
    if (count === 0) return { meanMs: 0, p99Ms: 0, maxMs: 0 };
    return {
      meanMs: (this.#counts.sumMs - this.#before.sumMs) / count,
      // Bounds are coarser than the longest delay, and end.
      p99Ms: Math.min(this.#maxMs, delayP99Ms(this.#before, this.#counts)),
      maxMs: this.#maxMs,
    };
  }
}

/** What is measured is the time between ticks: the delay is what it has beyond the period. */
function delayOf(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e6 - periodMs) : 0;
}

/** The figures of the thread that fares worst. */
export function worstOf(figures: readonly EventLoopFigures[]): EventLoopFigures {
  const most = (name: keyof EventLoopFigures): number => Math.max(0, ...figures.map((one) => one[name]));
  return { meanMs: most('meanMs'), p99Ms: most('p99Ms'), maxMs: most('maxMs') };
}
