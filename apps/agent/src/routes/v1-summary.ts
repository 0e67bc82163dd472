import { Type } from 'typebox';
import type { AgentApp, AgentContext } from '../context.js';
import { BackendBody } from '../schemas/backend-view.js';

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

const SummaryBody = Type.Object({
  total: Type.Integer(),
  phases: Numbers,
  backends: Type.Array(BackendBody),
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
  state: Numbers,
  journal: Numbers,
  errors: Type.Integer(),
  uptimeSec: Type.Number(),
  eventLoop: Numbers,
  memory: Numbers,
});

/** `GET /api/v1/summary`: the whole fleet in numbers. */
export function v1SummaryRoutes(app: AgentApp, { fleet }: AgentContext): void {
  app.get(
    '/api/v1/summary',
    { schema: { tags: ['v1'], summary: 'The whole fleet in numbers', response: { 200: SummaryBody } } },
    async () => {
      const summary = fleet.summary();
      return { ...summary, state: { ...summary.state }, journal: { ...summary.journal } };
    },
  );
}
