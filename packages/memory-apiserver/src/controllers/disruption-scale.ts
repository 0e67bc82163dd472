import { scaleOf } from '../registry/scale.js';
import type { KubeObject, OwnerReference } from '../object.js';
import { splitApiVersion } from '../schema/types.js';
import type { ControllerContext } from './controller.js';
import type { Pod } from './kinds.js';
import { controllerOf, groupOf } from './ownership.js';

/** It can't be told how many pods there should be; the message says why, in upstream's words. */
export class ScaleError extends Error {
  readonly code = 'ERR_SCALE_UNKNOWN';
}

/**
 * How many pods their controllers want, not how many there happen to be (upstream: `getExpectedScale`). Pods without
 * a controller don't count.
 *
 * @throws ScaleError if a controller is gone or has no scale
 */
export function expectedScale(
  pods: readonly Pod[],
  context: ControllerContext,
): { expectedPods: number; hasUnmanaged: boolean } {
  /** By the UID of who has the last word on it. */
  const scales = new Map<string, number>();
  const seen = new Set<string>();
  let hasUnmanaged = false;
  for (const pod of pods) {
    const reference = controllerOf(pod);
    if (reference === undefined) hasUnmanaged = true;
    if (reference === undefined || seen.has(reference.uid)) continue;
    seen.add(reference.uid);
    const found = scaleBehind(reference, pod.metadata.namespace, context);
    if (found === undefined) throw new ScaleError(`found no controllers for pod "${pod.metadata.name}"`);
    scales.set(found.uid, found.replicas);
  }
  return { expectedPods: [...scales.values()].reduce((sum, count) => sum + count, 0), hasUnmanaged };
}

/** Of the controller, or of the Deployment that it belongs to. */
function scaleBehind(
  reference: OwnerReference,
  namespace: string | undefined,
  context: ControllerContext,
): { uid: string; replicas: number } | undefined {
  const { api, cluster } = context;
  const { kind, name, uid, apiVersion } = reference;
  const { group, version } = splitApiVersion(apiVersion);
  const resource = cluster.catalog.findKind(group, version, kind);
  if (resource === undefined)
    throw new ScaleError(`no matches for kind "${kind}" in version "${apiVersion}"`);
  if (!resource.subresources.some(({ name: part }) => part === 'scale')) {
    const qualified = group === '' ? resource.plural : `${resource.plural}.${group}`;
    throw new ScaleError(`${qualified} does not implement the scale subresource`);
  }
  const object: KubeObject | undefined = api.find(resource.storage, namespace, name);
  if (object?.metadata.uid !== uid) return undefined;
  const above = kind === 'ReplicaSet' ? controllerOf(object) : undefined;
  if (above?.kind === 'Deployment' && groupOf(above.apiVersion) === 'apps')
    return scaleBehind(above, namespace, context);
  const { replicas = 0 } = scaleOf(resource, object)['spec'] as { replicas?: number };
  return { uid, replicas };
}
