import type { Node, Pod } from './kinds.js';
import {
  hostPorts,
  lackingResources,
  matchesNodeAffinity,
  tolerates,
  untoleratedTaint,
  type Amounts,
} from './node-fit.js';
import { isMeant, podsInDomain, type Candidate, type SchedulingView } from './scheduling-view.js';
import { spreadObstacle } from './topology-spread.js';

/** Why a pod can't go to a node, in upstream's words, and whether the absence of other pods would help. */
export interface Obstacle {
  readonly reasons: readonly string[];
  readonly yieldsToPreemption: boolean;
}

const never = (reason: string): Obstacle => ({ reasons: [reason], yieldsToPreemption: false });
const now = (reason: string): Obstacle => ({ reasons: [reason], yieldsToPreemption: true });

const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** The first filter that the pod fails at on the node, in upstream's order (pkg/scheduler/framework/plugins). */
export function obstacleTo(
  view: SchedulingView,
  pod: Pod,
  wanted: Amounts,
  candidate: Candidate,
): Obstacle | undefined {
  const { node, used, ports } = candidate;
  if (node.spec?.unschedulable === true && !tolerates(pod.spec.tolerations, cordon))
    return never('node(s) were unschedulable');
  if (untoleratedTaint(pod, node) !== undefined) return never('node(s) had untolerated taint(s)');
  if (!matchesNodeAffinity(pod, node)) return never("node(s) didn't match Pod's node affinity/selector");
  if (hostPorts(pod).some((port) => ports.has(port)))
    return now("node(s) didn't have free ports for the requested pod ports");
  const lacks = lackingResources(wanted, used, node);
  if (lacks.length > 0) {
    return {
      reasons: lacks.map(({ name }) => (name === 'pods' ? 'Too many pods' : `Insufficient ${name}`)),
      yieldsToPreemption: !lacks.some(({ isHopeless }) => isHopeless),
    };
  }
  const spread = spreadObstacle(view, pod, node);
  if (spread !== undefined) return spread.endsWith(')') ? never(spread) : now(spread);
  return affinityObstacle(view, pod, node);
}

/** Upstream's pkg/scheduler/framework/plugins/interpodaffinity. */
function affinityObstacle(view: SchedulingView, pod: Pod, node: Node): Obstacle | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  for (const term of podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
    const isHere = podsInDomain(view, node, term.topologyKey).some((other) =>
      isMeant(view, term, pod, other),
    );
    // The first of a group that wants to be together may go anywhere.
    const isFirst =
      node.metadata.labels?.[term.topologyKey] !== undefined &&
      isMeant(view, term, pod, pod) &&
      !view.candidates.some(({ pods }) => pods.some((other) => isMeant(view, term, pod, other)));
    if (!isHere && !isFirst) return never("node(s) didn't match pod affinity rules");
  }
  for (const term of podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
    if (podsInDomain(view, node, term.topologyKey).some((other) => isMeant(view, term, pod, other)))
      return now("node(s) didn't match pod anti-affinity rules");
  }
  return isShunned(view, pod, node)
    ? now("node(s) didn't satisfy existing pods anti-affinity rules")
    : undefined;
}

/** True if a pod that is there wants to be without ones like this. */
function isShunned(view: SchedulingView, pod: Pod, node: Node): boolean {
  return view.candidates.some(({ node: otherNode, pods }) =>
    pods.some((other) =>
      (other.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).some(
        (term) => {
          const domain = otherNode.metadata.labels?.[term.topologyKey];
          return (
            domain !== undefined &&
            domain === node.metadata.labels?.[term.topologyKey] &&
            isMeant(view, term, other, pod)
          );
        },
      ),
    ),
  );
}
