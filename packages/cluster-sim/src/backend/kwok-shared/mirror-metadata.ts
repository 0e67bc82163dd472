import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, ObjectMeta } from '@scale-cluster/memory-apiserver';
import {
  clusterIdLabel,
  logicalClusterLabel,
  nameAnnotation,
  namespaceAnnotation,
  uidAnnotation,
} from './names.js';

/** The logical cluster that a mirror belongs to. */
export interface MirrorOwner {
  readonly uid: string;
  readonly name: string;
}

/** KWOK's own annotations on a mirror, which are not the logical object's (kwok `pkg/consts`). */
const kwokPrefix = 'kwok.x-k8s.io/';

/** While set, KWOK leaves the object's status alone: the main cluster's KWOK is started so. */
export const customStatusAnnotation = `${kwokPrefix}status`;
export const customStatus = 'custom';

export const labelsOf = ({ uid, name }: MirrorOwner): Record<string, string> => ({
  [clusterIdLabel]: uid,
  [logicalClusterLabel]: name,
});

export interface MirrorMetadata {
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** Labels and annotations of a mirror: those of the logical object, and by what it is known. */
export function mirrorMetadata(owner: MirrorOwner, { metadata }: KubeObject): MirrorMetadata {
  return {
    labels: { ...metadata.labels, ...labelsOf(owner) },
    annotations: {
      ...metadata.annotations,
      ...(metadata.namespace === undefined ? {} : { [namespaceAnnotation]: metadata.namespace }),
      [nameAnnotation]: metadata.name,
      [uidAnnotation]: metadata.uid ?? '',
    },
  };
}

/** Whether the mirror stands for this very object, and not for an earlier one of its name. */
export const isMirrorOf = (mirror: KubeObject, object: KubeObject): boolean =>
  mirror.metadata.annotations?.[uidAnnotation] === (object.metadata.uid ?? '');

/** A merge patch that makes labels and annotations as wished; undefined if they are. KWOK's annotations stay. */
export function metadataPatch(
  actual: ObjectMeta,
  wished: MirrorMetadata,
): { labels?: object; annotations?: object } | undefined {
  const labels = mapPatch(actual.labels, wished.labels);
  const annotations = mapPatch(actual.annotations, wished.annotations);
  if (labels === undefined && annotations === undefined) return undefined;
  return {
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function mapPatch(actual: Record<string, string> = {}, wished: Record<string, string>): object | undefined {
  const removed = Object.keys(actual).filter((key) => !(key in wished) && !key.startsWith(kwokPrefix));
  const changed = Object.entries(wished).filter(([key, value]) => actual[key] !== value);
  if (removed.length + changed.length === 0) return undefined;
  return Object.fromEntries([...removed.map((key) => [key, null] as const), ...changed]);
}

/** A merge patch of the fields that differ; undefined if none does. Undefined wishes remove the field. */
export function fieldsPatch(
  actual: Record<string, unknown> = {},
  wished: Record<string, unknown>,
): Record<string, unknown> | undefined {
  const changed = Object.entries(wished).filter(([key, value]) => !isDeepStrictEqual(actual[key], value));
  if (changed.length === 0) return undefined;
  return Object.fromEntries(changed.map(([key, value]) => [key, value ?? null]));
}
