import {
  ClusterNotFoundError,
  stageNames,
  type ClusterView,
  type StageName,
} from '@scale-cluster/cluster-sim';
import { Type } from 'typebox';
import type { AgentApp, AgentContext } from '../context.js';
import { BackendName, ClusterBody, PhaseName } from '../schemas/cluster-view.js';
import { ErrorBody, NameParams } from '../schemas/common.js';

const ListQuery = Type.Object({
  phase: Type.Optional(PhaseName),
  prefix: Type.Optional(Type.String({ description: 'Only names that begin so.' })),
  backend: Type.Optional(BackendName),
  template: Type.Optional(Type.String({ description: 'Only clusters made of it.' })),
  label: Type.Optional(
    Type.String({
      description: 'Kubernetes label selector over name, phase, backend, template, rancherId: phase!=active',
    }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  after: Type.Optional(Type.String({ description: 'The `next` of the page before.' })),
});
const ListAnswer = Type.Object({
  items: Type.Array(ClusterBody),
  total: Type.Integer({ description: 'How many match on all pages.' }),
  next: Type.Optional(Type.String({ description: 'Give as `after` for the next page; absent on the last.' })),
});
const tags = ['v1'];

/** Reading and deleting clusters one by one. */
export function v1ClusterRoutes(app: AgentApp, { fleet }: AgentContext): void {
  app.get(
    '/api/v1/clusters',
    {
      schema: {
        tags,
        summary: 'Clusters with stages, conditions, timings and tunnels, in the order of their names',
        querystring: ListQuery,
        response: { 200: ListAnswer, 400: ErrorBody },
      },
    },
    async (request) => {
      const { label, ...query } = request.query;
      const page = fleet.list({ ...query, ...(label === undefined ? {} : { labelSelector: label }) });
      return { ...page, items: page.items.map(withTimings) };
    },
  );

  app.get(
    '/api/v1/clusters/:name',
    {
      schema: {
        tags,
        summary: 'One cluster',
        params: NameParams,
        response: { 200: ClusterBody, 404: ErrorBody },
      },
    },
    async (request) => {
      const view = fleet.get(request.params.name);
      if (!view) throw new ClusterNotFoundError(request.params.name);
      return withTimings(view);
    },
  );

  app.delete(
    '/api/v1/clusters/:name',
    {
      schema: {
        tags,
        summary: 'Deletes one cluster, in Rancher first',
        params: NameParams,
        response: { 202: Type.Object({ name: Type.String() }), 404: ErrorBody },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      await fleet.delete(name);
      return reply.code(202).send({ name });
    },
  );

  app.get(
    '/api/v1/clusters/:name/kubeconfig',
    {
      schema: {
        tags,
        summary: "A kubeconfig for the cluster's own API, through this agent's local HTTPS port",
        params: NameParams,
        response: { 200: Type.String({ description: 'YAML' }), 404: ErrorBody },
      },
    },
    async (request, reply) => {
      const yaml = fleet.kubeconfig(request.params.name);
      // It holds a credential: nothing on the way may keep it.
      return reply.type('application/yaml').header('cache-control', 'no-store').send(yaml);
    },
  );
}

/** Adds how many milliseconds after its creation a cluster reached each stage. */
export function withTimings(view: ClusterView): ClusterView & { timings: Record<StageName, number | null> } {
  const created = Date.parse(view.createdAt);
  const timings = stageNames.map((stage) => {
    const at = view.stages[stage];
    return [stage, at === null ? null : Math.max(0, Date.parse(at) - created)] as const;
  });
  return { ...view, timings: Object.fromEntries(timings) as Record<StageName, number | null> };
}
