import type { ResourceCatalog, ResourceInfo } from '../schema/resource.js';
import { Document, jsonDocument } from './document.js';
import { resourcePaths } from './openapi-paths.js';
import { encodeOpenApiV3 } from './openapi-v3-protobuf.js';
import type { GroupVersionKind } from '../schema/types.js';
import { SchemaComponents, type Schema } from './openapi-schemas.js';

/** Documents of group versions without CRDs, for the whole process. */
const builtinDocuments = new Map<string, Document>();

/** The others and the indexes, by the array of rows that catalogs share (see `OverlayCatalog`). */
const prepared = new WeakMap<readonly ResourceInfo[], Map<string, Document>>();

/**
 * OpenAPI v3 of what a catalog serves: the index at `/openapi/v3`, and one document for each group version, such
 * as `/openapi/v3/apis/apps/v1`. Lean: names, types, defaults and patch extensions, no descriptions.
 * Made at the first request, shared by all clusters that serve the same.
 *
 * @param path of the request without the query
 * @param mediaType one of {@link openApiTypes}; the index is JSON whatever it says
 * @returns undefined if there is no such document: the answer is 404
 */
export function openApiDocument(
  catalog: ResourceCatalog,
  path: string,
  mediaType: string = openApiTypes[0],
): Document | undefined {
  const match = /^\/openapi\/v3(?:\/(.+?))?\/?$/.exec(path);
  if (match === null) return undefined;
  if (match[1] === undefined) return indexDocument(catalog);
  const document = groupVersionDocument(catalog, match[1]);
  return document === undefined || mediaType === openApiTypes[0] ? document : inProtobuf(document);
}

const protobuf = 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf';

/** Media types of documents of group versions, the default first; see `openApiV2Types` for the name with an `@`. */
export const openApiTypes = ['application/json', protobuf, protobuf.replace('.v1.0', '@v1.0')] as const;

const encoded = new WeakMap<Document, Document>();

function inProtobuf(document: Document): Document {
  let other = encoded.get(document);
  if (other === undefined) {
    const value = JSON.parse(document.body.toString()) as Record<string, unknown>;
    encoded.set(document, (other = new Document(encodeOpenApiV3(value), protobuf, document)));
  }
  return other;
}

function preparedFor(catalog: ResourceCatalog): Map<string, Document> {
  const rows = catalog.all();
  let documents = prepared.get(rows);
  if (documents === undefined) prepared.set(rows, (documents = new Map<string, Document>()));
  return documents;
}

function indexDocument(catalog: ResourceCatalog): Document {
  const documents = preparedFor(catalog);
  const known = documents.get('');
  if (known !== undefined) return known;
  const paths: Record<string, { serverRelativeURL: string }> = {};
  for (const group of catalog.groups())
    for (const version of catalog.versions(group)) {
      const name = group === '' ? `api/${version}` : `apis/${group}/${version}`;
      const hash = groupVersionDocument(catalog, name)?.hash ?? '';
      paths[name] = { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` };
    }
  const index = jsonDocument({ paths });
  documents.set('', index);
  return index;
}

function groupVersionDocument(catalog: ResourceCatalog, name: string): Document | undefined {
  const match = /^(?:api|apis\/([^/]+))\/([^/]+)$/.exec(name);
  if (match === null) return undefined;
  const [, group = '', version = ''] = match;
  if (!catalog.versions(group).includes(version)) return undefined;
  const rows = catalog.all().filter((row) => row.group === group && row.version === version);
  const documents = rows.some((row) => row.custom !== undefined) ? preparedFor(catalog) : builtinDocuments;
  const known = documents.get(name);
  if (known !== undefined) return known;
  const { paths, schemas } = describe(rows);
  const document = jsonDocument({ openapi: '3.0.0', info, paths, components: { schemas } });
  documents.set(name, document);
  return document;
}

export const info = { title: 'Kubernetes', version: 'unversioned' };

/** Paths and schemas of resources, of one group version or of several. */
export function describe(rows: readonly ResourceInfo[]): {
  paths: Record<string, Schema>;
  schemas: Record<string, Schema>;
} {
  const components = new SchemaComponents();
  for (const name of ['DeleteOptions', 'Status', 'WatchEvent']) components.addType(`meta/v1:${name}`);
  const custom = new Map<string, string>();
  const keyOf = ({ group, version, kind }: GroupVersionKind): string => `${group}/${version}/${kind}`;
  const schemaOf = (gvk: GroupVersionKind): string | undefined =>
    custom.get(keyOf(gvk)) ?? components.addKind(gvk);
  const paths: Record<string, Schema> = {};
  for (const row of rows) {
    if (row.custom === undefined) components.addKind(row, row.listKind);
    else {
      const name = components.addCustom(row);
      custom.set(keyOf(row), name).set(keyOf({ ...row, kind: row.listKind }), `${name}List`);
    }
    Object.assign(paths, resourcePaths(row, schemaOf));
  }
  const schemas = Object.fromEntries(Object.entries(components.schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { paths, schemas };
}
