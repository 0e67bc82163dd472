import { bottleneckReasons } from '@scale-cluster/cluster-sim';
import { Type } from 'typebox';
import type { AgentApp, AgentContext } from '../context.js';
import { BackendBody } from '../schemas/backend-view.js';
import { ShardBody } from '../schemas/shard-view.js';

const Numbers = Type.Record(Type.String(), Type.Number());
const Timing = Type.Object({
  count: Type.Integer(),
  p50: Type.Number(),
  p95: Type.Number(),
  p99: Type.Number(),
  max: Type.Number(),
});
const Tunnels = Type.Object({
  connected: Type.Integer(),
  connections: Type.Integer(),
  reconnects: Type.Integer(),
  failures: Type.Integer(),
});
const Delays = Type.Object({ upToMs: Numbers, count: Type.Integer(), sumMs: Type.Number() });

const Ramp = Type.Object(
  {
    window: Type.Integer({ description: 'Creations that Rancher bears at a time, as found out.' }),
    maxWindow: Type.Integer(),
    inFlight: Type.Integer(),
    queued: Type.Integer(),
    maxPerSec: Type.Number(),
    ownPerSec: Type.Number({ description: 'Creations per second that this agent can follow, as found out.' }),
    activating: Type.Integer({ description: 'Created in Rancher and not Active yet.' }),
    maxActivations: Type.Integer(),
    pausedMs: Type.Number({ description: 'Nothing new begins for so long, because Rancher refused.' }),
    slowAnswers: Type.Integer(),
    refusals: Type.Integer({ description: 'Answers of Rancher that were 429, 5xx or none.' }),
  },
  { description: 'How fast clusters are let into Rancher.' },
);
const Bottleneck = Type.Object(
  {
    active: Type.Boolean(),
    reasons: Type.Array(Type.Enum([...bottleneckReasons])),
    since: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
    eventLoopDelayP99Ms: Type.Number(),
    eventLoopShare: Type.Number(),
    cpuCores: Type.Number(),
    memoryAvailableBytes: Type.Number(),
  },
  { description: 'Whether this agent, and not Rancher, is what things wait for; figures of the last 10 s.' },
);
const Capacity = Type.Object(
  { room: Type.Integer(), limitedBy: Type.Union([Type.String(), Type.Null()]) },
  { description: 'How many more clusters of the default backend this machine can hold, about.' },
);

const SummaryBody = Type.Object({
  total: Type.Integer(),
  phases: Numbers,
  backends: Type.Array(BackendBody),
  shards: Type.Array(ShardBody),
  stageTimings: Type.Record(Type.String(), Timing, {
    description: 'Milliseconds from creation to each stage.',
  }),
  tunnels: Type.Object({ cluster: Tunnels, steve: Tunnels }),
  requests: Type.Object({ total: Type.Integer(), bytesOut: Type.Integer(), byVerbAndCode: Numbers }),
  rancher: Type.Object({
    subscribed: Type.Boolean(),
    createsInFlight: Type.Integer(),
    createsQueued: Type.Integer(),
  }),
  ramp: Ramp,
  bottleneck: Bottleneck,
  capacity: Capacity,
  churn: Numbers,
  state: Numbers,
  journal: Numbers,
  errors: Type.Integer(),
  uptimeSec: Type.Number(),
  eventLoop: Numbers,
  eventLoopDelays: Type.Record(Type.String(), Delays, {
    description: 'By thread: at how many ticks the event loop was how late.',
  }),
  memory: Numbers,
});

/** `GET /api/v1/summary`: the whole fleet in numbers. */
export function v1SummaryRoutes(app: AgentApp, { fleet }: AgentContext): void {
  app.get(
    '/api/v1/summary',
    { schema: { tags: ['v1'], summary: 'The whole fleet in numbers', response: { 200: SummaryBody } } },
    async () => {
      const summary = fleet.summary();
      const { state, journal, churn } = summary;
      return { ...summary, state: { ...state }, journal: { ...journal }, churn: { ...churn } };
    },
  );
}
