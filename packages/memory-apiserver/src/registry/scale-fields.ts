import type { ManagedEntry } from '../codec/managed-fields.js';
import { managerId, sortEntries } from '../codec/field-managers.js';
import { FieldSet } from '../codec/field-set.js';

export const SCALE_VERSION = 'autoscaling/v1';

const REPLICAS = FieldSet.ofFields(['spec', 'replicas']);

/** Where a version of the resource has its number of replicas; undefined if the version isn't served. */
export type ReplicasPath = (apiVersion: string) => FieldSet | undefined;

const owns = (fields: FieldSet, path: FieldSet): boolean => !fields.intersection(path).isEmpty;

/**
 * Who owns the replicas of an object, as owners of its Scale. Source: `ScaleHandler` of k8s.io/apimachinery
 * `pkg/util/managedfields`.
 */
export function scaleEntries(parent: readonly ManagedEntry[], pathOf: ReplicasPath): ManagedEntry[] {
  return parent
    .filter(({ apiVersion, fields }) => owns(fields, pathOf(apiVersion) ?? FieldSet.empty))
    .map((entry) => ({ ...entry, apiVersion: SCALE_VERSION, fields: REPLICAS }));
}

/**
 * Entries of the object after a write of its Scale: who doesn't own the Scale's replicas any more loses those of the
 * object. Who has come to own them has no time, as upstream.
 */
export function parentEntries(
  parent: readonly ManagedEntry[],
  scale: readonly ManagedEntry[],
  pathOf: ReplicasPath,
  apiVersion: string,
): ManagedEntry[] {
  const owners = new Map(
    scale.filter(({ fields }) => owns(fields, REPLICAS)).map((entry) => [managerId(entry), entry]),
  );
  const result: ManagedEntry[] = [];
  for (const entry of parent) {
    const path = pathOf(entry.apiVersion);
    if (path === undefined) continue;
    if (!owns(entry.fields, path) || owners.delete(managerId(entry))) {
      result.push(entry);
      continue;
    }
    const fields = entry.fields.difference(path);
    if (!fields.isEmpty) result.push({ ...entry, fields });
  }
  const fields = pathOf(apiVersion) ?? FieldSet.empty;
  for (const entry of owners.values()) result.push({ ...entry, apiVersion, time: '', fields });
  return sortEntries(result);
}
