import type { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { isObject } from '../codec/json.js';
import { decodeProtobuf } from '../codec/protobuf.js';
import { ApiError, badRequest } from '../errors.js';
import type { KubeObject } from '../object.js';
import { contentType } from './media-type.js';

/** Larger bodies are answered 413, as by kube-apiserver (`MaxRequestBodyBytes`). */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/**
 * Reads a request's body and calls back once: with the body, or with an ApiError for one that is too large. A
 * client that goes away is never heard of again: there is no one to answer.
 */
export function readBody(
  request: IncomingMessage,
  done: (error: ApiError | undefined, body: Buffer) => void,
): void {
  const announced = Number(request.headers['content-length'] ?? 0);
  const chunks: Buffer[] = [];
  let size = 0;
  let finished = false;
  const finish = (error: ApiError | undefined): void => {
    if (finished) return;
    finished = true;
    done(error, error === undefined ? concat(chunks) : Buffer.alloc(0));
  };
  const tooLarge = (): void => {
    chunks.length = 0;
    const why = `Request entity too large: limit is ${MAX_BODY_BYTES}`;
    finish(new ApiError(413, 'RequestEntityTooLarge', why));
  };
  if (announced > MAX_BODY_BYTES) {
    // The rest is read and dropped, so that the client gets to see the answer.
    request.resume();
    tooLarge();
    return;
  }
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) tooLarge();
    else if (!finished) chunks.push(chunk);
  });
  request.on('end', () => finish(undefined));
}

const concat = (chunks: Buffer[]): Buffer =>
  chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  return new ApiError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

const OBJECT_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** What a body must hold: the kind that the endpoint is about. */
export interface Expected {
  apiVersion: string;
  kind: string;
}

/**
 * The object in a body of JSON, YAML or protobuf; `kind` and `apiVersion` may be left out and are then the
 * expected ones. Throws BadRequest and UnsupportedMediaType.
 */
export function decodeObject(body: Buffer, header: string | undefined, expected: Expected): KubeObject {
  const type = contentType(header);
  let value: unknown;
  if (type === 'application/vnd.kubernetes.protobuf') value = decodeProtobuf(body, expected);
  else if (type === '' || type === 'application/json') value = parseJson(body, expected.kind);
  else if (type === 'application/yaml') value = parseYamlBody(body);
  else throw unsupportedMediaType(OBJECT_TYPES);
  if (!isObject(value))
    throw badRequest(`the object provided is unrecognized (must be of type ${expected.kind})`);
  const object = value as unknown as KubeObject;
  object.kind ||= expected.kind;
  object.apiVersion ||= expected.apiVersion;
  object.metadata ??= {} as KubeObject['metadata'];
  checkMetadata(object, expected.kind);
  return object;
}

export function parseJson(body: Buffer, kind: string): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why}`,
    );
  }
}

export function parseYamlBody(body: Buffer): unknown {
  try {
    return parseYaml(body.toString(), { maxAliasCount: 100 }) as unknown;
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${error instanceof Error ? error.message : ''}`);
  }
}

/** Everything behind this relies on these shapes. */
function checkMetadata(object: KubeObject, kind: string): void {
  const wrong = (field: string, want: string): never => {
    throw badRequest(
      `${kind} in version "${object.apiVersion}" cannot be handled as a ${kind}: json: cannot unmarshal into Go struct field ObjectMeta.${field} of type ${want}`,
    );
  };
  if (!isObject(object.metadata)) wrong('metadata', 'v1.ObjectMeta');
  const metadata = object.metadata as unknown as Record<string, unknown>;
  for (const field of ['name', 'namespace', 'generateName', 'uid', 'resourceVersion']) {
    const value = metadata[field];
    if (value === null || value === '') delete metadata[field];
    else if (value !== undefined && typeof value !== 'string') wrong(`metadata.${field}`, 'string');
  }
  for (const field of ['labels', 'annotations']) {
    const value = metadata[field];
    if (value === null) delete metadata[field];
    else if (value !== undefined && !isStringMap(value)) wrong(`metadata.${field}`, 'map[string]string');
  }
  for (const field of ['ownerReferences', 'finalizers', 'managedFields']) {
    const value = metadata[field];
    if (value === null) delete metadata[field];
    else if (value !== undefined && !Array.isArray(value)) wrong(`metadata.${field}`, '[]string');
  }
}

const isStringMap = (value: unknown): boolean =>
  isObject(value) && Object.values(value).every((item) => typeof item === 'string');
