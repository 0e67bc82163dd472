import { collectDefaultMetrics, Registry } from 'prom-client';
import type { FleetApi } from '../context.js';
import { EventLoopMetrics } from './event-loop-metrics.js';
import { FleetMetrics } from './fleet-metrics.js';
import { HttpMetrics } from './http-metrics.js';
import { RancherApiMetrics } from './rancher-api-metrics.js';
import { StageMetrics } from './stage-metrics.js';

/**
 * All metrics of one agent. Labels are few and bounded (phases, stages, verbs, codes, routes): never a cluster's
 * name, or a fleet of thousands would make thousands of series. `nodejs_*` and `process_*` (event loop delay,
 * memory, garbage collection, CPU) come from prom-client.
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
    collectDefaultMetrics({ register: this.registry });
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
