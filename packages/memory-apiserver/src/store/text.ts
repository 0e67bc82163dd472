import type { KubeObject, ObjectMeta } from '../object.js';

/**
 * Objects are stored as JSON text without `kind` and `apiVersion`: both depend on the version that a client asks
 * in, and items of lists of built-in kinds have none. So the text of an object serves all of these unparsed.
 */
export function objectText(object: KubeObject): string {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return JSON.stringify(rest);
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
