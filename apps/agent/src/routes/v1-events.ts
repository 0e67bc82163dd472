import { Type } from 'typebox';
import type { AgentApp, AgentContext } from '../context.js';

const EventsQuery = Type.Object({
  cluster: Type.Optional(Type.String({ description: 'Only events of this cluster.' })),
  after: Type.Optional(
    Type.Integer({ minimum: 0, description: 'Like the header Last-Event-ID, for tools without it.' }),
  ),
});
const EventsHeaders = Type.Object({
  'last-event-id': Type.Optional(Type.String({ pattern: '^\\d{1,15}$', description: 'The id seen last.' })),
});

/** `GET /api/v1/events`: what happens to the clusters, as server-sent events. */
export function v1EventRoutes(app: AgentApp, { events }: AgentContext): void {
  app.get(
    '/api/v1/events',
    {
      // A HEAD would wait for ever for a stream it may not have.
      exposeHeadRoute: false,
      schema: {
        tags: ['v1'],
        summary: 'What happens, as server-sent events',
        description:
          'Types: created, stage, phase, error, deleting, deleted; `reset` when events were lost and the list ' +
          'should be read anew. Reconnect with Last-Event-ID to go on where the stream broke.',
        querystring: EventsQuery,
        headers: EventsHeaders,
      },
    },
    (request, reply) => {
      const { cluster, after } = request.query;
      const header = request.headers['last-event-id'];
      const lastEventId = header === undefined ? after : Number(header);
      reply.hijack();
      reply.raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache, no-transform',
        // Nothing follows a stream on its connection; kept alive it would hold up a shutdown.
        connection: 'close',
        // nginx would collect events instead of passing them on.
        'x-accel-buffering': 'no',
      });
      events.add(reply.raw, {
        ...(lastEventId === undefined ? {} : { lastEventId }),
        ...(cluster === undefined ? {} : { cluster }),
      });
    },
  );
}
