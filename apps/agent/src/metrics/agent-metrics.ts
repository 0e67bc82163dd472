import { collectDefaultMetrics, Registry } from 'prom-client';
import type { FleetApi } from '../context.js';
import { EventLoopMetrics } from './event-loop-metrics.js';
import { FleetMetrics } from './fleet-metrics.js';
import { HttpMetrics } from './http-metrics.js';
import { RancherApiMetrics } from './rancher-api-metrics.js';
import { StageMetrics } from './stage-metrics.js';

/**
 * prom-client would look at the event loop every 10 ms, which was half of what the main thread of an idle fleet did, and
 * counts these 10 ms as delay. EventLoopMetrics tells it of all threads, and without them.
 */
const HARDLY_EVER_MS = 60_000;

/**
 * All metrics of one agent. Labels are few and bounded (phases, stages, verbs, codes, routes): never a cluster's
 * name, or a fleet of thousands would make thousands of series. `nodejs_*` and `process_*` (memory, garbage
 * collection, CPU) come from prom-client.
 */
export class AgentMetrics {
  readonly http: HttpMetrics;
  private readonly registry = new Registry();
  private readonly fleetMetrics: FleetMetrics;
  private readonly eventLoop: EventLoopMetrics;
  private readonly rancherApi: RancherApiMetrics;
  private readonly stages: StageMetrics;

  constructor(
    private readonly fleet: FleetApi,
    rancherURL: string,
  ) {
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: HARDLY_EVER_MS });
    for (const figure of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'])
      this.registry.removeSingleMetric(`nodejs_eventloop_lag_${figure}_seconds`);
    this.fleetMetrics = new FleetMetrics(this.registry);
    this.eventLoop = new EventLoopMetrics(this.registry);
    this.http = new HttpMetrics(this.registry);
    this.stages = new StageMetrics(this.registry, fleet);
    this.rancherApi = new RancherApiMetrics(this.registry, rancherURL);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  render(): Promise<string> {
    const summary = this.fleet.summary();
    this.fleetMetrics.update(summary);
    this.eventLoop.update(summary.eventLoopDelays);
    return this.registry.metrics();
  }

  close(): void {
    this.stages.close();
    this.rancherApi.close();
    this.registry.clear();
  }
}
