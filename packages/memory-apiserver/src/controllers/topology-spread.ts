import type { Node, Pod, TopologySpreadConstraint } from './kinds.js';
import { matchesLabels, matchesSelector } from './label-selector.js';
import { matchesNodeAffinity, untoleratedTaint } from './node-fit.js';
import { domainOf, type SchedulingView } from './scheduling-view.js';

/** Spreading pods over a topology (upstream: pkg/scheduler/framework/plugins/podtopologyspread). */

const unmet = "node(s) didn't match pod topology spread constraints";

const selects = (
  { labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint,
  pod: Pod,
  other: Pod,
): boolean => {
  const same = matchLabelKeys.flatMap((key) => {
    const value = pod.metadata.labels?.[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  return (
    labelSelector !== undefined &&
    other.metadata.namespace === pod.metadata.namespace &&
    other.metadata.deletionTimestamp === undefined &&
    matchesSelector(labelSelector, other.metadata.labels) &&
    matchesLabels(Object.fromEntries(same), other.metadata.labels)
  );
};

/** Whether the node counts for the constraint. */
const counts = (constraint: TopologySpreadConstraint, pod: Pod, node: Node): boolean =>
  domainOf(node, constraint.topologyKey) !== undefined &&
  (constraint.nodeAffinityPolicy === 'Ignore' || matchesNodeAffinity(pod, node)) &&
  (constraint.nodeTaintsPolicy !== 'Honor' || untoleratedTaint(pod, node) === undefined);

/** Matching pods by domain, of the nodes that count. */
function perDomain(
  constraint: TopologySpreadConstraint,
  pod: Pod,
  { candidates }: SchedulingView,
): Map<string, number> {
  const result = new Map<string, number>();
  for (const { node, pods } of candidates) {
    const domain = domainOf(node, constraint.topologyKey);
    if (domain === undefined || !counts(constraint, pod, node)) continue;
    const matching = pods.filter((other) => selects(constraint, pod, other)).length;
    result.set(domain, (result.get(domain) ?? 0) + matching);
  }
  return result;
}

/** Why a constraint that must be met keeps the pod off the node; undefined if none does. */
export function spreadObstacle(view: SchedulingView, pod: Pod, node: Node): string | undefined {
  for (const constraint of pod.spec.topologySpreadConstraints ?? []) {
    if (constraint.whenUnsatisfiable !== 'DoNotSchedule') continue;
    const domain = domainOf(node, constraint.topologyKey);
    if (domain === undefined) return `${unmet} (missing required label)`;
    const numbers = perDomain(constraint, pod, view);
    const isFewDomains = numbers.size < (constraint.minDomains ?? 1);
    const least = isFewDomains ? 0 : Math.min(...numbers.values());
    const self = selects(constraint, pod, pod) ? 1 : 0;
    if ((numbers.get(domain) ?? 0) + self - least > constraint.maxSkew) return unmet;
  }
  return undefined;
}

/** How many matching pods the constraints that are only wished for find beside the node: fewer is better. */
export function crowding(view: SchedulingView, pod: Pod, node: Node): number {
  let total = 0;
  for (const constraint of pod.spec.topologySpreadConstraints ?? []) {
    if (constraint.whenUnsatisfiable !== 'ScheduleAnyway') continue;
    const domain = domainOf(node, constraint.topologyKey);
    total += domain === undefined ? 0 : (perDomain(constraint, pod, view).get(domain) ?? 0);
  }
  return total;
}
