import { Type } from 'typebox';
import type { AgentApp, AgentContext } from '../context.js';

/** `GET /metrics`: for Prometheus. */
export function metricsRoutes(app: AgentApp, { metrics }: AgentContext): void {
  app.get(
    '/metrics',
    {
      schema: {
        tags: ['observe'],
        summary: 'Metrics in the format of Prometheus',
        response: { 200: Type.String() },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()),
  );
}
