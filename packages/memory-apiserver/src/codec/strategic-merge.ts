import { ApiError, badRequest } from '../errors.js';
import type { Json } from '../object.js';
import type { FieldInfo, TypeInfo } from '../schema/types.js';
import { goPrint } from './go-print.js';
import { cloneJson, equalJson, getOwn, isObject, setOwn, type JsonObject } from './json.js';

const directive = '$patch';
const retainKeys = '$retainKeys';
const deletePrefix = '$deleteFromPrimitiveList/';
const orderPrefix = '$setElementOrder/';

/** What is known of a map's contents: a type's fields, or one field for all keys of a map, or nothing. */
type Shape = TypeInfo | FieldInfo | undefined;

/**
 * Strategic merge patch as kube-apiserver applies it (k8s.io/apimachinery `pkg/util/strategicpatch`): lists with a
 * merge key are merged by it, others replaced; the directives `$patch`, `$retainKeys`,
 * `$deleteFromPrimitiveList` and `$setElementOrder` are obeyed. A new object; the arguments are not changed.
 *
 * @param type of the object; without it objects merge and lists are replaced
 * @throws ApiError 400 for malformed directives; 500 for lists that can't be merged, as upstream answers
 */
export function strategicMerge<T extends object>(object: T, patch: unknown, type: TypeInfo | undefined): T {
  if (!isObject(patch)) throw badRequest('unable to decode the strategic merge patch: it must be an object');
  return mergeMap(cloneJson(object) as unknown as JsonObject, cloneJson(patch), type) as unknown as T;
}

/** What upstream's `interpretStrategicMergePatchError` doesn't know of is an error of the server's. */
const unmergeable = (why: string): ApiError => new ApiError(500, '', why);

function goType(value: Json | undefined): string {
  if (value === null || value === undefined) return 'a %!s(<nil>)';
  const types: Record<string, string> = {
    boolean: 'bool',
    number: 'int64',
    object: 'map[string]interface {}',
  };
  return `a ${types[typeof value] ?? typeof value}`;
}

const unknownDirective = (patch: JsonObject): ApiError =>
  unmergeable(`unknown patch type: ${goPrint(patch[directive])} in map: ${goPrint(patch)}`);

function fieldOf(shape: Shape, key: string): FieldInfo | undefined {
  if (shape === undefined) return undefined;
  return 'fields' in shape ? shape.fields.get(key) : undefined;
}

/** What a value under `field` holds: an item's or entry's type, or the values of a map. */
function shapeOf(parent: Shape, field: FieldInfo | undefined): Shape {
  if (field !== undefined) return field.map ? field : field.message;
  return parent !== undefined && 'map' in parent && parent.map ? parent.message : undefined;
}

/** Merges `patch` into `original`, changing both, and answers the result. */
function mergeMap(original: JsonObject, patch: JsonObject, shape: Shape): JsonObject {
  const kind = getOwn(patch, directive);
  if (kind !== undefined) {
    if (kind !== 'replace' && kind !== 'delete' && kind !== 'merge') throw unknownDirective(patch);
    delete patch[directive];
    if (kind === 'replace') return patch;
    if (kind === 'delete') return {};
  }
  applyRetainKeys(original, patch);
  applyElementOrder(original, patch, shape);
  for (const key of Object.keys(patch)) {
    if (key.startsWith(deletePrefix)) deleteFromList(original, key.slice(deletePrefix.length), patch[key]);
    else mergeKey(original, patch, key, shape);
  }
  return original;
}

function mergeKey(original: JsonObject, patch: JsonObject, key: string, shape: Shape): void {
  const value = patch[key];
  if (value === null || value === undefined) {
    delete original[key];
    return;
  }
  const current = getOwn(original, key);
  const field = fieldOf(shape, key);
  if (isObject(current) && isObject(value)) {
    if (field?.strategies.includes('replace') === true) setNew(original, key, value);
    else setOwn(original, key, mergeMap(current, value, shapeOf(shape, field)));
  } else if (Array.isArray(current) && Array.isArray(value)) {
    original[key] = mergeLists(current, value, field);
  } else setNew(original, key, value);
}

/** Keeps of the original only the keys that the patch names in `$retainKeys` (for unions such as volumes). */
function applyRetainKeys(original: JsonObject, patch: JsonObject): void {
  const retained = getOwn(patch, retainKeys);
  if (retained === undefined) return;
  delete patch[retainKeys];
  if (!Array.isArray(retained)) throw badRequest('invalid patch format of retainKeys: it must be a list');
  const kept = new Set(retained);
  for (const key of Object.keys(patch))
    if (!kept.has(key) && !key.startsWith('$'))
      throw new ApiError(
        422,
        'Invalid',
        'the server rejected our request due to an error in our request',
        {},
      );
  for (const key of Object.keys(original)) if (!kept.has(key)) delete original[key];
}

function deleteFromList(original: JsonObject, key: string, values: Json | undefined): void {
  const current = getOwn(original, key);
  if (!Array.isArray(values)) throw badRequest(`invalid patch format of primitive list: ${key}`);
  if (Array.isArray(current))
    original[key] = current.filter((item) => !values.some((value) => equalJson(item, value)));
}

