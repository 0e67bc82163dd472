import { bottleneckReasons, type FleetSummary, type ShardView } from '@scale-cluster/cluster-sim';
import { Counter, Gauge, type Registry } from 'prom-client';

const PREFIX = 'scale_agent_';

/** One value of a metric with its labels. */
type Sample = readonly [labels: Record<string, string>, value: number];

/** A metric that is read off the fleet's summary. */
interface Definition {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly type: 'gauge' | 'counter';
  readonly samples: (summary: FleetSummary) => readonly Sample[];
}

const perTunnel =
  (pick: (tunnel: FleetSummary['tunnels']['cluster']) => number) =>
  ({ tunnels }: FleetSummary): Sample[] => [
    [{ tunnel: 'cluster' }, pick(tunnels.cluster)],
    [{ tunnel: 'steve' }, pick(tunnels.steve)],
  ];

const perShard =
  (pick: (shard: ShardView) => number) =>
  ({ shards }: FleetSummary): Sample[] =>
    shards.map((shard) => [{ shard: String(shard.index) }, pick(shard)]);

const definitions: readonly Definition[] = [
  {
    name: 'clusters',
    help: 'Clusters by phase.',
    labels: ['phase'],
    type: 'gauge',
    samples: ({ phases }) => Object.entries(phases).map(([phase, count]) => [{ phase }, count]),
  },
  {
    name: 'backend_clusters',
    help: 'Clusters by backend and phase.',
    labels: ['backend', 'phase'],
    type: 'gauge',
    samples: ({ backends }) =>
      backends.flatMap(({ kind, phases }) =>
        Object.entries(phases).map(([phase, count]): Sample => [{ backend: kind, phase }, count]),
      ),
  },
  {
    name: 'backend_ready',
    help: '1 while a backend can make clusters; 0 while it is started, repaired, or not needed yet.',
    labels: ['backend'],
    type: 'gauge',
    samples: ({ backends }) =>
      backends.map(({ kind, phase }) => [{ backend: kind }, phase === 'ready' ? 1 : 0]),
  },
  {
    name: 'backend_requests_total',
    help: 'Requests answered by the Kubernetes APIs of the clusters of a backend.',
    labels: ['backend'],
    type: 'counter',
    samples: ({ backends }) => backends.map(({ kind, requests }) => [{ backend: kind }, requests]),
  },
  {
    name: 'tunnels_connected',
    help: 'Tunnels to Rancher that are up.',
    labels: ['tunnel'],
    type: 'gauge',
    samples: perTunnel((tunnel) => tunnel.connected),
  },
  {
    name: 'tunnel_connections',
    help: 'Virtual connections that Rancher has open through tunnels.',
    labels: ['tunnel'],
    type: 'gauge',
    samples: perTunnel((tunnel) => tunnel.connections),
  },
  {
    name: 'tunnel_reconnects_total',
    help: 'Tunnels that came up again after they had been up before.',
    labels: ['tunnel'],
    type: 'counter',
    samples: perTunnel((tunnel) => tunnel.reconnects),
  },
  {
    name: 'tunnel_failures_total',
    help: 'Attempts to connect a tunnel that failed.',
    labels: ['tunnel'],
    type: 'counter',
    samples: perTunnel((tunnel) => tunnel.failures),
  },
  {
    name: 'cluster_requests_total',
    help: 'Requests answered by the Kubernetes APIs of all clusters.',
    labels: ['verb', 'code'],
    type: 'counter',
    samples: ({ requests }) =>
      Object.entries(requests.byVerbAndCode).map(([key, count]) => {
        const [verb = '', code = ''] = key.split(' ');
        return [{ verb, code }, count];
      }),
  },
  {
    name: 'cluster_response_bytes_total',
    help: 'Bytes answered by the Kubernetes APIs of all clusters.',
    labels: [],
    type: 'counter',
    samples: ({ requests }) => [[{}, requests.bytesOut]],
  },
  {
    name: 'rancher_subscribed',
    help: "1 while Rancher's event stream is connected.",
    labels: [],
    type: 'gauge',
    samples: ({ rancher }) => [[{}, rancher.subscribed ? 1 : 0]],
  },
  {
    name: 'rancher_creates',
    help: 'Clusters being created in Rancher now, and waiting for their turn.',
    labels: ['state'],
    type: 'gauge',
    samples: ({ rancher }) => [
      [{ state: 'in_flight' }, rancher.createsInFlight],
      [{ state: 'queued' }, rancher.createsQueued],
    ],
  },
  {
    name: 'ramp_window',
    help: 'Creations that Rancher bears at a time, as found out from its answers.',
    labels: [],
    type: 'gauge',
    samples: ({ ramp }) => [[{}, ramp.window]],
  },
  {
    name: 'ramp_activating',
    help: 'Clusters created in Rancher and not Active yet, without those that take too long.',
    labels: [],
    type: 'gauge',
    samples: ({ ramp }) => [[{}, ramp.activating]],
  },
  {
    name: 'ramp_paused_seconds',
    help: 'How long no new creation begins, because Rancher refused.',
    labels: [],
    type: 'gauge',
    samples: ({ ramp }) => [[{}, ramp.pausedMs / 1000]],
  },
  {
    name: 'ramp_trouble_total',
    help: 'Answers of Rancher that slow the ramp down: slow ones, and 429, 5xx or none.',
    labels: ['kind'],
    type: 'counter',
    samples: ({ ramp }) => [
      [{ kind: 'slow' }, ramp.slowAnswers],
      [{ kind: 'refused' }, ramp.refusals],
    ],
  },
  {
    name: 'shard_clusters',
    help: 'Clusters in memory by the worker thread that they are in.',
    labels: ['shard'],
    type: 'gauge',
    samples: perShard(({ clusters }) => clusters),
  },
  {
    name: 'shard_event_loop_share',
    help: 'Share of the last ten seconds in which a worker thread had work, 0 to 1.',
    labels: ['shard'],
    type: 'gauge',
    samples: perShard(({ eventLoopShare }) => eventLoopShare),
  },
  {
    name: 'shard_event_loop_delay_p99_seconds',
    help: 'How late the event loop of a worker thread was in the last minute.',
    labels: ['shard'],
    type: 'gauge',
    samples: perShard(({ eventLoop }) => eventLoop.p99Ms / 1000),
  },
  {
    name: 'shard_heap_used_bytes',
    help: 'JavaScript heap of a worker thread.',
    labels: ['shard'],
    type: 'gauge',
    samples: perShard(({ memory }) => memory.heapUsedBytes),
  },
  {
    name: 'shard_restarts_total',
    help: 'Times that a worker thread ended and was started anew.',
    labels: ['shard'],
    type: 'counter',
    samples: perShard(({ restarts }) => restarts),
  },
  {
    name: 'bottleneck',
    help: '1 while this agent, and not Rancher, is what things wait for, by reason.',
    labels: ['reason'],
    type: 'gauge',
    samples: ({ bottleneck }) =>
      bottleneckReasons.map((reason) => [{ reason }, bottleneck.reasons.includes(reason) ? 1 : 0]),
  },
  {
    name: 'churn_writes_total',
    help: 'Writes in clusters by the Churn settings.',
    labels: ['result'],
    type: 'counter',
    samples: ({ churn }) => [
      [{ result: 'done' }, churn.writes],
      [{ result: 'failed' }, churn.failures],
    ],
  },
  {
    name: 'room_clusters',
    help: 'More clusters of the default backend that this machine can hold, about.',
    labels: [],
    type: 'gauge',
    samples: ({ capacity }) => [[{}, capacity.room]],
  },
  {
    name: 'reconcile_errors_total',
    help: 'Steps of clusters that failed and are tried again.',
    labels: [],
    type: 'counter',
    samples: ({ errors }) => [[{}, errors]],
  },
  {
    name: 'state_writes_total',
    help: 'Writes of state.json.',
    labels: [],
    type: 'counter',
    samples: ({ state }) => [[{}, state.writes]],
  },
  {
    name: 'state_bytes',
    help: 'Size of state.json.',
    labels: [],
    type: 'gauge',
    samples: ({ state }) => [[{}, state.bytes]],
  },
  {
    name: 'journal_bytes',
    help: 'Size of the journals of what was written to the clusters.',
    labels: [],
    type: 'gauge',
    samples: ({ journal }) => [[{}, journal.bytes]],
  },
];

/** Everything that the fleet counts itself. */
export class FleetMetrics {
  private readonly metrics: readonly { readonly definition: Definition; readonly metric: Gauge | Counter }[];

  constructor(registry: Registry) {
    this.metrics = definitions.map((definition) => {
      const { name, help, labels, type } = definition;
      const configuration = { name: PREFIX + name, help, labelNames: [...labels], registers: [registry] };
      return { definition, metric: type === 'gauge' ? new Gauge(configuration) : new Counter(configuration) };
    });
  }

  /** Takes over the present values; to be called before each scrape. */
  update(summary: FleetSummary): void {
    for (const { definition, metric } of this.metrics) {
      metric.reset();
      for (const [labels, value] of definition.samples(summary)) metric.inc(labels, value);
    }
  }
}
