import { ApiError } from '../errors.js';
import type { ManagementCluster } from '../model/cluster.js';
import { managementView, provisioningView } from './cluster-view.js';
import type { Resource } from './collection.js';
import type { ApiContext } from './context.js';
import { isRecord, mapField, readJsonObject, sendJson, stringField, type RequestContext } from './http.js';
import { publish } from './publish.js';

const path = '/v1/provisioning.cattle.io.clusters';
const dns1123 = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/**
 * The part of the /v1 (steve) API by which Rancher's UI creates imported clusters: a provisioning cluster in a
 * workspace namespace, whose management cluster is named in `status.clusterName` a moment later. Annotations are
 * copied to it.
 */
export function provisioningRoutes(api: ApiContext): void {
  const { router, registry } = api;
  const find = (params: Record<string, string>): ManagementCluster => {
    const { namespace = '', name = '' } = params;
    const cluster = registry.findProvisioning(namespace, name);
    if (!cluster) throw new ApiError(404, 'NotFound', `clusters.provisioning.cattle.io "${name}" not found`);
    return cluster;
  };
  const view = (cluster: ManagementCluster): Resource => provisioningView(cluster, api.base);

  router.add('POST', path, async ({ request, response }) => {
    const cluster = createProvisioning(api, await readJsonObject(request));
    sendJson(response, 201, view(cluster));
  });
  router.add('GET', path, (context) =>
    sendSteveList(context, 'provisioning.cattle.io.cluster', registry.listProvisioning().map(view)),
  );
  router.add('GET', `${path}/:namespace`, (context) => {
    const all = registry
      .listProvisioning()
      .filter((cluster) => cluster.workspace === context.params['namespace']);
    sendSteveList(context, 'provisioning.cattle.io.cluster', all.map(view));
  });
  router.add('GET', `${path}/:namespace/:name`, ({ response, params }) =>
    sendJson(response, 200, view(find(params))),
  );
  router.add('DELETE', `${path}/:namespace/:name`, ({ response, params }) => {
    const cluster = find(params);
    api.remove(cluster);
    sendJson(response, 200, view(cluster));
  });

  const managementPath = '/v1/management.cattle.io.clusters';
  router.add('GET', managementPath, (context) =>
    sendSteveList(
      context,
      'management.cattle.io.cluster',
      registry.list().map((cluster) => managementView(cluster, api.base)),
    ),
  );
  router.add('GET', `${managementPath}/:id`, ({ response, params }) =>
    sendJson(response, 200, managementView(registry.need(params['id'] ?? ''), api.base)),
  );
}

function createProvisioning(api: ApiContext, body: Record<string, unknown>): ManagementCluster {
  const metadata = body['metadata'];
  if (!isRecord(metadata)) throw new ApiError(422, 'MissingRequired', '', 'metadata');
  const workspace = stringField(metadata, 'namespace') ?? '';
  const name = stringField(metadata, 'name') ?? '';
  if (workspace === '') throw new ApiError(422, 'MissingRequired', '', 'metadata.namespace');
  if (!dns1123.test(name) || name.length > 63) {
    throw new ApiError(
      422,
      'Invalid',
      `Cluster.provisioning.cattle.io "${name}" is invalid: metadata.name: Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character`,
    );
  }
  const labels = mapField(metadata, 'labels') ?? {};
  const annotations = mapField(metadata, 'annotations') ?? {};
  const cluster = api.registry.create({ name, via: 'provisioning', workspace, labels, annotations });
  if (!cluster)
    throw new ApiError(409, 'AlreadyExists', `clusters.provisioning.cattle.io "${name}" already exists`);
  api.deadlines.after(api.options.provisioningDelayMs, () => {
    if (cluster.removedAt === undefined) publish(api, cluster);
  });
  return cluster;
}

/** A steve list, paged by `limit` and `continue`. */
function sendSteveList({ response, url }: RequestContext, resourceType: string, all: Resource[]): void {
  const start = Number(url.searchParams.get('continue') ?? 0) || 0;
  const limit = Number(url.searchParams.get('limit') ?? 0) || all.length;
  const end = start + limit;
  sendJson(response, 200, {
    type: 'collection',
    resourceType,
    links: { self: url.pathname },
    count: all.length,
    ...(end < all.length ? { continue: String(end) } : {}),
    data: all.slice(start, end),
  });
}