/** Merges the lists that have a `$setElementOrder` and puts them in that order. */
function applyElementOrder(original: JsonObject, patch: JsonObject, shape: Shape): void {
  for (const directiveKey of Object.keys(patch)) {
    if (!directiveKey.startsWith(orderPrefix)) continue;
    const order = patch[directiveKey];
    delete patch[directiveKey];
    const key = directiveKey.slice(orderPrefix.length);
    if (!Array.isArray(order)) throw unmergeable(`expected a []interface {}, but received ${goType(order)}`);
    const current = getOwn(original, key);
    const change = getOwn(patch, key);
    if (change === null) continue;
    const field = fieldOf(shape, key);
    const before = Array.isArray(current) ? current : undefined;
    let merged: Json[];
    if (Array.isArray(change)) {
      checkOrder(change, order, field?.mergeKey);
      merged = before === undefined ? listWithoutDirectives(change) : mergeLists(before, change, field);
      delete patch[key];
    } else if (before === undefined) continue;
    else merged = before;
    setOwn(original, key, sortMerged(merged, order, before ?? [], field?.mergeKey));
  }
}

/** Every item of the patch must stand in the order list, in the same relative order. */
function checkOrder(patch: readonly Json[], order: readonly Json[], mergeKey: string | undefined): void {
  let last = -1;
  for (const item of patch) {
    if (isObject(item) && getOwn(item, directive) !== undefined) continue;
    const at = indexIn(order, item, mergeKey);
    if (at <= last)
      throw badRequest(
        `The order in patch list:\n${JSON.stringify(patch)}\n doesn't match $setElementOrder list:\n${JSON.stringify(order)}\n`,
      );
    last = at;
  }
}

function mergeLists(original: Json[], patch: Json[], field: FieldInfo | undefined): Json[] {
  if (field?.strategies.includes('merge') !== true) return listWithoutDirectives(patch);
  if (original.length === 0 && patch.length === 0) return original;
  const objects = [...original, ...patch].some(isObject);
  if (!objects) {
    const merged = [...new Set([...original, ...patch])];
    return sortMerged(merged, patch, original, undefined);
  }
  const key = field.mergeKey;
  if (key === undefined) throw unmergeable(`cannot merge lists without merge key for ${field.name}`);
  return mergeObjectLists(original, patch, key, field.message);
}

function mergeObjectLists(original: Json[], patch: Json[], key: string, item: Shape): Json[] {
  let base = original;
  let replace = false;
  const changes: JsonObject[] = [];
  for (const change of patch) {
    if (!isObject(change)) throw unmergeable(`expected objects in a list merged by ${key}`);
    const kind = getOwn(change, directive);
    if (kind === undefined || kind === 'merge') {
      delete change[directive];
      changes.push(change);
    } else if (kind === 'delete') {
      const value = mergeValue(change, key);
      base = base.filter((entry) => !(isObject(entry) && equalJson(getOwn(entry, key), value)));
    } else if (kind === 'replace') {
      replace = true;
      delete change[directive];
      if (Object.keys(change).length > 0) changes.push(change);
    } else throw unknownDirective(change);
  }
  if (replace) return listWithoutDirectives(changes);
  const merged = [...base];
  for (const change of changes) {
    const at = indexIn(merged, change, key);
    const found = merged[at];
    if (isObject(found)) merged[at] = mergeMap(found, change, item);
    else merged.push(...listWithoutDirectives([change]));
  }
  return sortMerged(merged, changes, original, key);
}

function mergeValue(item: JsonObject, key: string): Json {
  const value = getOwn(item, key);
  if (value === undefined)
    throw unmergeable(`map: ${goPrint(item)} does not contain declared merge key: ${key}`);
  return value;
}

function indexIn(list: readonly Json[], item: Json, key: string | undefined): number {
  if (key === undefined || !isObject(item)) return list.findIndex((other) => equalJson(other, item));
  const value = mergeValue(item, key);
  return list.findIndex((other) => isObject(other) && equalJson(getOwn(other, key), value));
}

/**
 * Order of a merged list: what the patch names in the patch's order; what only the server has keeps its place
 * relative to those (`normalizeElementOrder` and `mergeSortedSlice` upstream).
 */
function sortMerged(
  merged: Json[],
  patchOrder: Json[],
  serverOrder: Json[],
  key: string | undefined,
): Json[] {
  const byOrder = (order: Json[]): ((a: Json, b: Json) => number) => {
    const ranks = new Map(merged.map((item) => [item, indexIn(order, item, key)]));
    return (a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0);
  };
  const inPatch = merged.filter((item) => indexIn(patchOrder, item, key) >= 0).sort(byOrder(patchOrder));
  const serverOnly = merged.filter((item) => indexIn(patchOrder, item, key) < 0).sort(byOrder(serverOrder));
  const result: Json[] = [];
  let next = 0;
  for (const item of inPatch) {
    const place = indexIn(serverOrder, item, key);
    while (next < serverOnly.length) {
      const other = serverOnly[next];
      if (other === undefined || place < 0) break;
      const otherPlace = indexIn(serverOrder, other, key);
      if (otherPlace < 0 || otherPlace >= place) break;
      result.push(other);
      next += 1;
    }
    result.push(item);
  }
  return [...result, ...serverOnly.slice(next)];
}

/**
 * A value that the object didn't have is taken without nulls and without what has a directive: undefined if that is
 * all of it (`removeDirectives` upstream).
 */
function withoutDirectives(value: Json): Json | undefined {
  if (Array.isArray(value)) return listWithoutDirectives(value);
  if (!isObject(value)) return value;
  if (getOwn(value, directive) !== undefined) return undefined;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const inner = value[key];
    if (inner === null || inner === undefined || key === retainKeys) continue;
    if (key.startsWith(deletePrefix) || key.startsWith(orderPrefix)) continue;
    const kept = withoutDirectives(inner);
    if (kept !== undefined) setOwn(result, key, kept);
  }
  return result;
}

const listWithoutDirectives = (list: readonly Json[]): Json[] =>
  list.map(withoutDirectives).filter((item) => item !== undefined);

function setNew(original: JsonObject, key: string, value: Json): void {
  const kept = withoutDirectives(value);
  if (kept === undefined) delete original[key];
  else setOwn(original, key, kept);
}
