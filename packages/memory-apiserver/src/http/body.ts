import type { IncomingMessage } from 'node:http';
import { PROTOBUF } from '../codec/encoding.js';
import { jsonError } from '../codec/json-error.js';
import { isObject } from '../codec/json.js';
import { decodeProtobuf } from '../codec/protobuf.js';
import { ApiError, badRequest } from '../errors.js';
import type { KubeObject } from '../object.js';
import { splitApiVersion } from '../schema/types.js';
import { contentType, OBJECT_TYPES } from './media-type.js';
import { yaml } from '../yaml.js';

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

/** What a body must hold: the kind that the endpoint is about. */
export interface Expected {
  apiVersion: string;
  kind: string;
  /** A kind of a CRD: the body has to say so itself. */
  custom?: boolean;
}

/**
 * The object in a body of JSON, YAML or protobuf; `kind` and `apiVersion` may be left out and are then the
 * expected ones. Throws BadRequest and UnsupportedMediaType.
 */
export function decodeObject(body: Buffer, header: string | undefined, expected: Expected): KubeObject {
  const read = readerOf(header, expected);
  let value: unknown;
  try {
    value = read(body);
  } catch (error) {
    if (error instanceof SyntaxError) throw unrecognized(expected.kind, error.message, body);
    throw error;
  }
  const object = (value ?? {}) as KubeObject;
  if (expected.custom === true && !object.kind)
    throw unrecognized(expected.kind, `Object 'Kind' is missing in '${JSON.stringify(object)}'`, body);
  object.kind ||= expected.kind;
  object.apiVersion ||= expected.apiVersion;
  if (object.apiVersion.split('/').length > 2)
    throw unrecognized(expected.kind, `unexpected GroupVersion string: ${object.apiVersion}`, body);
  object.metadata ??= {} as KubeObject['metadata'];
  checkMetadata(object, expected.kind);
  return object;
}

/** Reads a body of the type: an object or null. What it throws of a malformed one is a SyntaxError. */
export function readerOf(header: string | undefined, expected: Expected): (body: Buffer) => unknown {
  switch (contentType(header)) {
    case PROTOBUF:
      return (body) => readProtobuf(body, expected);
    case '':
    case 'application/json':
      return (body) => asObject(readJson(body));
    case 'application/yaml':
      return (body) => asObject(readYaml(body));
    default:
      throw unsupportedMediaType(OBJECT_TYPES);
  }
}

/** `transformDecodeError` in k8s.io/apiserver `pkg/endpoints/handlers`: bodies that don't tell what they are. */
const unrecognized = (kind: string, why: string, body: Buffer): ApiError =>
  badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summary(body)})`);

function summary(body: Buffer): string {
  if (body.length === 0) return '<empty>';
  const shown = body.subarray(0, 30);
  const text = body[0] === 0x7b ? shown.toString() : shown.toString('hex');
  return body.length > 30 ? `${text} ...` : text;
}

const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** Objects and null, which is as good as an empty one. */
function asObject(value: unknown): unknown {
  if (value === null || isObject(value)) return value;
  const why = `json: cannot unmarshal ${jsonTypeName(value)} into Go value of type ${TYPE_META}`;
  throw new SyntaxError(`couldn't get version/kind; json parse error: ${why}`);
}

/** As Go's decoder calls a value: `array`, `bool`, `number`, `object`, `string`. */
export function jsonTypeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function readJson(body: Buffer): unknown {
  try {
    return parseJson(body);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SyntaxError(`couldn't get version/kind; json parse error: ${error.message}`);
  }
}

function readProtobuf(body: Buffer, expected: Expected): unknown {
  try {
    return decodeProtobuf(body, expected);
  } catch (error) {
    if (error instanceof ApiError && error.code === 400) throw new SyntaxError(error.message);
    throw error;
  }
}

/** Throws SyntaxError with the words of Go's decoder. */
export function parseJson(body: Buffer): unknown {
  const text = body.toString();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SyntaxError(jsonError(text));
  }
}

/** Throws SyntaxError. */
export function readYaml(body: Buffer): unknown {
  try {
    return yaml().parse(body.toString(), { maxAliasCount: 100, uniqueKeys: false }) as unknown;
  } catch (error) {
    const [first = ''] = (error instanceof Error ? error.message : '').split('\n');
    throw new SyntaxError(`yaml: ${first}`);
  }
}

/** Everything behind this relies on these shapes. */
function checkMetadata(object: KubeObject, kind: string): void {
  const wrong = (field: string, want: string): never => {
    throw badRequest(
      `${kind} in version "${object.apiVersion}" cannot be handled as a ${kind}: json: cannot unmarshal into Go struct field ObjectMeta.${field} of type ${want}`,
    );
  };
  if (!isObject(object.metadata)) {
    const type = jsonTypeName(object.metadata);
    const why = `json: cannot unmarshal ${type} into Go struct field ${kind}.metadata of type v1.ObjectMeta`;
    throw badRequest(
      `${kind} in version "${splitApiVersion(object.apiVersion).version}" cannot be handled as a ${kind}: ${why}`,
    );
  }
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
