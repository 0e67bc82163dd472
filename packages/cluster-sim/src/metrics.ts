import type { BackendKind } from './backend/backend-kinds.js';
import type { RequestInfo } from './backend/backend.js';
import { EventLoopDelay } from './event-loop/event-loop-delay.js';
import { noRequests, RequestCounts, type RequestFigures } from './request-counts.js';
import { stageNames, type StageName, type StageTiming } from './views.js';

/** Durations kept per stage; beyond it each new one takes the place of a random old one. */
const sampleLimit = 20_000;

/** Counters and timings of the whole fleet. */
export class FleetMetrics {
  readonly #stages = new Map<StageName, { count: number; samples: number[] }>(
    stageNames.map((stage) => [stage, { count: 0, samples: [] }]),
  );
  readonly #requests = new Map<BackendKind, RequestCounts>();
  readonly #startedAt = performance.now();
  /** Of the main thread. */
  readonly eventLoop = new EventLoopDelay();
  /** Failed steps and tunnel attempts. */
  errors = 0;

  constructor(private readonly random: () => number) {}

  close(): void {
    this.eventLoop.close();
  }

  /** A cluster has reached a stage for the first time, so long after its creation. */
  addStage(stage: StageName, durationMs: number): void {
    const timings = this.#stages.get(stage);
    if (timings === undefined) return;
    timings.count += 1;
    if (timings.samples.length < sampleLimit) timings.samples.push(durationMs);
    else timings.samples[Math.floor(this.random() * sampleLimit)] = durationMs;
  }

  /** What counts the requests of a backend's clusters in this thread. */
  requestCounter(kind: BackendKind): (request: RequestInfo) => void {
    const counts = new RequestCounts();
    this.#requests.set(kind, counts);
    return (request) => counts.add(request);
  }

  /** In this thread. */
  requestsOf(kind: BackendKind): RequestFigures {
    return this.#requests.get(kind)?.figures ?? noRequests;
  }

  get uptimeSec(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  get stageTimings(): Record<StageName, StageTiming> {
    return Object.fromEntries(
      [...this.#stages].map(([stage, { count, samples }]) => [stage, { count, ...percentiles(samples) }]),
    ) as Record<StageName, StageTiming>;
  }
}

/** Nearest-rank percentiles; zeros without samples. */
export function percentiles(samples: readonly number[]): Omit<StageTiming, 'count'> {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
