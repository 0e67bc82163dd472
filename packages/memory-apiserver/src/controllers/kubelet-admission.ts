import type { ClusterApi } from '../registry/api.js';
import { conditionOf } from './conditions.js';
import type { Node, Pod, Taint } from './kinds.js';
import { hostPorts, lackingResources, matchesNodeAffinity, requestsOf, tolerates } from './node-fit.js';
import { isFinished } from './pods.js';
import { amountOf } from './quantity.js';
import { emptyCandidate, occupy } from './scheduling-view.js';

/** Why a kubelet doesn't take a pod. */
export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

/** Reasons for what every node has; others are `Insufficient<resource>`. */
const outOf: Readonly<Record<string, string>> = {
  cpu: 'OutOfcpu',
  memory: 'OutOfmemory',
  'ephemeral-storage': 'OutOfephemeral-storage',
  pods: 'OutOfpods',
};

const predicate = (name: string, description: string): Rejection => ({
  reason: name,
  message: `Predicate ${name} failed: ${description}`,
});

const repels = (pod: Pod, taint: Taint): boolean =>
  taint.effect === 'NoExecute' && !tolerates(pod.spec.tolerations, taint);

/**
 * Whether the node can't take a pod that names it (pkg/kubelet/lifecycle/predicate.go). One that a scheduler has
 * bound has been looked at already.
 */
export function rejectionOf(pod: Pod, node: Node, api: ClusterApi): Rejection | undefined {
  if (conditionOf(pod.status?.conditions, 'PodScheduled') !== undefined) return undefined;
  const candidate = emptyCandidate(node);
  const fieldSelector = `spec.nodeName=${node.metadata.name}`;
  for (const other of api.list('pods', { fieldSelector }) as Pod[]) {
    // Others that have come at the same time are taken or refused after this one.
    const isTaken =
      other.status?.startTime !== undefined || conditionOf(other.status?.conditions, 'PodScheduled');
    if (other.metadata.uid !== pod.metadata.uid && isTaken && !isFinished(other)) occupy(candidate, other);
  }
  const wanted = requestsOf(pod);
  const allocatable = node.status?.allocatable ?? node.status?.capacity ?? {};
  const known = (name: string): boolean => name in outOf || name in allocatable;
  const lack = lackingResources(wanted, candidate.used, node).find(({ name }) => known(name));
  if (lack !== undefined) {
    const { name } = lack;
    const count = (amount: number): number => Math.round(name === 'cpu' ? amount * 1000 : amount);
    const requested = count(wanted.get(name) ?? 0);
    const used = count(candidate.used.get(name) ?? 0);
    const message = `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${count(amountOf(allocatable[name]))}`;
    return { reason: outOf[name] ?? `Insufficient${name}`, message };
  }
  if (!matchesNodeAffinity(pod, node))
    return predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
  if (hostPorts(pod).some((port) => candidate.ports.has(port)))
    return predicate('NodePorts', "node(s) didn't have free ports for the requested pod ports");
  if ((node.spec?.taints ?? []).some((taint) => repels(pod, taint)))
    return predicate('TaintToleration', "node(s) had taints that the pod didn't tolerate");
  return undefined;
}
