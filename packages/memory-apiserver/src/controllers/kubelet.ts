import type { ClusterHandle, Controller, ControllerContext } from './controller.js';
import type { Pod } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { podStages, type KubeletOptions } from './pod-stages.js';
import { deadlineMessage, deadlineStatus } from './pod-status.js';
import { isFinished } from './pods.js';
import { forgetWait, playStages } from './stages/play.js';
import { withBuiltin, type StageSet } from './stages/stage-set.js';
import type { Stage } from './stages/stage.js';
import { writeStatus } from './status.js';
import { parseTime } from './time.js';

export type { KubeletOptions } from './pod-stages.js';

/** A pod whose node isn't there yet is looked at again when one comes, and after this long in any case. */
const missingNodeRetryMs = 60_000;

const podKind = { group: '', kind: 'Pod' };

/**
 * Lives the pods' lives on all nodes, by stages: those of `podStages`, and what a cluster's own Stages say beside or
 * instead. Settled pods, which nearly all are nearly always, match none. Upstream's counterpart: pkg/kubelet.
 */
export function kubeletController(options: KubeletOptions = {}): Controller {
  const stagesOf = stagesByCluster(podStages(options));
  return {
    name: 'kubelet',
    watches: ['pods', 'nodes'],
    timed: ({ stages }) => ((stages?.of(podKind) ?? []).length > 0 ? ['pods'] : []),
    keysFor({ type, storage, object, waiting, cluster }) {
      if (storage === 'nodes') return type === 'ADDED' ? waiting() : [];
      if (type === 'DELETED') {
        forgetWait(cluster.api, keyOf(object));
        return [];
      }
      const isConcerned =
        hasDeadline(object as Pod) || stagesOf(cluster).some((stage) => stage.matches(object));
      return isConcerned ? [keyOf(object)] : [];
    },
    reconcile(key, context) {
      const { namespace, name } = splitKey(key);
      const pod = context.api.find('pods', namespace, name) as Pod | undefined;
      if (pod === undefined) forgetWait(context.cluster.api, key);
      else if (hasNode(pod, key, context) && !isOver(pod, key, context))
        playStages(stagesOf(context.cluster), pod, { key, storage: 'pods', context });
    },
  };
}

/** Built-in stages together with a cluster's own, put together once for each set of these. */
function stagesByCluster(builtin: readonly Stage[]): (cluster: ClusterHandle) => readonly Stage[] {
  const bySet = new WeakMap<StageSet, readonly Stage[]>();
  return ({ stages }) => {
    if (stages === undefined) return builtin;
    let all = bySet.get(stages);
    if (all === undefined) {
      all = withBuiltin(builtin, stages.of(podKind));
      bySet.set(stages, all);
    }
    return all;
  };
}

/** Nothing happens to a pod without a node but that it is deleted. */
function hasNode(pod: Pod, key: string, { api, requeue }: ControllerContext): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return true;
  const { nodeName = '' } = pod.spec;
  if (nodeName === '') return false;
  if (api.find('nodes', undefined, nodeName) !== undefined) return true;
  requeue(key, missingNodeRetryMs);
  return false;
}

const hasDeadline = (pod: Pod): boolean =>
  pod.spec.activeDeadlineSeconds !== undefined &&
  pod.status?.startTime !== undefined &&
  pod.metadata.deletionTimestamp === undefined &&
  !isFinished(pod);

/** Ends a pod whose `activeDeadlineSeconds` are over, or comes back when they are (pkg/kubelet/active_deadline.go). */
function isOver(pod: Pod, key: string, { api, events, now, requeue }: ControllerContext): boolean {
  if (!hasDeadline(pod)) return false;
  const { activeDeadlineSeconds = 0 } = pod.spec;
  const leftMs = (parseTime(pod.status?.startTime) ?? 0) + activeDeadlineSeconds * 1000 - now();
  if (leftMs > 0) {
    requeue(key, leftMs);
    return false;
  }
  writeStatus(api, pod, deadlineStatus(pod, now()));
  events.record(pod, 'Normal', 'DeadlineExceeded', deadlineMessage);
  return true;
}
