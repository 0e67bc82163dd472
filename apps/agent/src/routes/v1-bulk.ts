import type { BulkResult } from '@scale-cluster/cluster-sim';
import type { Static } from 'typebox';
import type { AgentApp, AgentContext } from '../context.js';
import { toHttpError } from '../http/error-table.js';
import { BulkAnswer, BulkCreateBody, BulkDeleteBody } from '../schemas/bulk.js';
import { choiceOf } from '../schemas/choice.js';
import { ErrorBody } from '../schemas/common.js';
import { namesToCreate, namesToDelete } from './bulk-names.js';

const tags = ['v1'];

/** Room for 10,000 names of 63 letters, with quotes and commas. */
const BODY_LIMIT = 1024 * 1024;

/** Creating and deleting many clusters at once: one write to disk, and a result for each name. */
export function v1BulkRoutes(app: AgentApp, { fleet }: AgentContext): void {
  app.post(
    '/api/v1/clusters',
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        tags,
        summary:
          'Creates clusters; answers when they are safe on disk, registration goes on in the background',
        body: BulkCreateBody,
        response: { 201: BulkAnswer, 207: BulkAnswer, 400: ErrorBody, 507: ErrorBody },
      },
    },
    async (request, reply) => {
      const answer = summarize(
        await fleet.createMany(namesToCreate(request.body), choiceOf(request.body)),
        201,
      );
      return reply.code(answer.failed === 0 ? 201 : 207).send(answer);
    },
  );

  app.post(
    '/api/v1/clusters/delete',
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        tags,
        summary: 'Deletes clusters; answers when the wish is safe on disk, Rancher is told in the background',
        body: BulkDeleteBody,
        response: { 202: BulkAnswer, 207: BulkAnswer, 400: ErrorBody },
      },
    },
    async (request, reply) => {
      const answer = summarize(await fleet.deleteMany(namesToDelete(request.body, fleet)), 202);
      return reply.code(answer.failed === 0 ? 202 : 207).send(answer);
    },
  );
}

function summarize(outcome: readonly BulkResult[], success: number): Static<typeof BulkAnswer> {
  const results = outcome.map(({ name, error }) => {
    if (error === undefined) return { name, status: success };
    const { status, body } = toHttpError(error);
    return { name, status, error: body.error, code: body.code };
  });
  const failed = results.filter((result) => result.status !== success).length;
  return { succeeded: results.length - failed, failed, results };
}
