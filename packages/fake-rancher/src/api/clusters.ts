import { ApiError } from '../errors.js';
import type { ApiContext } from './context.js';
import { clusterView } from './cluster-view.js';
import { collection } from './collection.js';
import { mapField, readJsonObject, sendJson, stringField } from './http.js';
import { kubeconfig } from './kubeconfig.js';
import { publish } from './publish.js';

const defaultWorkspace = 'fleet-default';

/** `/v3/clusters`: norman's view of management clusters. */
export function clusterRoutes(api: ApiContext): void {
  const { router, registry } = api;
  const view = (id: string): object => clusterView(registry.need(id), api.base, api.authenticator.userId);

  router.add('POST', '/v3/clusters', async ({ request, response }) => {
    const body = await readJsonObject(request);
    const name = stringField(body, 'name') ?? '';
    if (name === '') throw new ApiError(422, 'MissingRequired', '', 'name');
    const cluster = registry.create({
      name,
      via: 'management',
      workspace: stringField(body, 'fleetWorkspaceName') ?? defaultWorkspace,
      description: stringField(body, 'description') ?? '',
      labels: mapField(body, 'labels') ?? {},
      annotations: mapField(body, 'annotations') ?? {},
    });
    if (!cluster) throw new ApiError(422, 'NotUnique', 'Cluster name must be unique', 'Cluster name');
    publish(api, cluster);
    sendJson(response, 201, view(cluster.id));
  });

  router.add('GET', '/v3/clusters', ({ response, url }) => {
    const all = registry.list().map((cluster) => clusterView(cluster, api.base, api.authenticator.userId));
    sendJson(response, 200, collection(url, api.base, 'cluster', all));
  });

  router.add('GET', '/v3/clusters/:id', ({ response, params }) =>
    sendJson(response, 200, view(params['id'] ?? '')),
  );

  router.add('PUT', '/v3/clusters/:id', async ({ request, response, params }) => {
    const body = await readJsonObject(request);
    const cluster = registry.need(params['id'] ?? '');
    cluster.description = stringField(body, 'description') ?? cluster.description;
    cluster.labels = mapField(body, 'labels') ?? cluster.labels;
    cluster.annotations = mapField(body, 'annotations') ?? cluster.annotations;
    cluster.onChange();
    sendJson(response, 200, view(cluster.id));
  });

  router.add('DELETE', '/v3/clusters/:id', ({ response, params }) => {
    const cluster = registry.need(params['id'] ?? '');
    api.remove(cluster);
    sendJson(response, 200, clusterView(cluster, api.base, api.authenticator.userId));
  });

  router.add('POST', '/v3/clusters/:id', ({ response, params, url }) => {
    const cluster = registry.need(params['id'] ?? '');
    const action = url.searchParams.get('action');
    if (action !== 'generateKubeconfig')
      throw new ApiError(404, 'ActionNotAvailable', `unknown action ${action ?? ''}`);
    const token = api.authenticator.kubeconfigToken(cluster.id);
    const config = kubeconfig({ cluster, base: api.base, caCert: api.caCert, token });
    sendJson(response, 200, {
      type: 'generateKubeConfigOutput',
      baseType: 'generateKubeConfigOutput',
      config,
    });
  });
}
