import type { FleetEvent } from '@scale-cluster/cluster-sim';
import { Histogram, type Registry } from 'prom-client';
import type { FleetApi } from '../context.js';

/** Seconds: from one fast stage to a Rancher that takes half an hour under thousands of clusters. */
const BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 120, 300, 600, 1800];

/** How long clusters take from their creation to each stage, counted as they reach it for the first time. */
export class StageMetrics {
  private readonly histogram: Histogram<'stage'>;

  constructor(
    registry: Registry,
    private readonly fleet: Pick<FleetApi, 'get' | 'on' | 'off'>,
  ) {
    this.histogram = new Histogram({
      name: 'scale_agent_stage_duration_seconds',
      help: 'Seconds from the creation of a cluster to each stage on its way to active.',
      labelNames: ['stage'],
      buckets: BUCKETS,
      registers: [registry],
    });
    fleet.on('event', this.observe);
  }

  close(): void {
    this.fleet.off('event', this.observe);
  }

  private readonly observe = (event: FleetEvent): void => {
    if (event.type !== 'stage' || event.stage === undefined) return;
    const view = this.fleet.get(event.cluster);
    const reached = view?.stages[event.stage];
    if (!view || reached == null) return;
    this.histogram.observe(
      { stage: event.stage },
      Math.max(0, Date.parse(reached) - Date.parse(view.createdAt)) / 1000,
    );
  };
}
