import type { KubeObject } from '../object.js';
import type { ClusterApi } from '../registry/api.js';
import { sameJson } from './equality.js';

/**
 * Writes an object's status if it differs from what the object has, so that a settled object is not written.
 * Values that are undefined are left out; with `metadata.resourceVersion` set, a writer in between is a Conflict.
 */
export function writeStatus(api: ClusterApi, object: KubeObject, status: object): boolean {
  if (sameJson(object['status'] ?? {}, status)) return false;
  api.update({ ...object, status }, { subresource: 'status' });
  return true;
}

/** The number, or undefined for zero: how `omitempty` counters are written. */
export const nonZero = (count: number): number | undefined => (count === 0 ? undefined : count);

/** The object without fields that are undefined. */
export function compact<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
