import { isApiError } from '../errors.js';
import { isTrue } from './conditions.js';
import type { Controller, ControllerContext } from './controller.js';
import { steadyFraction } from './hash.js';
import type { Node, Pod } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { controllerOf } from './ownership.js';
import { nextPodIp } from './pod-ip.js';
import { creatingStatus, finishedStatus, runningStatus } from './pod-status.js';
import { isFinished } from './pods.js';
import { writeStatus } from './status.js';
import { parseTime } from './time.js';

export interface KubeletOptions {
  /** From the start of a pod until its containers run: between this and twice this. @default 1000 */
  startMs?: number;
  /** From then until a Job's pod has succeeded: between this and twice this. @default 1000 */
  completeMs?: number;
}

/** A pod whose node isn't there yet is looked at again when one comes, and after this long in any case. */
const missingNodeRetryMs = 60_000;

/**
 * Lives the pods' lives on all nodes: containers are created, run, and succeed if a Job owns the pod; deletion is
 * carried out at once. Upstream's counterpart: pkg/kubelet; the timing is ours.
 */
export function kubeletController({ startMs = 1000, completeMs = 1000 }: KubeletOptions = {}): Controller {
  return {
    name: 'kubelet',
    watches: ['pods', 'nodes'],
    keysFor({ type, storage, object, waiting }) {
      if (storage === 'nodes') return type === 'ADDED' ? waiting() : [];
      const pod = object as Pod;
      return type !== 'DELETED' && needsAttention(pod) ? [keyOf(pod)] : [];
    },
    reconcile(key, context) {
      const { namespace, name } = splitKey(key);
      const pod = context.api.find('pods', namespace, name) as Pod | undefined;
      if (pod !== undefined && needsAttention(pod)) live(pod, key, { startMs, completeMs }, context);
    },
  };
}

/** Settled pods, which nearly all are nearly always, are passed over without reading them. */
function needsAttention(pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return pod.metadata.deletionGracePeriodSeconds !== 0;
  if (pod.spec.nodeName === undefined || isFinished(pod)) return false;
  if (pod.status?.phase !== 'Running' || completes(pod) || pod.status.containerStatuses === undefined)
    return true;
  return pod.spec.readinessGates !== undefined && !isTrue(pod.status.conditions, 'Ready');
}

/** Jobs' pods are the ones that come to an end by themselves. */
const completes = (pod: Pod): boolean =>
  pod.spec.restartPolicy !== 'Always' && controllerOf(pod)?.kind === 'Job';

function live(pod: Pod, key: string, delays: Required<KubeletOptions>, context: ControllerContext): void {
  const { api, now, events } = context;
  const { namespace, name, uid = '' } = pod.metadata;
  if (pod.metadata.deletionTimestamp !== undefined) {
    try {
      api.delete('pods', namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
    }
    return;
  }
  const node = api.find('nodes', undefined, pod.spec.nodeName ?? '') as Node | undefined;
  if (node === undefined) {
    context.requeue(key, missingNodeRetryMs);
    return;
  }
  const jitter = 1 + steadyFraction(key);
  const status = pod.status ?? {};
  if (status.startTime === undefined) {
    writeStatus(api, pod, creatingStatus(pod, node, now()));
    return;
  }
  if (status.phase !== 'Running') {
    const dueInMs = (parseTime(status.startTime) ?? 0) + delays.startMs * jitter - now();
    if (dueInMs > 0) {
      context.requeue(key, dueInMs);
      return;
    }
    const ip =
      status.podIP ?? (pod.spec.hostNetwork === true ? undefined : nextPodIp(context.cluster.api, node));
    writeStatus(api, pod, runningStatus(pod, node, ip, now()));
    for (const container of pod.spec.containers) {
      events.record(pod, 'Normal', 'Started', `Started container ${container.name}`);
    }
    return;
  }
  if (completes(pod)) {
    const started =
      parseTime(status.containerStatuses?.[0]?.state.running?.startedAt) ?? parseTime(status.startTime);
    const dueInMs = (started ?? 0) + delays.completeMs * jitter - now();
    if (dueInMs > 0) context.requeue(key, dueInMs);
    else writeStatus(api, pod, finishedStatus(pod, now()));
    return;
  }
  // Running, but waiting for a readiness gate that someone else opens.
  writeStatus(api, pod, runningStatus(pod, node, status.podIP, now()));
}
