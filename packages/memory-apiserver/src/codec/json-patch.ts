import { ApiError, badRequest } from '../errors.js';
import type { Json } from '../object.js';
import { cloneJson, equalJson, isObject, setOwn, type JsonObject } from './json.js';

/** More operations than this are refused, as kube-apiserver does. */
const maxOperations = 10_000;

interface Operation {
  op: string;
  path: string[];
  from?: string[];
  value?: Json;
}

/** kube-apiserver's answer to a patch that can't be applied; its text doesn't say why. */
const rejected = (): ApiError =>
  new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});

/**
 * JSON Patch (RFC 6902, as kube-apiserver applies it): a new object with the operations applied in order, or none. Neither argument is changed.
 *
 * @throws ApiError 400 for a malformed patch, 413 for too many operations, 422 for one that doesn't apply
 */
export function jsonPatch<T extends object>(target: T, patch: unknown): T {
  if (!Array.isArray(patch))
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  if (patch.length > maxOperations)
    throw new ApiError(
      413,
      'RequestEntityTooLarge',
      `Request entity too large: The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    );
  const operations = patch.map(parseOperation);
  let document = cloneJson(target) as unknown as Json;
  for (const operation of operations) document = apply(document, operation);
  if (!isObject(document)) throw rejected();
  return document as unknown as T;
}

function parseOperation(entry: unknown): Operation {
  if (!isObject(entry)) throw badRequest('json: cannot unmarshal the JSON patch: operations must be objects');
  const { op, path, from, value } = entry;
  if (typeof op !== 'string' || typeof path !== 'string') throw rejected();
  const needsFrom = op === 'move' || op === 'copy';
  if (needsFrom && typeof from !== 'string') throw rejected();
  if ((op === 'add' || op === 'replace' || op === 'test') && value === undefined) throw rejected();
  return {
    op,
    path: parsePointer(path),
    ...(typeof from === 'string' ? { from: parsePointer(from) } : {}),
    ...(value === undefined ? {} : { value }),
  };
}

/** Steps of a JSON Pointer (RFC 6901). */
function parsePointer(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw rejected();
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function apply(document: Json, { op, path, from = [], value = null }: Operation): Json {
  switch (op) {
    case 'add':
      return add(document, path, cloneJson(value));
    case 'remove':
      return remove(document, path);
    case 'replace':
      return replace(document, path, cloneJson(value));
    case 'move': {
      if (path.length > from.length && from.every((step, index) => step === path[index])) throw rejected();
      const moved = read(document, from);
      return add(remove(document, from), path, moved);
    }
    case 'copy':
      return add(document, path, cloneJson(read(document, from)));
    case 'test':
      if (!equalJson(read(document, path, null), value)) throw rejected();
      return document;
    default:
      throw rejected();
  }
}

function read(document: Json, path: readonly string[], absent?: Json): Json {
  let value: Json | undefined = document;
  for (const [depth, step] of path.entries()) {
    if (Array.isArray(value)) value = value[arrayIndex(step, value.length - 1)];
    else if (isObject(value) && Object.hasOwn(value, step)) value = value[step];
    else if (isObject(value) && absent !== undefined && depth === path.length - 1) return absent;
    else throw rejected();
  }
  if (value === undefined) throw rejected();
  return value;
}

function parentOf(document: Json, path: readonly string[]): { parent: Json[] | JsonObject; step: string } {
  const parent = read(document, path.slice(0, -1));
  if (!Array.isArray(parent) && !isObject(parent)) throw rejected();
  return { parent, step: path.at(-1) ?? '' };
}

function add(document: Json, path: readonly string[], value: Json): Json {
  if (path.length === 0) return value;
  const { parent, step } = parentOf(document, path);
  if (!Array.isArray(parent)) setOwn(parent, step, value);
  else parent.splice(step === '-' ? parent.length : arrayIndex(step, parent.length), 0, value);
  return document;
}

/** Unlike RFC 6902 has it, a field that doesn't exist is set: so does kube-apiserver's library. */
function replace(document: Json, path: readonly string[], value: Json): Json {
  if (path.length === 0) return value;
  const { parent, step } = parentOf(document, path);
  if (Array.isArray(parent)) parent[arrayIndex(step, parent.length - 1)] = value;
  else setOwn(parent, step, value);
  return document;
}

function remove(document: Json, path: readonly string[]): Json {
  if (path.length === 0) return null;
  const { parent, step } = parentOf(document, path);
  if (Array.isArray(parent)) parent.splice(arrayIndex(step, parent.length - 1), 1);
  else if (Object.hasOwn(parent, step)) delete parent[step];
  else throw rejected();
  return document;
}

function arrayIndex(step: string, max: number): number {
  if (!/^(0|[1-9]\d*)$/.test(step)) throw rejected();
  const index = Number(step);
  if (index > max) throw rejected();
  return index;
}
