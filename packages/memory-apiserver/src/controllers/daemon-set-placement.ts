import { backOffFailedPod } from './daemon-set-backoff.js';
import { bySeniority, podFor } from './daemon-set-pods.js';
import type { DaemonNode, DaemonSetView } from './daemon-set-view.js';
import type { Pod } from './kinds.js';
import { keyOf } from './keys.js';
import { createPod, deletePod, isReady, isTerminating } from './pods.js';

/** What is to be done about the pods of a set. */
export interface Steps {
  /** Names of nodes that are to have a pod. */
  readonly create: string[];
  readonly delete: Pod[];
}

/** Does the steps; answers whether there were any. */
export function take({ create, delete: surplus }: Steps, { set, hash, context }: DaemonSetView): boolean {
  for (const node of create) createPod(context, set, podFor(set, node, hash));
  for (const pod of surplus) deletePod(context, set, pod);
  return create.length + surplus.length > 0;
}

/** One pod on each node that should have one, or two while one takes over from the other (upstream: `manage`). */
export function placement(view: DaemonSetView): Steps {
  const steps: Steps = { create: [], delete: [] };
  for (const node of view.nodes) {
    if (!node.isThere) {
      // Nobody else deletes pods that were never on a node.
      steps.delete.push(...node.pods.filter(({ spec }) => (spec.nodeName ?? '') === ''));
    } else if (node.shouldRun && node.pods.length === 0) {
      steps.create.push(node.name);
    } else if (!node.mayStay) {
      steps.delete.push(...node.pods.filter((pod) => !isTerminating(pod)));
    } else {
      tidyUp(node, view, steps);
    }
  }
  return steps;
}

/** Pods that have ended go, and those that are too many. */
function tidyUp(node: DaemonNode, view: DaemonSetView, steps: Steps): void {
  const running: Pod[] = [];
  for (const pod of node.pods) {
    if (isTerminating(pod)) continue;
    if (pod.status?.phase === 'Failed') removeFailed(pod, node.name, view, steps);
    else if (pod.status?.phase === 'Succeeded') removeSucceeded(pod, node.name, view, steps);
    else running.push(pod);
  }
  if (view.allowsSurge && running.length === 0 && node.shouldRun) steps.create.push(node.name);
  if (running.length <= 1) return;
  if (view.allowsSurge) steps.delete.push(...surplusInSurge(running, view));
  else steps.delete.push(...bySeniority(running).slice(1));
}

/** One pod of each template may be there, until the new one is available or the old one isn't ready any more. */
function surplusInSurge(running: readonly Pod[], view: DaemonSetView): Pod[] {
  const pods = bySeniority(running);
  const newest = pods.find((pod) => view.isUpdated(pod));
  const oldest = pods.find((pod) => !view.isUpdated(pod));
  const surplus = pods.filter((pod) => pod !== newest && pod !== oldest);
  if (newest !== undefined && oldest !== undefined && (!isReady(oldest) || view.isAvailable(newest)))
    surplus.push(oldest);
  return surplus;
}

function removeFailed(pod: Pod, node: string, { set, context }: DaemonSetView, steps: Steps): void {
  const wait = backOffFailedPod(set, node, context);
  if (wait > 0) {
    context.requeue(keyOf(set), wait);
    return;
  }
  const which = `${pod.metadata.namespace ?? ''}/${pod.metadata.name} on node ${node}`;
  const message = `Found failed daemon pod ${which}, will try to kill it`;
  context.events.record(set, 'Warning', 'FailedDaemonPod', message);
  steps.delete.push(pod);
}

function removeSucceeded(pod: Pod, node: string, { set, context }: DaemonSetView, steps: Steps): void {
  const which = `${pod.metadata.namespace ?? ''}/${pod.metadata.name} on node ${node}`;
  const message = `Found succeeded daemon pod ${which}, will try to delete it`;
  context.events.record(set, 'Normal', 'SucceededDaemonPod', message);
  steps.delete.push(pod);
}
