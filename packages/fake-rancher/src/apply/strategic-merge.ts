type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

/**
 * Lists that are merged element by element, and the field that tells their elements apart (`patchMergeKey` in
 * k8s.io/api). All other lists are replaced as a whole. Named by the field alone: enough for the kinds of the agent
 * manifest.
 */
const mergeKeys: Record<string, string> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  imagePullSecrets: 'name',
  ownerReferences: 'uid',
  ports: 'port',
};

const containerPortKey = 'containerPort';

/**
 * The three-way strategic merge patch of `kubectl apply` (apimachinery strategicpatch
 * `CreateThreeWayMergePatch`): what must change in `current` to carry all of `modified`, plus the deletion of what
 * `original` (the last applied one) had and `modified` has no more. An empty object when nothing is to do.
 */
export function threeWayPatch(
  original: JsonObject | undefined,
  modified: JsonObject,
  current: JsonObject,
): JsonObject {
  return diffObject(original ?? {}, modified, current);
}

/** What of `wanted` is not in `actual`, in words; empty when all of it is. Absent, null and empty count as equal. */
export function missing(wanted: JsonObject, actual: JsonObject): string[] {
  return missingIn('', wanted, actual);
}

function diffObject(original: JsonObject, modified: JsonObject, current: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const [key, wanted] of Object.entries(modified)) {
    const actual = current[key];
    if (isObject(wanted) && isObject(actual)) {
      const before = original[key];
      const inner = diffObject(isObject(before) ? before : {}, wanted, actual);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (Array.isArray(wanted) && Array.isArray(actual)) {
      const before = original[key];
      Object.assign(patch, diffList(key, Array.isArray(before) ? before : [], wanted, actual));
    } else if (!equal(wanted, actual) && !(isEmpty(wanted) && actual === undefined)) patch[key] = wanted;
  }
  for (const key of Object.keys(original)) {
    if (!(key in modified) && key in current) patch[key] = null;
  }
  return patch;
}

function diffList(field: string, original: Json[], modified: Json[], current: Json[]): JsonObject {
  const key = mergeKeyOf(field, modified);
  if (key === undefined) return equal(modified, current) ? {} : { [field]: modified };
  const idOf = (element: Json): Json | undefined => (isObject(element) ? element[key] : undefined);
  const find = (list: Json[], id: Json | undefined): JsonObject | undefined =>
    list.filter(isObject).find((element) => equal(element[key], id));
  const changes: Json[] = [];
  for (const wanted of modified.filter(isObject)) {
    const id = idOf(wanted);
    const actual = find(current, id);
    if (!actual) changes.push(wanted);
    else {
      const inner = diffObject(find(original, id) ?? {}, wanted, actual);
      if (Object.keys(inner).length > 0) changes.push({ ...inner, [key]: id ?? null });
    }
  }
  for (const dropped of original) {
    const id = idOf(dropped);
    if (id !== undefined && !find(modified, id) && find(current, id))
      changes.push({ $patch: 'delete', [key]: id });
  }
  if (changes.length === 0) return {};
  const order = modified.filter(isObject).map((element) => ({ [key]: element[key] ?? null }));
  return { [`$setElementOrder/${field}`]: order, [field]: changes };
}

function mergeKeyOf(field: string, list: Json[]): string | undefined {
  const key = mergeKeys[field];
  if (field !== 'ports') return key;
  return list.some((element) => isObject(element) && containerPortKey in element) ? containerPortKey : key;
}

function missingIn(path: string, wanted: JsonObject, actual: JsonObject): string[] {
  return Object.entries(wanted).flatMap(([key, value]) => {
    const there = actual[key];
    const where = path === '' ? key : `${path}.${key}`;
    if (isEmpty(value)) return there === undefined || isEmpty(there) ? [] : [where];
    if (isObject(value)) return isObject(there) ? missingIn(where, value, there) : [where];
    if (!Array.isArray(value)) return equal(value, there) ? [] : [where];
    if (!Array.isArray(there)) return [where];
    const mergeKey = mergeKeyOf(key, value);
    if (mergeKey === undefined && value.length !== there.length) return [where];
    return value.flatMap((element, index) => {
      const other =
        mergeKey === undefined
          ? there[index]
          : there.find(
              (entry) => isObject(entry) && isObject(element) && equal(entry[mergeKey], element[mergeKey]),
            );
      if (isObject(element))
        return isObject(other) ? missingIn(`${where}[${index}]`, element, other) : [`${where}[${index}]`];
      return equal(element, other) ? [] : [`${where}[${index}]`];
    });
  });
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: Json): boolean {
  if (value === null || value === '') return true;
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((entry, index) => equal(entry, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && equal(a[key], b[key]));
}
