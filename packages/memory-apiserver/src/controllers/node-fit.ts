import { matchesLabels, matchesRequirement, matchesSelector } from './label-selector.js';
import type { Node, NodeSelectorTerm, Pod, PodAffinityTerm, Taint, Toleration } from './kinds.js';
import { amountOf } from './quantity.js';

/** What a scheduler asks of a node, free of effects. Upstream: pkg/scheduler/framework/plugins. */

/** Sums of requests by resource name; `pods` counts the pods. */
export type Amounts = Map<string, number>;

export function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some(
    ({ key, operator, value, effect }) =>
      (effect === undefined || effect === '' || effect === taint.effect) &&
      (key === undefined || key === '' ? operator === 'Exists' : key === taint.key) &&
      (operator === 'Exists' || (value ?? '') === (taint.value ?? '')),
  );
}

const repels = ({ effect }: Taint): boolean => effect === 'NoSchedule' || effect === 'NoExecute';

/** The first taint that keeps the pod off the node. */
export const untoleratedTaint = (pod: Pod, node: Node): Taint | undefined =>
  (node.spec?.taints ?? []).find((taint) => repels(taint) && !tolerates(pod.spec.tolerations, taint));

function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  // A term without requirements selects nothing.
  if (matchExpressions.length + matchFields.length === 0) return false;
  const fields = { 'metadata.name': node.metadata.name };
  return (
    matchExpressions.every((requirement) => matchesRequirement(requirement, node.metadata.labels)) &&
    matchFields.every((requirement) => matchesRequirement(requirement, fields))
  );
}

/** `spec.nodeSelector` and the required node affinity. */
export function matchesNodeAffinity(pod: Pod, node: Node): boolean {
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return (
    matchesLabels(pod.spec.nodeSelector ?? {}, node.metadata.labels) &&
    (required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node)))
  );
}

/** What a pod asks of its node: the larger of the containers' sum and each init container, and one pod. */
export function requestsOf({ spec }: Pod): Amounts {
  const amounts: Amounts = new Map([['pods', 1]]);
  for (const { resources } of spec.containers) add(amounts, Object.entries(resources?.requests ?? {}));
  for (const { resources } of spec.initContainers ?? []) {
    for (const [name, amount] of Object.entries(resources?.requests ?? {})) {
      amounts.set(name, Math.max(amounts.get(name) ?? 0, amountOf(amount)));
    }
  }
  return amounts;
}

function add(amounts: Amounts, more: readonly (readonly [string, string])[]): void {
  for (const [name, amount] of more) amounts.set(name, (amounts.get(name) ?? 0) + amountOf(amount));
}

/** The first resource of which the node has too little; resources it says nothing of count as none. */
export function lackingResource(wanted: Amounts, used: Amounts, node: Node): string | undefined {
  const allocatable = node.status?.allocatable ?? node.status?.capacity;
  if (allocatable === undefined) return undefined;
  for (const [name, amount] of wanted) {
    if (amount === 0 || (name === 'pods' && allocatable['pods'] === undefined)) continue;
    // Ten significant digits: sums of decimal fractions must not fail by a rounding error.
    const total = Number(((used.get(name) ?? 0) + amount).toPrecision(10));
    if (total > amountOf(allocatable[name])) return name;
  }
  return undefined;
}

/** `hostPort`s of a pod as `protocol/port`. */
export const hostPorts = ({ spec }: Pod): string[] =>
  spec.containers.flatMap(({ ports = [] }) =>
    ports
      .filter(({ hostPort }) => hostPort !== undefined && hostPort > 0)
      .map(({ hostPort, protocol }) => `${protocol ?? 'TCP'}/${hostPort}`),
  );

/** True if `other`, in namespace and labels, is one of those the term speaks of. */
export const isMeant = (term: PodAffinityTerm, pod: Pod, other: Pod): boolean =>
  (term.namespaces ?? [pod.metadata.namespace ?? '']).includes(other.metadata.namespace ?? '') &&
  term.labelSelector !== undefined &&
  matchesSelector(term.labelSelector, other.metadata.labels);
