import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import type { BackendKind } from './backend/backend-kinds.js';
import type { RequestInfo } from './backend/backend.js';
import { stageNames, type FleetSummary, type StageName, type StageTiming } from './views.js';

/** Durations kept per stage; beyond it each new one takes the place of a random old one. */
const sampleLimit = 20_000;
const resolutionMs = 20;

/** Counters and timings of the whole fleet. */
export class FleetMetrics {
  readonly #stages = new Map<StageName, { count: number; samples: number[] }>(
    stageNames.map((stage) => [stage, { count: 0, samples: [] }]),
  );
  readonly #requests = new Map<string, number>();
  readonly #eventLoop: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #startedAt = performance.now();
  readonly #byBackend = new Map<BackendKind, { value: number }>();
  #requestCount = 0;
  #bytesOut = 0;
  #lastMinute = { meanMs: 0, p99Ms: 0, maxMs: 0 };
  /** Failed steps and tunnel attempts. */
  errors = 0;

  constructor(private readonly random: () => number) {
    this.#eventLoop.enable();
  }

  close(): void {
    this.#eventLoop.disable();
  }

  /** A cluster has reached a stage for the first time, so long after its creation. */
  addStage(stage: StageName, durationMs: number): void {
    const timings = this.#stages.get(stage);
    if (timings === undefined) return;
    timings.count += 1;
    if (timings.samples.length < sampleLimit) timings.samples.push(durationMs);
    else timings.samples[Math.floor(this.random() * sampleLimit)] = durationMs;
  }

  /** What counts the requests of a backend's clusters. */
  requestCounter(kind: BackendKind): (request: RequestInfo) => void {
    const count = { value: 0 };
    this.#byBackend.set(kind, count);
    return (request) => {
      count.value += 1;
      this.#addRequest(request);
    };
  }

  requestsOf(kind: BackendKind): number {
    return this.#byBackend.get(kind)?.value ?? 0;
  }

  #addRequest(request: RequestInfo): void {
    this.#requestCount += 1;
    this.#bytesOut += request.bytes;
    const key = `${request.verb} ${request.code}`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
  }

  /** Call once a minute: what the event loop did since the last call becomes "the last minute". */
  turnMinute(): void {
    this.#lastMinute = this.#eventLoopNow();
    this.#eventLoop.reset();
  }

  get uptimeSec(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  get stageTimings(): Record<StageName, StageTiming> {
    return Object.fromEntries(
      [...this.#stages].map(([stage, { count, samples }]) => [stage, { count, ...percentiles(samples) }]),
    ) as Record<StageName, StageTiming>;
  }

  get requests(): FleetSummary['requests'] {
    return {
      total: this.#requestCount,
      bytesOut: this.#bytesOut,
      byVerbAndCode: Object.fromEntries([...this.#requests].sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  }

  get eventLoop(): FleetSummary['eventLoop'] {
    return this.uptimeSec < 60 ? this.#eventLoopNow() : this.#lastMinute;
  }

  #eventLoopNow(): FleetSummary['eventLoop'] {
    const { mean, max } = this.#eventLoop;
    // What is measured is the time between ticks: the delay is what it has beyond the resolution.
    const ms = (nanoseconds: number): number =>
      Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e6 - resolutionMs) : 0;
    return {
      meanMs: ms(mean),
      p99Ms: ms(this.#eventLoop.percentile(99)),
      maxMs: this.#eventLoop.count === 0 ? 0 : ms(max),
    };
  }
}

/** Nearest-rank percentiles; zeros without samples. */
export function percentiles(samples: readonly number[]): Omit<StageTiming, 'count'> {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
