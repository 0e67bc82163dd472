import { delayBoundsMs, type DelayCounts } from '@scale-cluster/cluster-sim';
import type { Histogram, Registry } from 'prom-client';

const name = 'scale_agent_event_loop_delay_seconds';

/**
 * How late the event loop of each thread was, counted by the threads themselves. prom-client's own Histogram can only
 * observe values one by one.
 */
export class EventLoopMetrics {
  readonly name = name;
  readonly type = 'histogram';
  readonly help = 'How late the event loop of a thread was at ticks every 50 ms.';
  #counts: Record<string, DelayCounts> = {};

  constructor(registry: Registry) {
    // What a registry asks of a metric is this class's members; the type of its parameter names the library's classes.
    registry.registerMetric(this as unknown as Histogram);
  }

  /** Takes over the present values; to be called before each scrape. */
  update(counts: Record<string, DelayCounts>): void {
    this.#counts = counts;
  }

  async get(): Promise<object> {
    const values = Object.entries(this.#counts).flatMap(([thread, { upToMs, count, sumMs }]) => [
      ...delayBoundsMs.map((bound) => ({
        metricName: `${name}_bucket`,
        labels: { le: bound / 1000, thread },
        value: upToMs[bound] ?? 0,
      })),
      { metricName: `${name}_bucket`, labels: { le: '+Inf', thread }, value: count },
      { metricName: `${name}_sum`, labels: { thread }, value: sumMs / 1000 },
      { metricName: `${name}_count`, labels: { thread }, value: count },
    ]);
    return { name, help: this.help, type: this.type, aggregator: 'sum', values };
  }
}
