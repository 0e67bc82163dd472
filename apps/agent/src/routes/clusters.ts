import { ClusterNotFoundError } from '@scale-cluster/cluster-sim';
import type { FastifySchemaValidationError } from 'fastify';
import { Type } from 'typebox';
import type { AgentApp, AgentContext } from '../context.js';
import { AgentError } from '../errors.js';
import { choiceOf, choiceProperties } from '../schemas/choice.js';
import { ClusterInfoBody } from '../schemas/cluster-info.js';
import { ErrorBody, NameParams } from '../schemas/common.js';
import { orWhenClosing } from './or-when-closing.js';

/** How long a POST waits for the id that Rancher gives the cluster. The cluster is safe on disk before that. */
const RANCHER_ID_WAIT_MS = 15_000;

const CreateBody = Type.Object({
  name: Type.String({ minLength: 1, description: 'Lower case, as a DNS label.' }),
  ...choiceProperties,
});
const CreateAnswer = Type.Object({
  success: Type.Literal(true),
  message: Type.String(),
  clusterID: Type.String({ description: "Rancher's id; empty if Rancher has not given it in time." }),
});
const Success = Type.Object({ success: Type.Literal(true) });
const tags = ['clusters'];

/** The routes of the earlier program, with its answers. Refusals are JSON here; there they were text. */
export function clusterRoutes(app: AgentApp, { fleet, closing }: AgentContext): void {
  app.get(
    '/clusters',
    {
      schema: {
        tags,
        summary: 'The names of all clusters',
        response: { 200: Type.Object({ clusters: Type.Array(Type.String()), count: Type.Integer() }) },
      },
    },
    async () => {
      const clusters = fleet.names();
      return { clusters, count: clusters.length };
    },
  );

  app.post(
    '/clusters',
    {
      attachValidation: true,
      schema: {
        tags,
        summary: 'Creates a cluster and registers it with Rancher',
        body: CreateBody,
        response: { 201: CreateAnswer, 400: ErrorBody, 409: ErrorBody, 507: ErrorBody },
      },
    },
    async (request, reply) => {
      if (request.validationError) {
        const [first] = request.validationError.validation as FastifySchemaValidationError[];
        const about = first?.instancePath ?? '';
        if (about !== '' && about !== '/name') throw request.validationError;
        throw new AgentError('ERR_AGENT_INVALID_REQUEST', 'Cluster name is required', 'name');
      }
      const { name } = request.body;
      await fleet.create(name, choiceOf(request.body));
      const clusterID = await orWhenClosing(fleet.waitForRancherId(name, RANCHER_ID_WAIT_MS), closing);
      const message =
        clusterID === undefined
          ? `Cluster ${name} created; its registration with Rancher goes on in the background`
          : `Cluster ${name} created successfully`;
      return reply.code(201).send({ success: true, message, clusterID: clusterID ?? '' });
    },
  );

  app.get(
    '/clusters/:name',
    {
      schema: {
        tags,
        summary: 'What is in a cluster',
        params: NameParams,
        response: { 200: ClusterInfoBody, 400: ErrorBody, 404: ErrorBody },
      },
    },
    async (request) => {
      const { name } = request.params;
      if (name === '') throw new AgentError('ERR_AGENT_INVALID_REQUEST', 'missing name', 'name');
      const info = await fleet.clusterInfo(name);
      if (!info) throw new ClusterNotFoundError(name);
      return info;
    },
  );

  app.delete(
    '/clusters/:name',
    {
      schema: {
        tags,
        summary: 'Deletes a cluster, in Rancher first',
        params: NameParams,
        response: { 200: Success, 400: ErrorBody, 404: ErrorBody },
      },
    },
    async (request) => {
      const { name } = request.params;
      // The earlier program kept its template under this name and protected it.
      if (name === '' || name === 'template') {
        throw new AgentError('ERR_AGENT_INVALID_REQUEST', 'invalid cluster name', 'name');
      }
      await fleet.delete(name);
      return { success: true as const };
    },
  );
}
