import { isApiError, type KubeObject } from '@scale-cluster/memory-apiserver';
import type { LogicalCluster } from './logical-cluster.js';
import { isMirrorOf } from './mirror-metadata.js';
import { namespaceName, podName, type LogicalKey } from './names.js';
import { podPath, podsPath } from './paths.js';
import {
  finishedMirror,
  isUnfinished,
  newPodMirror,
  podPatch,
  podSpec,
  podStatusFrom,
} from './pod-mirror.js';
import type { SyncContext } from './sync-node.js';

/** What has to be in the main cluster before the mirror of a pod can be. */
export type Awaited = { namespace: true } | { node: string } | undefined;

/**
 * Makes a pod and its mirror equal: existence and spec as the cluster has them, status and end as KWOK has them.
 * Answers what it has to wait for, if it has to.
 */
export async function syncPod(
  cluster: LogicalCluster,
  key: LogicalKey,
  context: SyncContext,
): Promise<Awaited> {
  const { main, mirrors } = context;
  const pod = cluster.api.find('pods', key.namespace, key.name);
  const mirror = mirrors.find(key);
  if (mirror === undefined) return pod === undefined ? undefined : begin(cluster, key, pod, context);
  const { name, namespace = '', deletionTimestamp } = mirror.metadata;
  const path = podPath(namespace, name);
  if (pod === undefined || !isMirrorOf(mirror, pod)) {
    // Its cluster knows nothing of it any more; the mirror of a new pod of the name comes when this one has gone.
    await main.delete('pods', path, mirror, 0);
    return undefined;
  }
  const isEnding = pod.metadata.deletionTimestamp !== undefined;
  if (deletionTimestamp !== undefined) {
    if (!isEnding) remove(cluster, pod, mirror.metadata.deletionGracePeriodSeconds ?? 0);
    return undefined;
  }
  if (isEnding) {
    await main.delete('pods', path, mirror, pod.metadata.deletionGracePeriodSeconds ?? 0);
    return undefined;
  }
  if (isUnfinished(mirror)) {
    await main.replace('pods', `${path}/status`, mirror, finishedMirror(pod, mirror));
    return undefined;
  }
  const patch = podPatch(cluster, pod, mirror);
  if (patch !== undefined) await main.patch('pods', path, mirror, patch);
  const status = podStatusFrom(mirror, pod);
  if (status !== undefined) {
    const current = cluster.api.find('pods', key.namespace, key.name);
    if (current !== undefined && isMirrorOf(mirror, current))
      cluster.api.update({ ...current, status }, { subresource: 'status' });
  }
  return undefined;
}

/**
 * A mirror has gone from the main cluster in front of our eyes. If its pod lives on, the mirror was deleted there by
 * force, without a deletion to see before: so is its pod. A main cluster that was lost shows no such thing; it is filled
 * again.
 */
export function endWithMirror(
  cluster: LogicalCluster,
  { namespace, name }: LogicalKey,
  mirror: KubeObject,
): void {
  const pod = cluster.api.find('pods', namespace, name);
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined || !isMirrorOf(mirror, pod)) return;
  remove(cluster, pod, 0);
}

/** Makes the mirror of a pod that has a node, or ends a pod that is to end and that nobody runs. */
async function begin(
  cluster: LogicalCluster,
  key: LogicalKey,
  pod: KubeObject,
  { main, mirrors }: SyncContext,
): Promise<Awaited> {
  if (pod.metadata.deletionTimestamp !== undefined) {
    remove(cluster, pod, 0);
    return undefined;
  }
  const { nodeName = '' } = podSpec(pod);
  if (nodeName === '') return undefined;
  const home = mirrors.namespace(cluster.uid);
  if (home === undefined || home.metadata.deletionTimestamp !== undefined) return { namespace: true };
  const node = mirrors.find({ cluster: cluster.uid, storage: 'nodes', namespace: '', name: nodeName });
  if (node === undefined) return { node: nodeName };
  const namespace = namespaceName(cluster.name);
  const place = { namespace, name: podName(key.namespace, key.name), nodeName: node.metadata.name };
  await main.create('pods', podsPath(namespace), newPodMirror(cluster, place, pod));
  return undefined;
}

/** Ends the pod in its cluster, if it is still that one. */
function remove({ api }: LogicalCluster, { metadata }: KubeObject, gracePeriodSeconds: number): void {
  const preconditions = { uid: metadata.uid ?? '' };
  try {
    api.delete('pods', metadata.namespace, metadata.name, { gracePeriodSeconds, preconditions });
  } catch (error) {
    if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
  }
}
