import { matchesLabels, matchesRequirement } from './label-selector.js';
import type { Node, NodeSelectorTerm, Pod, Taint, Toleration } from './kinds.js';
import { amountOf } from './quantity.js';

/** What a scheduler asks of a node, free of effects. Upstream: pkg/scheduler/framework/plugins. */

/** Sums of requests by resource name; `pods` counts the pods. */
export type Amounts = Map<string, number>;

/** The tolerations that let a pod bear the taint. */
export const tolerationsOf = (tolerations: readonly Toleration[] | undefined, taint: Taint): Toleration[] =>
  (tolerations ?? []).filter(
    ({ key, operator, value, effect }) =>
      (effect === undefined || effect === '' || effect === taint.effect) &&
      (key === undefined || key === '' ? operator === 'Exists' : key === taint.key) &&
      (operator === 'Exists' || (value ?? '') === (taint.value ?? '')),
  );

export const tolerates = (tolerations: readonly Toleration[] | undefined, taint: Taint): boolean =>
  tolerationsOf(tolerations, taint).length > 0;

const repels = ({ effect }: Taint): boolean => effect === 'NoSchedule' || effect === 'NoExecute';

/** The first taint that keeps the pod off the node. */
export const untoleratedTaint = (pod: Pod, node: Node): Taint | undefined =>
  (node.spec?.taints ?? []).find((taint) => repels(taint) && !tolerates(pod.spec.tolerations, taint));

export function matchesTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  node: Node,
): boolean {
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

/**
 * What a pod asks of its node: its containers and sidecars together, or what an init container needs beside the
 * sidecars that run before it if that is more; its overhead; and one pod (component-helpers `PodRequests`).
 */
export function requestsOf({ spec }: Pod): Amounts {
  const amounts: Amounts = new Map([['pods', 1]]);
  for (const { resources } of spec.containers) add(amounts, resources?.requests);
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const { resources, restartPolicy } of spec.initContainers ?? []) {
    const during: Amounts = new Map(sidecars);
    add(during, resources?.requests);
    raise(peak, during);
    if (restartPolicy === 'Always') add(sidecars, resources?.requests);
  }
  for (const [name, amount] of sidecars) amounts.set(name, (amounts.get(name) ?? 0) + amount);
  raise(amounts, peak);
  add(amounts, spec.overhead);
  return amounts;
}

function add(amounts: Amounts, more: Record<string, string> = {}): void {
  for (const [name, amount] of Object.entries(more))
    amounts.set(name, (amounts.get(name) ?? 0) + amountOf(amount));
}

/** Each amount becomes at least that of `floor`. */
function raise(amounts: Amounts, floor: Amounts): void {
  for (const [name, amount] of floor) amounts.set(name, Math.max(amounts.get(name) ?? 0, amount));
}

/** A resource of which a node has too little; `isHopeless` if it has too little even when empty. */
export interface Lack {
  readonly name: string;
  readonly isHopeless: boolean;
}

/** The resources of which the node has too little; those it says nothing of count as none. */
export function lackingResources(wanted: Amounts, used: Amounts, node: Node): Lack[] {
  const allocatable = node.status?.allocatable ?? node.status?.capacity;
  if (allocatable === undefined) return [];
  const lacks: Lack[] = [];
  for (const [name, amount] of wanted) {
    if (amount === 0 || (name === 'pods' && allocatable['pods'] === undefined)) continue;
    // Ten significant digits: sums of decimal fractions must not fail by a rounding error.
    const total = Number(((used.get(name) ?? 0) + amount).toPrecision(10));
    const available = amountOf(allocatable[name]);
    if (total > available) lacks.push({ name, isHopeless: amount > available });
  }
  return lacks;
}

/** `hostPort`s of a pod as `protocol/port`. */
export const hostPorts = ({ spec }: Pod): string[] =>
  spec.containers.flatMap(({ ports = [] }) =>
    ports
      .filter(({ hostPort }) => hostPort !== undefined && hostPort > 0)
      .map(({ hostPort, protocol }) => `${protocol ?? 'TCP'}/${hostPort}`),
  );
