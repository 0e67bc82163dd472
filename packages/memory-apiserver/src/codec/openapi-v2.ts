import { builtinCatalog } from '../schema/catalog.js';
import type { ResourceCatalog, ResourceInfo } from '../schema/resource.js';
import { Document } from './document.js';
import type { Schema } from './openapi-schemas.js';
import { mapValues, pathItemToV2, schemaToV2 } from './openapi-v2-convert.js';
import { encodeDefinitions, encodeOpenApiV2, encodePaths } from './openapi-v2-protobuf.js';
import { describe, info } from './openapi.js';

const protobuf = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/**
 * Media types of `/openapi/v2`, the default first. Clients ask for protobuf by the older name with an `@`, which
 * isn't allowed in a media type; see k8s.io/kube-openapi `pkg/handler`.
 */
export const openApiV2Types = ['application/json', protobuf, protobuf.replace('.v1.0', '@v1.0')] as const;

/** Both forms of one part's paths and definitions, without what encloses them. */
interface Part {
  readonly names: ReadonlySet<string>;
  readonly json: { readonly paths: string; readonly definitions: string };
  readonly protobuf: { readonly paths: Buffer; readonly definitions: Buffer };
}

let builtin: Part | undefined;

/** Documents are large and each cluster may have CRDs of its own: those of so many catalogs are kept. */
const maxPrepared = 16;

/** By the array of rows that catalogs share (see `OverlayCatalog`) and media type; the last used at the end. */
const prepared = new Map<readonly ResourceInfo[], Map<string, Document>>();

/**
 * The document at `/openapi/v2`, which describes all that a catalog serves at once: kubectl up to 1.28 reads it to
 * apply, validate and explain. It says what the documents of v3 say.
 *
 * @param mediaType one of {@link openApiV2Types}
 */
export function openApiV2Document(catalog: ResourceCatalog, mediaType: string): Document {
  const rows = catalog.all();
  const type = mediaType === 'application/json' ? mediaType : protobuf;
  const documents = prepared.get(rows) ?? new Map<string, Document>();
  prepared.delete(rows);
  prepared.set(rows, documents);
  for (const oldest of prepared.keys()) {
    if (prepared.size <= maxPrepared) break;
    prepared.delete(oldest);
  }
  let document = documents.get(type);
  if (document === undefined) documents.set(type, (document = build(rows, type)));
  return document;
}

function build(rows: readonly ResourceInfo[], type: string): Document {
  builtin ??= describeV2(builtinCatalog().all());
  const custom = rows.filter((row) => row.custom !== undefined);
  const parts = custom.length === 0 ? [builtin] : [builtin, describeV2(custom, builtin.names)];
  if (type === protobuf) {
    const paths = Buffer.concat(parts.map((part) => part.protobuf.paths));
    const definitions = Buffer.concat(parts.map((part) => part.protobuf.definitions));
    return new Document(encodeOpenApiV2('2.0', info, paths, definitions), type);
  }
  const paths = parts.map((part) => part.json.paths).join(',');
  const definitions = parts.map((part) => part.json.definitions).join(',');
  const text = `{"swagger":"2.0","info":${JSON.stringify(info)},"paths":{${paths}},"definitions":{${definitions}}}`;
  return new Document(Buffer.from(text), type);
}

/** @param known definitions that another part has */
function describeV2(rows: readonly ResourceInfo[], known?: ReadonlySet<string>): Part {
  const described = describe(rows);
  const schemas = Object.entries(described.schemas).filter(([name]) => known?.has(name) !== true);
  const definitions = mapValues(Object.fromEntries(schemas), schemaToV2);
  const paths = mapValues(described.paths, pathItemToV2);
  return {
    names: new Set(Object.keys(definitions)),
    json: { paths: entriesOf(paths), definitions: entriesOf(definitions) },
    protobuf: { paths: encodePaths(paths), definitions: encodeDefinitions(definitions) },
  };
}

const entriesOf = (values: Record<string, Schema>): string => JSON.stringify(values).slice(1, -1);
