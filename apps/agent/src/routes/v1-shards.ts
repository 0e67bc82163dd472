import { Type } from 'typebox';
import type { AgentApp, AgentContext } from '../context.js';
import { ShardBody } from '../schemas/shard-view.js';

const tags = ['v1'];

/** The worker threads that clusters in memory are spread over. */
export function v1ShardRoutes(app: AgentApp, { fleet }: AgentContext): void {
  app.get(
    '/api/v1/shards',
    {
      schema: {
        tags,
        summary:
          'Worker threads that clusters in memory are spread over, and how each fares; none with Shards: 0',
        response: { 200: Type.Object({ items: Type.Array(ShardBody) }) },
      },
    },
    async () => ({ items: fleet.shards() }),
  );

  app.post(
    '/api/v1/shards/:index/crash',
    {
      schema: {
        tags,
        summary:
          'End the thread of a shard at once, as a crash would, to see how Rancher takes it: it is started anew, its clusters connect again',
        params: Type.Object({ index: Type.Integer({ minimum: 0 }) }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await fleet.crashShard(request.params.index);
      return reply.code(204).send(null);
    },
  );
}
