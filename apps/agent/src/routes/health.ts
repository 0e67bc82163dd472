import { Type } from 'typebox';
import type { AgentApp, AgentContext } from '../context.js';
import { version } from '../version.js';

const Health = Type.Object({
  status: Type.Literal('ok'),
  version: Type.String(),
  uptimeSec: Type.Integer(),
  clusters: Type.Object({ total: Type.Integer(), active: Type.Integer() }),
  rancher: Type.Object({
    subscribed: Type.Boolean({ description: "Whether Rancher's event stream is connected." }),
  }),
});

/** `GET /health` and `GET /healthz`: answered as soon as the agent listens, whatever Rancher does. */
export function healthRoutes(app: AgentApp, { fleet }: AgentContext): void {
  app.get(
    '/health',
    {
      schema: {
        tags: ['observe'],
        summary: 'Whether the agent runs, and how it is',
        response: { 200: Health },
      },
    },
    async () => {
      const { total, phases, uptimeSec, rancher } = fleet.summary();
      return {
        status: 'ok' as const,
        version,
        uptimeSec: Math.floor(uptimeSec),
        clusters: { total, active: phases.active },
        rancher: { subscribed: rancher.subscribed },
      };
    },
  );
  app.get(
    '/healthz',
    {
      schema: {
        tags: ['observe'],
        summary: 'Whether the agent runs: "ok"',
        response: { 200: Type.String() },
      },
    },
    async (_request, reply) => reply.type('text/plain').send('ok'),
  );
}
