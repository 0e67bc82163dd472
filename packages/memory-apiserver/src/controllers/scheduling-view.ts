import type { Node, Pod, PodAffinityTerm } from './kinds.js';
import { matchesSelector } from './label-selector.js';
import { hostPorts, requestsOf, type Amounts } from './node-fit.js';

/** A node with what is on it. */
export interface Candidate {
  readonly node: Node;
  readonly pods: Pod[];
  readonly used: Amounts;
  readonly ports: Set<string>;
}

export const emptyCandidate = (node: Node): Candidate => ({
  node,
  pods: [],
  used: new Map(),
  ports: new Set(),
});

/** Puts a pod on the node. */
export function occupy(candidate: Candidate, pod: Pod): void {
  candidate.pods.push(pod);
  for (const [name, amount] of requestsOf(pod))
    candidate.used.set(name, (candidate.used.get(name) ?? 0) + amount);
  for (const port of hostPorts(pod)) candidate.ports.add(port);
}

/** Takes a pod off the node again, if it is there. */
export function vacate(candidate: Candidate, pod: Pod): void {
  const index = candidate.pods.findIndex(({ metadata }) => metadata.uid === pod.metadata.uid);
  if (index < 0) return;
  candidate.pods.splice(index, 1);
  for (const [name, amount] of requestsOf(pod))
    candidate.used.set(name, (candidate.used.get(name) ?? 0) - amount);
  for (const port of hostPorts(pod)) candidate.ports.delete(port);
}

/** All nodes of a cluster while pods are placed. */
export interface SchedulingView {
  readonly candidates: readonly Candidate[];
  /** Labels of a namespace, for terms that select namespaces. */
  readonly namespaceLabels: (name: string) => Record<string, string> | undefined;
}

/** The node's part of the topology; undefined if the node isn't in any. */
export const domainOf = (node: Node, topologyKey: string): string | undefined =>
  node.metadata.labels?.[topologyKey];

/** The pods in the same part of the topology as the node. */
export function podsInDomain({ candidates }: SchedulingView, node: Node, topologyKey: string): Pod[] {
  const domain = domainOf(node, topologyKey);
  if (domain === undefined) return [];
  return candidates
    .filter((candidate) => domainOf(candidate.node, topologyKey) === domain)
    .flatMap(({ pods }) => pods);
}

/** True if `other`, in namespace and labels, is one of those that the pod's term speaks of. */
export function isMeant(view: SchedulingView, term: PodAffinityTerm, pod: Pod, other: Pod): boolean {
  if (term.labelSelector === undefined || !matchesSelector(term.labelSelector, other.metadata.labels))
    return false;
  const { namespace = '' } = other.metadata;
  if (term.namespaces?.includes(namespace) === true) return true;
  if (term.namespaceSelector !== undefined)
    return matchesSelector(term.namespaceSelector, view.namespaceLabels(namespace));
  return (term.namespaces ?? []).length === 0 && namespace === pod.metadata.namespace;
}
