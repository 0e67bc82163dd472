import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { AgentApp } from '../context.js';
import { version } from '../version.js';

/** Describes the API: pages at `/docs`, the OpenAPI document at `/docs/json`. Await before adding routes. */
export async function describeApi(app: AgentApp, options: { apiKey: boolean }): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'scale-cluster-agent',
        version,
        description: 'Simulates many Kubernetes clusters and registers each with Rancher.',
      },
      tags: [
        { name: 'clusters', description: 'The routes of the earlier program.' },
        { name: 'v1', description: 'Clusters with their stages, in bulk, as events.' },
        { name: 'observe', description: 'Health and metrics.' },
      ],
      ...(options.apiKey
        ? {
            components: {
              securitySchemes: {
                bearer: { type: 'http' as const, scheme: 'bearer' },
                header: { type: 'apiKey' as const, in: 'header' as const, name: 'X-API-Key' },
              },
            },
            security: [{ bearer: [] }, { header: [] }],
          }
        : {}),
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    uiConfig: { deepLinking: true, displayRequestDuration: true },
  });
}
