import type { ResourceCatalog, ResourceInfo } from '@scale-cluster/memory-apiserver';
import type { PrintTable, SteveObject } from './types.js';

/** One steve type: a Kubernetes resource in its preferred version. */
export interface SteveType {
  /** `node`, `apps.deployment`: group and kind in lower case (steve `converter.GVKToSchemaID`). */
  readonly id: string;
  /** `nodes`, `apps.deployments`: the last part of the collection's URL. */
  readonly plural: string;
  readonly resource: ResourceInfo;
}

/** The types of a catalog, by id and by plural name in lower case. */
export interface SteveTypes {
  readonly all: readonly SteveType[];
  find(name: string): SteveType | undefined;
}

/** Catalogs that serve the same share their array of rows, and so these lists. */
const known = new WeakMap<readonly ResourceInfo[], SteveTypes>();

/** Built once for all clusters that serve the same resources. */
export function typesOf(catalog: ResourceCatalog): SteveTypes {
  const rows = catalog.all();
  let types = known.get(rows);
  if (types === undefined) known.set(rows, (types = buildTypes(rows)));
  return types;
}

/** Id of the type of a `apiVersion` and `kind`. */
export function typeId(apiVersion: string, kind: string): string {
  const slash = apiVersion.indexOf('/');
  return (slash === -1 ? kind : `${apiVersion.slice(0, slash)}.${kind}`).toLowerCase();
}

function buildTypes(rows: readonly ResourceInfo[]): SteveTypes {
  const all = new Map<string, SteveType>();
  const byName = new Map<string, SteveType>();
  for (const resource of rows) {
    const { group, kind, plural } = resource;
    const id = (group === '' ? kind : `${group}.${kind}`).toLowerCase();
    // Rows of a group come with the preferred version first; the other versions are not types of their own.
    if (all.has(id)) continue;
    const type = { id, plural: group === '' ? plural : `${group}.${plural}`, resource };
    all.set(id, type);
    byName.set(type.plural.toLowerCase(), type);
  }
  // An id wins over a plural name.
  for (const type of all.values()) byName.set(type.id, type);
  return { all: [...all.values()], find: (name) => byName.get(name.toLowerCase()) };
}

const resourceMethods: readonly [verb: string, method: string][] = [
  ['get', 'GET'],
  ['delete', 'DELETE'],
  ['update', 'PUT'],
  ['patch', 'PATCH'],
];
const collectionMethods: readonly [verb: string, method: string][] = [
  ['list', 'GET'],
  ['create', 'POST'],
];

const methods = (verbs: readonly string[], table: readonly [string, string][]): string[] =>
  table.filter(([verb]) => verbs.includes(verb)).map(([, method]) => method);

const everywhere = [{ namespace: '*', resourceName: '*' }];

/** The schema of a type, as `/v1/schemas/<id>` shows it (steve `pkg/schema`, `pkg/attributes`). */
export function schemaOf(type: SteveType, base: string, printTable: PrintTable): SteveObject {
  const { resource } = type;
  const collection = methods(resource.verbs, collectionMethods);
  const columns = printTable(resource, [], 0, { includeObject: 'None' }).columnDefinitions;
  return {
    id: type.id,
    type: 'schema',
    links: {
      self: `${base}/v1/schemas/${type.id}`,
      ...(collection.length === 0 ? {} : { collection: `${base}/v1/${type.plural}` }),
    },
    pluralName: type.plural,
    resourceMethods: methods(resource.verbs, resourceMethods),
    collectionMethods: collection,
    resourceFields: null,
    attributes: {
      group: resource.group,
      version: resource.version,
      kind: resource.kind,
      resource: resource.plural,
      namespaced: resource.namespaced,
      verbs: resource.verbs,
      access: Object.fromEntries(resource.verbs.map((verb) => [verb, everywhere])),
      columns: columns.map((column, index) => ({ ...column, field: `$.metadata.fields[${index}]` })),
      ...(resource.custom === undefined ? {} : { crd: true }),
    },
  };
}

/** Types that steve adds to those of Kubernetes. */
const ownSchemas: readonly { id: string; plural: string; resource: string[]; collection: string[] }[] = [
  { id: 'apiRoot', plural: 'apiRoots', resource: ['GET'], collection: ['GET'] },
  { id: 'count', plural: 'counts', resource: ['GET'], collection: ['GET'] },
  { id: 'schema', plural: 'schemas', resource: ['GET'], collection: ['GET'] },
  { id: 'subscribe', plural: 'subscribe', resource: [], collection: ['GET'] },
  { id: 'userpreference', plural: 'userpreferences', resource: ['GET', 'PUT'], collection: ['GET'] },
  {
    id: 'management.cattle.io.cluster',
    plural: 'management.cattle.io.clusters',
    resource: ['GET'],
    collection: ['GET'],
  },
];

/** Schemas of the types that are steve's own. */
export function ownSchemaDocuments(base: string): SteveObject[] {
  return ownSchemas.map(({ id, plural, resource, collection }) => ({
    id,
    type: 'schema',
    links: { self: `${base}/v1/schemas/${id}`, collection: `${base}/v1/${plural}` },
    pluralName: plural,
    resourceMethods: resource,
    collectionMethods: collection,
    resourceFields: null,
    attributes: {},
  }));
}

/** Every schema of a cluster; a CRD of the same id comes before steve's own type. */
export function schemaDocuments(
  catalog: ResourceCatalog,
  base: string,
  printTable: PrintTable,
): SteveObject[] {
  const types = typesOf(catalog);
  const documents = types.all.map((type) => schemaOf(type, base, printTable));
  return [...documents, ...ownSchemaDocuments(base).filter(({ id }) => types.find(String(id)) === undefined)];
}
