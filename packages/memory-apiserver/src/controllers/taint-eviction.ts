import { isApiError } from '../errors.js';
import type { ClusterApi } from '../registry/api.js';
import { withCondition } from './conditions.js';
import type { Controller, ControllerContext } from './controller.js';
import type { Node, Pod, Taint } from './kinds.js';
import { tolerationsOf } from './node-fit.js';
import { isFinished } from './pods.js';
import { compact, writeStatus } from './status.js';
import { parseTime, timestamp } from './time.js';

const isEvicting = ({ effect }: Taint): boolean => effect === 'NoExecute';
const evictingTaints = (node: Node): Taint[] => (node.spec?.taints ?? []).filter(isEvicting);

/** When a taint without `timeAdded` was first seen on a node; forgotten with the cluster. */
const firstSeen = new WeakMap<ClusterApi, Map<string, number>>();

/**
 * Deletes pods from nodes that have got a `NoExecute` taint, at once or after `tolerationSeconds`
 * (upstream: pkg/controller/tainteviction).
 */
export const taintEvictionController = (): Controller => ({
  name: 'taint-eviction',
  watches: ['nodes', 'pods'],
  keysFor({ type, storage, object, waiting }) {
    if (storage === 'nodes') {
      const { name } = object.metadata;
      // A node that has lost its taints has nothing to wait for, which the reconcile finds out.
      return (type !== 'DELETED' && evictingTaints(object).length > 0) || waiting().includes(name)
        ? [name]
        : [];
    }
    const { nodeName } = (object as Pod).spec;
    const isNew = type !== 'DELETED' && (object as Pod).status?.startTime === undefined;
    return isNew && nodeName !== undefined && nodeName !== '' ? [nodeName] : [];
  },
  reconcile(name, context) {
    const node = context.api.find('nodes', undefined, name) as Node | undefined;
    const taints = node === undefined ? [] : evictingTaints(node);
    if (taints.length === 0) {
      firstSeen.get(context.cluster.api)?.delete(name);
      return;
    }
    const since = sinceOf(name, taints, context);
    let nextMs = Infinity;
    for (const pod of context.api.list('pods', { fieldSelector: `spec.nodeName=${name}` }) as Pod[]) {
      if (pod.metadata.deletionTimestamp !== undefined || isFinished(pod)) continue;
      const leftMs = since + toleratedMs(pod, taints) - context.now();
      if (leftMs <= 0) evict(pod, context);
      else nextMs = Math.min(nextMs, leftMs);
    }
    if (nextMs < Infinity) context.requeue(name, nextMs);
  },
});

function sinceOf(name: string, taints: readonly Taint[], { cluster, now }: ControllerContext): number {
  const added = Math.max(...taints.map(({ timeAdded }) => parseTime(timeAdded) ?? -Infinity));
  if (added > -Infinity) return added;
  let ofCluster = firstSeen.get(cluster.api);
  if (ofCluster === undefined) firstSeen.set(cluster.api, (ofCluster = new Map<string, number>()));
  const seen = ofCluster.get(name) ?? now();
  ofCluster.set(name, seen);
  return seen;
}

/** How long the pod may stay: 0 if it doesn't tolerate a taint, the shortest of its times if there are any. */
function toleratedMs(pod: Pod, taints: readonly Taint[]): number {
  let shortest = Infinity;
  for (const taint of taints) {
    const [toleration] = tolerationsOf(pod.spec.tolerations, taint);
    if (toleration === undefined) return 0;
    const { tolerationSeconds } = toleration;
    if (tolerationSeconds !== undefined) shortest = Math.min(shortest, Math.max(0, tolerationSeconds));
  }
  return shortest * 1000;
}

function evict(pod: Pod, { api, events, now }: ControllerContext): void {
  const { namespace = '', name, uid } = pod.metadata;
  events.record(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`);
  const condition = {
    type: 'DisruptionTarget',
    status: 'True' as const,
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
  };
  const conditions = withCondition(pod.status?.conditions, condition, timestamp(now()));
  try {
    writeStatus(api, pod, { ...pod.status, conditions });
    api.delete('pods', namespace, name, { preconditions: compact({ uid }) });
  } catch (error) {
    if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
  }
}
