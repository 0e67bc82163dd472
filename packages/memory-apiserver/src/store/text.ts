import { decodeEntries, encodeEntries, expandFields } from '../codec/managed-fields.js';
import type { KubeObject, ObjectMeta } from '../object.js';

/**
 * Objects are stored as JSON text without `kind` and `apiVersion`: both depend on the version that a client asks
 * in, and items of lists of built-in kinds have none. So the text of an object serves all of these unparsed, but for
 * `metadata.managedFields`: where these are compact, they come first, to be found without a parse.
 */
export function objectText(object: KubeObject): string {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
  if (typeof metadata.managedFields !== 'string') return JSON.stringify({ metadata, ...rest });
  const { managedFields, ...others } = metadata;
  return JSON.stringify({ metadata: { managedFields, ...others }, ...rest });
}

/** What a text with compact managedFields begins with; nothing else that is stored does. */
const COMPACT = '{"metadata":{"managedFields":"';

/** The text with managedFields in full, as clients see it. */
export function answerText(text: string): string {
  if (!text.startsWith(COMPACT)) return text;
  const end = text.indexOf('"', COMPACT.length);
  const fields = expandFields(text.slice(COMPACT.length, end));
  return `{"metadata":{"managedFields":${fields}${text.slice(end + 1)}`;
}

/** The whole object as clients see it, kind and version included. */
export function wholeText(object: KubeObject): string {
  return withHeader(typeHeader(object.apiVersion, object.kind), answerText(objectText(object)));
}

/** The text without managedFields, as far as these are compact: for those who have no use for them. */
export function bareText(text: string): string {
  return text.startsWith(COMPACT)
    ? `{"metadata":{${text.slice(text.indexOf('"', COMPACT.length) + 2)}`
    : text;
}

/** The text as it is stored: an object's managedFields that are in full become compact. */
export function storedText(text: string): string {
  if (!text.includes('"managedFields":[')) return text;
  const body = JSON.parse(text) as Omit<KubeObject, 'apiVersion' | 'kind'>;
  const entries = decodeEntries((body.metadata as ObjectMeta).managedFields) ?? [];
  const managedFields = encodeEntries(entries);
  if (typeof managedFields !== 'string') return text;
  const metadata: ObjectMeta = { ...(body.metadata as ObjectMeta), managedFields };
  return objectText({ ...body, metadata } as KubeObject);
}

/** Compact managedFields of a stored text, if it has any. */
export function compactFieldsIn(text: string): string | undefined {
  return text.startsWith(COMPACT) ? text.slice(COMPACT.length, text.indexOf('"', COMPACT.length)) : undefined;
}

/** What to put before an object's text (without its first brace) to say its kind and version. */
export function typeHeader(apiVersion: string, kind: string): string {
  return `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`;
}

export function withHeader(header: string, text: string): string {
  return header + text.slice(1);
}

export function parseObject(apiVersion: string, kind: string, text: string): KubeObject {
  const body = JSON.parse(text) as Omit<KubeObject, 'apiVersion' | 'kind'>;
  return { apiVersion, kind, ...body } as KubeObject;
}

/** The text with another `metadata.resourceVersion`. */
export function revisionIn(text: string, revision: number): string {
  const body = JSON.parse(text) as { metadata: ObjectMeta };
  body.metadata.resourceVersion = String(revision);
  return JSON.stringify(body);
}
