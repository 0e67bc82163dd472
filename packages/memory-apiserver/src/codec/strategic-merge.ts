import { badRequest } from '../errors.js';
import type { Json } from '../object.js';
import type { FieldInfo, TypeInfo } from '../schema/types.js';
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
 * @throws ApiError 400 for malformed directives
 */
export function strategicMerge<T extends object>(object: T, patch: unknown, type: TypeInfo | undefined): T {
  if (!isObject(patch)) throw badRequest('unable to decode the strategic merge patch: it must be an object');
  return mergeMap(cloneJson(object) as unknown as JsonObject, cloneJson(patch), type) as unknown as T;
}

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
    delete patch[directive];
    if (kind === 'replace') return patch;
    if (kind === 'delete') return {};
    if (kind !== 'merge') throw badRequest(`unknown patch type found: ${JSON.stringify(kind)}`);
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
    const replace = field?.strategies.includes('replace') === true;
    setOwn(
      original,
      key,
      replace ? withoutDirectives(value) : mergeMap(current, value, shapeOf(shape, field)),
    );
  } else if (Array.isArray(current) && Array.isArray(value)) {
    original[key] = mergeLists(current, value, field);
  } else setOwn(original, key, withoutDirectives(value));
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
      throw badRequest(`the keys in the patch must be in the retainKeys list: ${key}`);
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
    if (!Array.isArray(order)) throw badRequest(`invalid patch format of setElementOrder list: ${key}`);
    const current = getOwn(original, key);
    const change = getOwn(patch, key);
    if (change === null) continue;
    const field = fieldOf(shape, key);
    const before = Array.isArray(current) ? current : undefined;
    let merged: Json[];
    if (Array.isArray(change)) {
      checkOrder(change, order, field?.mergeKey);
      merged =
        before === undefined ? (withoutDirectives(change) as Json[]) : mergeLists(before, change, field);
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
  if (field?.strategies.includes('merge') !== true) return withoutDirectives(patch) as Json[];
  if (original.length === 0 && patch.length === 0) return original;
  const objects = [...original, ...patch].some(isObject);
  if (!objects) {
    const merged = [...new Set([...original, ...patch])];
    return sortMerged(merged, patch, original, undefined);
  }
  const key = field.mergeKey;
  if (key === undefined) throw badRequest(`cannot merge lists without merge key for ${field.name}`);
  return mergeObjectLists(original, patch, key, field.message);
}

function mergeObjectLists(original: Json[], patch: Json[], key: string, item: Shape): Json[] {
  let base = original;
  let replace = false;
  const changes: JsonObject[] = [];
  for (const change of patch) {
    if (!isObject(change)) throw badRequest(`expected objects in a list merged by ${key}`);
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
    } else throw badRequest(`unknown patch type found: ${JSON.stringify(kind)}`);
  }
  if (replace) return withoutDirectives(changes) as Json[];
  const merged = [...base];
  for (const change of changes) {
    const at = indexIn(merged, change, key);
    const found = merged[at];
    if (isObject(found)) merged[at] = mergeMap(found, change, item);
    else merged.push(withoutDirectives(change));
  }
  return sortMerged(merged, changes, original, key);
}

function mergeValue(item: JsonObject, key: string): Json {
  const value = getOwn(item, key);
  if (value === undefined)
    throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
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

/** A value that the object didn't have is taken without its directives and nulls. */
function withoutDirectives(value: Json): Json {
  if (Array.isArray(value))
    return value
      .filter((item) => !(isObject(item) && getOwn(item, directive) === 'delete'))
      .filter(
        (item) =>
          !(isObject(item) && Object.keys(item).length === 1 && getOwn(item, directive) !== undefined),
      )
      .map(withoutDirectives);
  if (!isObject(value)) return value;
  if (getOwn(value, directive) === 'delete') return {};
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const inner = value[key];
    if (inner === null || inner === undefined || key === directive || key === retainKeys) continue;
    if (key.startsWith(deletePrefix) || key.startsWith(orderPrefix)) continue;
    setOwn(result, key, withoutDirectives(inner));
  }
  return result;
}
