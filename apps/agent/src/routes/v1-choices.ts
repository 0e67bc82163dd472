import { Type } from 'typebox';
import type { AgentApp, AgentContext } from '../context.js';
import { BackendBody } from '../schemas/backend-view.js';

const TemplateBody = Type.Object({
  name: Type.String(),
  clusters: Type.Integer({ description: 'Clusters that were made of it.' }),
  error: Type.Optional(Type.String({ description: 'Why it can not be used.' })),
  version: Type.Optional(Type.String({ description: 'Kubernetes version.' })),
  nodes: Type.Optional(Type.Integer()),
  objects: Type.Optional(Type.Integer()),
  maxNameLength: Type.Optional(Type.Integer({ description: 'Of a cluster with it.' })),
});
const tags = ['v1'];

/** What can be chosen for a new cluster. */
export function v1ChoiceRoutes(app: AgentApp, { fleet }: AgentContext): void {
  app.get(
    '/api/v1/backends',
    {
      schema: {
        tags,
        summary: 'Where the Kubernetes APIs of clusters can live, and how each of these is now',
        response: { 200: Type.Object({ items: Type.Array(BackendBody) }) },
      },
    },
    async () => ({ items: fleet.backends() }),
  );

  app.get(
    '/api/v1/templates',
    {
      schema: {
        tags,
        summary: 'What clusters can begin with: config/cluster.yaml and config/templates/*.yaml',
        response: { 200: Type.Object({ items: Type.Array(TemplateBody) }) },
      },
    },
    async () => ({ items: fleet.templates() }),
  );
}
