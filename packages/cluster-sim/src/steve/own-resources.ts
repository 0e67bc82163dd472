import type { IncomingMessage } from 'node:http';
import { readObject } from './body.js';
import { countedTypes, countObject } from './counts.js';
import { methodNotAllowed, notFound } from './errors.js';
import { schemaDocuments, typesOf } from './schemas.js';
import type { PrintTable, SteveCluster, SteveObject } from './types.js';

/** A request for one of steve's own types. */
export interface OwnRequest {
  readonly cluster: SteveCluster;
  readonly request: IncomingMessage;
  /** Undefined for the collection. */
  readonly id: string | undefined;
  readonly base: string;
  readonly printTable: PrintTable;
}

type Handler = (request: OwnRequest) => Promise<SteveObject>;

/** Preferences of the explorer per cluster and user, for as long as the process runs. */
const preferences = new WeakMap<SteveCluster, Map<string, SteveObject>>();

/** Types that no Kubernetes resource stands behind, by the part of the path after `/v1/`. */
const handlers: Record<string, Handler | undefined> = {
  schemas: readOnly(
    ({ cluster, base, printTable }) => schemaDocuments(cluster.catalog, base, printTable),
    'schema',
  ),
  counts: readOnly(
    async ({ cluster, base }) => [await countObject(cluster, countedTypes(cluster), base)],
    'count',
  ),
  'management.cattle.io.clusters': readOnly(
    ({ cluster, base }) => [localCluster(cluster, base)],
    'management.cattle.io.cluster',
  ),
  userpreferences: userPreferences,
};
const aliases: Record<string, string | undefined> = {
  schema: 'schemas',
  count: 'counts',
  'management.cattle.io.cluster': 'management.cattle.io.clusters',
  userpreference: 'userpreferences',
};

/** The handler for a type that is steve's own; undefined for Kubernetes types. */
export function ownHandler(type: string): Handler | undefined {
  const name = type.toLowerCase();
  return handlers[aliases[name] ?? name];
}

/** `/v1` itself: where to find what. */
export function apiRoot({ cluster, base }: { cluster: SteveCluster; base: string }): SteveObject {
  const links: Record<string, string> = { self: `${base}/v1`, schemas: `${base}/v1/schemas` };
  for (const name of ['counts', 'subscribe', 'userpreferences']) links[name] = `${base}/v1/${name}`;
  for (const { plural } of typesOf(cluster.catalog).all) links[plural] = `${base}/v1/${plural}`;
  return { id: 'v1', type: 'apiRoot', links, apiVersion: { group: 'meta.cattle.io', version: 'v1' } };
}

function readOnly(
  items: (request: OwnRequest) => SteveObject[] | Promise<SteveObject[]>,
  resourceType: string,
): Handler {
  return async (own) => {
    if (own.request.method !== 'GET') throw methodNotAllowed(own.request.method ?? '', resourceType);
    const all = await items(own);
    if (own.id === undefined) return collection(resourceType, all, own.request.url ?? '', own.base);
    const found = all.find((item) => item['id'] === own.id);
    if (found === undefined) throw notFound(`${resourceType} "${own.id}"`);
    return found;
  };
}

function collection(resourceType: string, data: SteveObject[], url: string, base: string): SteveObject {
  return {
    type: 'collection',
    links: { self: `${base}${url.split('?', 1)[0] ?? ''}` },
    actions: {},
    resourceType,
    count: data.length,
    data,
  };
}

/** The cluster as steve itself shows it where there is no Rancher (steve `pkg/resources/cluster/cluster.go`). */
function localCluster({ version }: SteveCluster, base: string): SteveObject {
  const [major = '', minor = ''] = version.replace(/^v/, '').split('.');
  return {
    id: 'local',
    type: 'management.cattle.io.cluster',
    links: { self: `${base}/v1/management.cattle.io.clusters/local` },
    apiVersion: 'management.cattle.io/v3',
    kind: 'Cluster',
    metadata: { name: 'local', state: { name: 'active', error: false, transitioning: false, message: '' } },
    spec: { displayName: 'Local Cluster', internal: true },
    status: {
      version: { major, minor, gitVersion: version },
      driver: 'local',
      provider: /\+(k3s|rke2)/.exec(version)?.[1] ?? '',
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

/** `GET` shows the calling user's preferences, `PUT` replaces them. */
async function userPreferences({ cluster, request, id, base }: OwnRequest): Promise<SteveObject> {
  const user = String(request.headers['impersonate-user'] ?? 'admin');
  if (id !== undefined && id !== user) throw notFound(`userpreference "${id}"`);
  let stored = preferences.get(cluster);
  if (stored === undefined) preferences.set(cluster, (stored = new Map<string, SteveObject>()));
  if (request.method === 'PUT') {
    const { data } = await readObject(request);
    stored.set(user, (typeof data === 'object' && data !== null ? data : {}) as SteveObject);
  } else if (request.method !== 'GET') {
    throw methodNotAllowed(request.method ?? '', 'userpreference');
  }
  const self = `${base}/v1/userpreferences/${encodeURIComponent(user)}`;
  const item = {
    id: user,
    type: 'userpreference',
    links: { self, update: self },
    data: stored.get(user) ?? {},
  };
  return id === undefined ? collection('userpreference', [item], request.url ?? '', base) : item;
}
