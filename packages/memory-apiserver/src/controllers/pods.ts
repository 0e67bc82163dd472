import { isApiError } from '../errors.js';
import type { KubeObject } from '../object.js';
import { conditionOf } from './conditions.js';
import type { ControllerContext } from './controller.js';
import type { LabelSelector, Pod, PodTemplate } from './kinds.js';
import { matchesSelector } from './label-selector.js';
import { controllerRef } from './ownership.js';
import { parseTime } from './time.js';

/** How long controllers that read many pods gather their changes: short for people, long for a busy node. */
export const podGatherMs = 40;

export const isFinished = (pod: Pod): boolean =>
  pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** Counts as one of a workload's replicas. */
export const isActive = (pod: Pod): boolean => !isFinished(pod) && !isTerminating(pod);

export const isTerminating = (object: KubeObject): boolean => object.metadata.deletionTimestamp !== undefined;

export const isReady = (pod: Pod): boolean => conditionOf(pod.status?.conditions, 'Ready')?.status === 'True';

/** When the pod will have been ready for `minReadySeconds`; undefined if it isn't ready. */
function availableAt(pod: Pod, minReadySeconds: number): number | undefined {
  const ready = conditionOf(pod.status?.conditions, 'Ready');
  if (ready?.status !== 'True') return undefined;
  if (minReadySeconds === 0) return 0;
  return (parseTime(ready.lastTransitionTime) ?? 0) + minReadySeconds * 1000;
}

export const isAvailable = (pod: Pod, minReadySeconds: number, now: number): boolean =>
  (availableAt(pod, minReadySeconds) ?? Infinity) <= now;

/** Milliseconds until the next ready pod becomes available by time alone; undefined if none will. */
export function untilNextAvailable(
  pods: readonly Pod[],
  minReadySeconds: number,
  now: number,
): number | undefined {
  let soonest: number | undefined;
  for (const pod of pods) {
    const at = availableAt(pod, minReadySeconds);
    if (at !== undefined && at > now) soonest = Math.min(soonest ?? Infinity, at - now);
  }
  return soonest;
}

/**
 * Whether a workload would find the pods it creates. The API refuses others, but an object that came past it (out of
 * a journal) must not be filled with pods without end.
 */
export const selectsTemplate = (selector: LabelSelector, { metadata }: PodTemplate): boolean =>
  matchesSelector(selector, metadata?.labels);

/** A pod of the template, controlled by `owner` (`controller.GetPodFromTemplate`). */
export function podFromTemplate(template: PodTemplate, owner: KubeObject): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: `${owner.metadata.name}-`,
      ...(owner.metadata.namespace === undefined ? {} : { namespace: owner.metadata.namespace }),
      ...(labels === undefined ? {} : { labels: { ...labels } }),
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      ...(finalizers === undefined ? {} : { finalizers: [...finalizers] }),
      ownerReferences: [controllerRef(owner)],
    },
    spec: structuredClone(template.spec),
  };
}

/** Creates a workload's pod and says so in an Event; a refusal is told and thrown. */
export function createPod(context: ControllerContext, owner: KubeObject, pod: Pod): Pod {
  try {
    const created = context.api.create(pod) as Pod;
    context.events.record(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
    return created;
  } catch (error) {
    if (isApiError(error) && !isNamespaceTerminating(error)) {
      context.events.record(owner, 'Warning', 'FailedCreate', `Error creating: ${error.message}`);
    }
    throw error;
  }
}

/** True if something was refused only because its namespace is going away. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  isApiError(error, 'Forbidden') &&
  (error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true ||
    error.message.includes('is being terminated'));

/** Deletes a workload's pod and says so in an Event. A pod that is gone already is fine. */
export function deletePod(context: ControllerContext, owner: KubeObject, pod: Pod): void {
  const { namespace, name, uid } = pod.metadata;
  try {
    context.api.delete('pods', namespace, name, uid === undefined ? {} : { preconditions: { uid } });
    context.events.record(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  } catch (error) {
    if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
  }
}

/**
 * Orders a workload's pods by how gladly they are given up, the first one first
 * (`controller.ActivePodsWithRanks`): not scheduled, not running, not ready, cheap to delete, more neighbours of
 * the same workload on the node, ready for less long, younger.
 */
export function byExpendability(pods: readonly Pod[]): Pod[] {
  const neighbours = new Map<string, number>();
  for (const pod of pods) {
    const node = pod.spec.nodeName ?? '';
    neighbours.set(node, (neighbours.get(node) ?? 0) + 1);
  }
  const phases = ['Pending', 'Unknown', 'Running'];
  const rank = (pod: Pod): number[] => [
    pod.spec.nodeName === undefined || pod.spec.nodeName === '' ? 0 : 1,
    phases.indexOf(pod.status?.phase ?? 'Pending'),
    isReady(pod) ? 1 : 0,
    Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0),
    -(neighbours.get(pod.spec.nodeName ?? '') ?? 0),
    -(parseTime(conditionOf(pod.status?.conditions, 'Ready')?.lastTransitionTime) ?? 0),
    -(parseTime(pod.metadata.creationTimestamp) ?? 0),
  ];
  return pods
    .map((pod) => ({ pod, rank: rank(pod) }))
    .sort((a, b) => {
      for (let i = 0; i < a.rank.length; i++) {
        const difference = (a.rank[i] ?? 0) - (b.rank[i] ?? 0);
        if (difference !== 0) return difference;
      }
      return 0;
    })
    .map(({ pod }) => pod);
}
