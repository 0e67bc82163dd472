import { createHash } from 'node:crypto';

import type { ResourceCatalog, ResourceInfo, SubresourceInfo } from '../schema/resource.js';
import { jsonDocument, type Document } from './document.js';

/** Versions of the aggregated form that are offered. */
type Aggregated = 'v2' | 'v2beta1';

/** By the array of rows, which catalogs share while they serve the same (see `OverlayCatalog`). */
const prepared = new WeakMap<readonly ResourceInfo[], Map<string, Document | undefined>>();

/**
 * The discovery document at `/api`, `/api/v1`, `/apis`, `/apis/<group>` or `/apis/<group>/<version>`, prepared at
 * the first request and shared by all clusters that serve the same resources.
 *
 * @param accept header of the request; with `as=APIGroupDiscoveryList` it asks `/api` and `/apis` for the
 *   aggregated form (all groups with their resources in one document)
 * @returns undefined if there is nothing at the path: the answer is 404
 */
export function discoveryDocument(
  catalog: ResourceCatalog,
  path: string,
  accept: string | undefined,
): Document | undefined {
  const rows = catalog.all();
  let documents = prepared.get(rows);
  if (documents === undefined) prepared.set(rows, (documents = new Map<string, Document | undefined>()));
  const [, root = '', ...rest] = path.replace(/\/$/, '').split('/');
  const aggregated = rest.length === 0 ? aggregatedVersion(accept) : undefined;
  const key = `${root}/${rest.join('/')} ${aggregated ?? ''}`;
  const known = documents.get(key);
  if (known !== undefined) return known;
  const built = build(catalog, root, rest, aggregated);
  if (built !== undefined) documents.set(key, built);
  return built;
}

function build(
  catalog: ResourceCatalog,
  root: string,
  rest: readonly string[],
  aggregated: Aggregated | undefined,
): Document | undefined {
  if (root !== 'api' && root !== 'apis') return undefined;
  if (rest.length === 0) {
    const groups = catalog.groups().filter((group) => (group === '') === (root === 'api'));
    if (aggregated !== undefined) return aggregatedDocument(catalog, groups, aggregated);
    return jsonDocument(root === 'api' ? apiVersions(catalog) : apiGroups(catalog, groups));
  }
  const [group, version] = root === 'api' ? ['', rest[0]] : [rest[0] ?? '', rest[1]];
  if ((group === '') !== (root === 'api') || rest.length > (root === 'api' ? 1 : 2)) return undefined;
  const versions = catalog.versions(group);
  if (version === undefined)
    return versions.length === 0
      ? undefined
      : jsonDocument({ kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(catalog, group) });
  return versions.includes(version) ? jsonDocument(resourceList(catalog, group, version)) : undefined;
}

const groupVersion = (group: string, version: string): string =>
  group === '' ? version : `${group}/${version}`;

const rowsOf = (catalog: ResourceCatalog, group: string, version: string): ResourceInfo[] =>
  catalog.all().filter((row) => row.group === group && row.version === version);

function apiVersions(catalog: ResourceCatalog): object {
  return {
    kind: 'APIVersions',
    versions: catalog.versions(''),
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }],
  };
}

function apiGroup(catalog: ResourceCatalog, group: string): object {
  const versions = catalog
    .versions(group)
    .map((version) => ({ groupVersion: groupVersion(group, version), version }));
  return { name: group, versions, preferredVersion: versions[0] };
}

function apiGroups(catalog: ResourceCatalog, groups: readonly string[]): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map((group) => apiGroup(catalog, group)) };
}

function resourceList(catalog: ResourceCatalog, group: string, version: string): object {
  const resources = rowsOf(catalog, group, version).flatMap((row) => [
    {
      name: row.plural,
      singularName: row.singular,
      namespaced: row.namespaced,
      kind: row.kind,
      verbs: row.verbs,
      ...(row.shortNames.length === 0 ? {} : { shortNames: row.shortNames }),
      ...(row.categories.length === 0 ? {} : { categories: row.categories }),
      ...(row.verbs.includes('watch') ? { storageVersionHash: storageVersionHash(catalog, row) } : {}),
    },
    ...row.subresources.map((sub) => ({
      name: `${row.plural}/${sub.name}`,
      singularName: '',
      namespaced: row.namespaced,
      ...(sub.group === undefined ? {} : { group: sub.group }),
      ...(sub.version === undefined ? {} : { version: sub.version }),
      kind: sub.kind,
      verbs: sub.verbs,
    })),
  ]);
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: groupVersion(group, version),
    resources,
  };
}

/** As k8s.io/apiserver `pkg/endpoints/discovery` `StorageVersionHash`, of the version that objects are stored in. */
function storageVersionHash(catalog: ResourceCatalog, row: ResourceInfo): string {
  const stored = catalog.findStorage(row.storage) ?? row;
  const text = `${stored.group}/${stored.version}/${stored.kind}`;
  return createHash('sha256').update(text).digest().subarray(0, 8).toString('base64');
}

function aggregatedDocument(
  catalog: ResourceCatalog,
  groups: readonly string[],
  aggregated: Aggregated,
): Document {
  const items = groups.map((group) => ({
    metadata: group === '' ? {} : { name: group },
    versions: catalog.versions(group).map((version) => ({
      version,
      resources: rowsOf(catalog, group, version).map(aggregatedResource),
      freshness: 'Current',
    })),
  }));
  return jsonDocument(
    { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${aggregated}`, metadata: {}, items },
    `application/json;g=apidiscovery.k8s.io;v=${aggregated};as=APIGroupDiscoveryList`,
  );
}

function aggregatedResource(row: ResourceInfo): object {
  const responseKind = (kind: string, group?: string, version?: string): object => ({
    group: group ?? (row.custom === undefined ? '' : row.group),
    version: version ?? (row.custom === undefined ? '' : row.version),
    kind,
  });
  const subresources = row.subresources.map((sub: SubresourceInfo) => ({
    subresource: sub.name,
    responseKind: responseKind(sub.kind, sub.group, sub.version),
    verbs: sub.verbs,
  }));
  return {
    resource: row.plural,
    responseKind: responseKind(row.kind),
    scope: row.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: row.singular,
    verbs: row.verbs,
    ...(row.shortNames.length === 0 ? {} : { shortNames: row.shortNames }),
    ...(row.categories.length === 0 ? {} : { categories: row.categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

/** The aggregated version that the client prefers over plain JSON, by the order of its Accept header. */
function aggregatedVersion(accept: string | undefined): Aggregated | undefined {
  for (const clause of accept?.split(',') ?? []) {
    const [type = '', ...parameters] = clause.split(';').map((part) => part.trim());
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue;
    const asks = (name: string): string | undefined =>
      parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
    if (asks('as') === undefined) return undefined;
    const version = asks('v');
    if (asks('as') !== 'APIGroupDiscoveryList' || asks('g') !== 'apidiscovery.k8s.io') continue;
    if (version === 'v2' || version === 'v2beta1') return version;
  }
  return undefined;
}
