import { badRequest } from '../errors.js';
import type { Json } from '../object.js';
import { cloneJson, getOwn, isObject, setOwn, type JsonObject } from './json.js';

/**
 * JSON Merge Patch (RFC 7386): a new object in which the patch's keys replace those of the target, null removes,
 * objects merge. Neither argument is changed.
 *
 * @throws ApiError 400 if the patch is no object
 */
export function mergePatch<T extends object>(target: T, patch: unknown): T {
  if (patch === null) throw badRequest('Invalid JSON Patch');
  if (!isObject(patch))
    throw badRequest(
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    );
  return merge(target as unknown as Json, patch) as unknown as T;
}

function merge(target: Json | undefined, patch: JsonObject): JsonObject {
  const result: JsonObject = isObject(target) ? cloneJson(target) : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null || value === undefined) delete result[key];
    else setOwn(result, key, isObject(value) ? merge(getOwn(result, key), value) : cloneJson(value));
  }
  return result;
}
