import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { addDelays, noDelays, type DelayCounts } from './delay-counts.js';

/** How often it is looked at. Each look wakes a thread that sleeps, which shows in the CPU time of an idle fleet. */
export const resolutionMs = 50;

/** How late the event loop of a thread was, milliseconds. */
export interface EventLoopFigures {
  meanMs: number;
  p99Ms: number;
  maxMs: number;
}

/** Watches how late the event loop of this thread is. */
export class EventLoopDelay {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #startedAt = performance.now();
  readonly #counts = noDelays();
  #lastMinute: EventLoopFigures = { meanMs: 0, p99Ms: 0, maxMs: 0 };

  constructor() {
    this.#histogram.enable();
  }

  /** Call once a minute: what happened since the last call becomes "the last minute". */
  turnMinute(): void {
    this.#lastMinute = this.#now();
    addDelays(this.#counts, this.#histogram, resolutionMs);
    this.#histogram.reset();
  }

  /** Of the last minute; before the first is over, of the time since the start. */
  get figures(): EventLoopFigures {
    return performance.now() - this.#startedAt < 60_000 ? this.#now() : this.#lastMinute;
  }

  /** Of all minutes that are over. */
  get counts(): DelayCounts {
    return this.#counts;
  }

  close(): void {
    this.#histogram.disable();
  }

  #now(): EventLoopFigures {
    const { mean, max } = this.#histogram;
    // What is measured is the time between ticks: the delay is what it has beyond the resolution.
    const ms = (nanoseconds: number): number =>
      Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e6 - resolutionMs) : 0;
    return {
      meanMs: ms(mean),
      p99Ms: ms(this.#histogram.percentile(99)),
      maxMs: this.#histogram.count === 0 ? 0 : ms(max),
    };
  }
}

/** The figures of the thread that fares worst. */
export function worstOf(figures: readonly EventLoopFigures[]): EventLoopFigures {
  const most = (name: keyof EventLoopFigures): number => Math.max(0, ...figures.map((one) => one[name]));
  return { meanMs: most('meanMs'), p99Ms: most('p99Ms'), maxMs: most('maxMs') };
}
