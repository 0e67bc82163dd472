import { ClusterFaultError } from '../errors.js';
import { parseJson, type KubeClient } from '../kube/client.js';

/** Where objects of a kind live. */
export interface ResourceMapping {
  /** `/api/v1` or `/apis/<group>/<version>`. */
  prefix: string;
  plural: string;
  namespaced: boolean;
}

/** `<apiVersion>/<kind>` to its mapping. */
export type ResourceMap = ReadonlyMap<string, ResourceMapping>;

/** kubectl offers the aggregated forms first (client-go discovery). */
const discoveryAccept =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,' +
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

interface AggregatedList {
  items?: {
    metadata?: { name?: string };
    versions?: {
      version: string;
      resources?: { resource: string; scope: string; responseKind?: { kind?: string } }[];
    }[];
  }[];
}

interface ResourceList {
  resources?: { name: string; kind: string; namespaced: boolean }[];
}

/**
 * Learns which resources a cluster serves, as kubectl does: `/api` and `/apis` in aggregated form; a server
 * without it is asked group by group.
 */
export async function discover(client: KubeClient): Promise<ResourceMap> {
  const map = new Map<string, ResourceMapping>();
  for (const root of ['/api', '/apis']) {
    const answer = await client.request({ path: root, accept: discoveryAccept });
    if (answer.contentType.includes('APIGroupDiscoveryList'))
      addAggregated(map, parseJson<AggregatedList>(answer, `GET ${root}`));
    else await addLegacy(client, map, root, parseJson(answer, `GET ${root}`));
  }
  if (map.size === 0) throw new ClusterFaultError('discovery found no resources');
  return map;
}

function addAggregated(map: Map<string, ResourceMapping>, list: AggregatedList): void {
  for (const { metadata, versions = [] } of list.items ?? []) {
    const group = metadata?.name ?? '';
    for (const { version, resources = [] } of versions) {
      const groupVersion = group === '' ? version : `${group}/${version}`;
      const prefix = group === '' ? `/api/${version}` : `/apis/${groupVersion}`;
      for (const { resource, scope, responseKind } of resources)
        map.set(`${groupVersion}/${responseKind?.kind ?? ''}`, {
          prefix,
          plural: resource,
          namespaced: scope === 'Namespaced',
        });
    }
  }
}

async function addLegacy(
  client: KubeClient,
  map: Map<string, ResourceMapping>,
  root: string,
  body: unknown,
): Promise<void> {
  const { versions = [], groups = [] } = body as {
    versions?: string[];
    groups?: { versions?: { groupVersion: string }[] }[];
  };
  const groupVersions =
    root === '/api'
      ? versions
      : groups.flatMap((group) => (group.versions ?? []).map((entry) => entry.groupVersion));
  for (const groupVersion of groupVersions) {
    const prefix = `${root}/${groupVersion}`;
    // Groups of aggregated API servers may be down: kubectl goes on without them.
    const list = await client.get<ResourceList>(prefix, { allow: [404, 503] });
    for (const { name, kind, namespaced } of list?.resources ?? []) {
      if (!name.includes('/')) map.set(`${groupVersion}/${kind}`, { prefix, plural: name, namespaced });
    }
  }
}
