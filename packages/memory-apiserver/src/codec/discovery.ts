import { createHash } from 'node:crypto';

import type { KubeObject } from '../object.js';
import type { ResourceCatalog, ResourceInfo, SubresourceInfo } from '../schema/resource.js';
import { typeById } from '../schema/types.js';
import { matchesType, parseAccept } from './accept.js';
import { Document, jsonDocument } from './document.js';
import { MEDIA_TYPES, PROTOBUF, toYaml, type Encoding } from './encoding.js';
import { encodeProtobuf } from './protobuf-encode.js';

const GROUP = 'apidiscovery.k8s.io';

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
  const aggregated = rest.length === 0 ? aggregatedForm(accept) : undefined;
  const key = `${root}/${rest.join('/')} ${aggregated?.version ?? ''} ${aggregated?.encoding ?? ''}`;
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
  aggregated: AggregatedForm | undefined,
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

/** Versions in which a kube-apiserver 1.34 stores what it prefers to serve in a newer one. */
const OLDER_STORAGE: Readonly<Record<string, string>> = {
  'customresourcedefinitions.apiextensions.k8s.io': 'v1beta1',
  'volumeattributesclasses.storage.k8s.io': 'v1beta1',
  'deviceclasses.resource.k8s.io': 'v1beta2',
  'resourceclaims.resource.k8s.io': 'v1beta2',
  'resourceclaimtemplates.resource.k8s.io': 'v1beta2',
  'resourceslices.resource.k8s.io': 'v1beta2',
};

/** As k8s.io/apiserver `pkg/endpoints/discovery` `StorageVersionHash`, of the version that objects are stored in. */
function storageVersionHash(catalog: ResourceCatalog, row: ResourceInfo): string {
  const stored = catalog.findStorage(row.storage) ?? row;
  const text = `${stored.group}/${OLDER_STORAGE[row.storage] ?? stored.version}/${stored.kind}`;
  return createHash('sha256').update(text).digest().subarray(0, 8).toString('base64');
}

function aggregatedDocument(
  catalog: ResourceCatalog,
  groups: readonly string[],
  { version, encoding }: AggregatedForm,
): Document {
  const items = groups.map((group) => ({
    metadata: group === '' ? {} : { name: group },
    versions: catalog.versions(group).map((version) => ({
      version,
      resources: rowsOf(catalog, group, version).map(aggregatedResource),
      freshness: 'Current',
    })),
  }));
  const list = {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `${GROUP}/${version}`,
    metadata: {},
    items,
  };
  const typeOf = (mediaType: string): string =>
    `${mediaType};g=${GROUP};v=${version};as=APIGroupDiscoveryList`;
  const json = jsonDocument(list, typeOf('application/json'));
  if (encoding === 'json') return json;
  // Both versions have the same fields.
  const body =
    encoding === 'yaml'
      ? Buffer.from(toYaml(list))
      : encodeProtobuf(list as unknown as KubeObject, typeById('apidiscovery/v2:APIGroupDiscoveryList'));
  return new Document(body, typeOf(encoding === 'yaml' ? 'application/yaml' : PROTOBUF), json);
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

interface AggregatedForm {
  readonly version: Aggregated;
  readonly encoding: Encoding;
}

/**
 * The aggregated form that the client asks for, wherever in its Accept header: one that doesn't know of it never
 * does. As `DiscoveryEndpointRestrictions` in k8s.io/apiserver `pkg/endpoints/discovery/aggregated`.
 */
function aggregatedForm(accept: string | undefined): AggregatedForm | undefined {
  if (accept?.includes('APIGroupDiscoveryList') !== true) return undefined;
  for (const range of parseAccept(accept)) {
    const { parameters } = range;
    const version = parameters.get('v');
    if (parameters.get('as') !== 'APIGroupDiscoveryList' || parameters.get('g') !== GROUP) continue;
    if (version !== 'v2' && version !== 'v2beta1') continue;
    const found = MEDIA_TYPES.find(([type]) => matchesType(range, type));
    if (found !== undefined) return { version, encoding: found[1] };
  }
  return undefined;
}
