import { ApiError } from '../errors.js';
import { agentManifest, renderManifest } from '../manifest/agent-manifest.js';
import type { ManagementCluster, RegistrationToken } from '../model/cluster.js';
import { randomName } from '../random.js';
import { collection, type Resource } from './collection.js';
import type { ApiContext } from './context.js';
import { readJsonObject, sendJson, sendText, stringField, type RequestContext } from './http.js';

/** `/v3/clusterregistrationtokens` and the import manifest that a token opens. */
export function registrationTokenRoutes(api: ApiContext): void {
  const { router, registry } = api;

  const list = ({ response, url, params }: RequestContext): void => {
    const id = params['id'] ?? url.searchParams.get('clusterId');
    const clusters =
      id === null ? registry.list() : [registry.get(id)].filter((cluster) => cluster !== undefined);
    const all = clusters.flatMap((cluster) =>
      cluster.tokens
        .filter((token) => token.expiresAt === undefined)
        .map((token) => tokenView(api, cluster, token)),
    );
    sendJson(response, 200, collection(url, api.base, 'clusterRegistrationToken', all));
  };
  router.add('GET', '/v3/clusters/:id/clusterregistrationtokens', list);

  // Norman takes the plural and the singular of every type.
  for (const path of ['/v3/clusterregistrationtokens', '/v3/clusterregistrationtoken']) {
    router.add('GET', path, list);
    router.add('GET', `${path}/:tokenId`, ({ response, params }) => {
      const [clusterId = '', name = ''] = (params['tokenId'] ?? '').split(':');
      const cluster = registry.get(clusterId);
      const token = cluster?.currentToken(name);
      if (!cluster || !token)
        throw new ApiError(404, 'NotFound', `clusterRegistrationToken ${params['tokenId'] ?? ''} not found`);
      sendJson(response, 200, tokenView(api, cluster, token));
    });
    router.add('POST', path, async ({ request, response }) => {
      const body = await readJsonObject(request);
      const clusterId = stringField(body, 'clusterId') ?? '';
      if (clusterId === '') throw new ApiError(422, 'MissingRequired', '', 'clusterId');
      const cluster = registry.get(clusterId);
      if (!cluster || cluster.removedAt !== undefined)
        throw new ApiError(422, 'InvalidReference', `no cluster ${clusterId}`, 'clusterId');
      const token = registry.addToken(cluster, stringField(body, 'name') ?? `crt-${randomName(5)}`);
      sendJson(response, 201, tokenView(api, cluster, token));
    });
  }

  router.add(
    'GET',
    '/v3/import/:file',
    ({ response, params }) => importManifest(api, response, params['file'] ?? ''),
    {
      open: true,
    },
  );
}

function importManifest(api: ApiContext, response: RequestContext['response'], file: string): void {
  const [, token, id] = /^([^_]+)_(.+)\.yaml$/.exec(file) ?? [];
  const cluster = token === undefined ? undefined : api.registry.clusterByToken(token);
  if (token === undefined || !cluster || cluster.id !== id)
    return sendText(response, 400, 'cluster not found or invalid token\n');
  const { caChecksum, installUuid } = api;
  const objects = agentManifest({ url: api.base, registrationToken: token, caChecksum, installUuid });
  sendText(response, 200, renderManifest(objects));
}

function tokenView(api: ApiContext, cluster: ManagementCluster, token: RegistrationToken): Resource {
  const manifestUrl = `${api.base}/v3/import/${token.value}_${cluster.id}.yaml`;
  return {
    id: `${cluster.id}:${token.name}`,
    type: 'clusterRegistrationToken',
    baseType: 'clusterRegistrationToken',
    name: token.name,
    clusterId: cluster.id,
    namespaceId: cluster.id,
    state: 'active',
    transitioning: 'no',
    transitioningMessage: '',
    token: token.value,
    tokenSecretName: `crt-token-${token.name}`,
    manifestUrl,
    command: `kubectl apply -f ${manifestUrl}`,
    insecureCommand: `curl --insecure -sfL ${manifestUrl} | kubectl apply -f -`,
    links: { self: `${api.base}/v3/clusterRegistrationTokens/${cluster.id}:${token.name}` },
  };
}
