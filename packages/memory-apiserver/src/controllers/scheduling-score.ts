import type { Pod } from './kinds.js';
import { matchesTerm, tolerates } from './node-fit.js';
import { controllerOf } from './ownership.js';
import { isMeant, podsInDomain, type Candidate, type SchedulingView } from './scheduling-view.js';
import { crowding } from './topology-spread.js';

/**
 * The node that suits the pod best among those it fits on: by what it prefers, in upstream's weights of the plugins;
 * then the node with the fewest pods of the same controller, then with the fewest pods.
 */
export function bestCandidate(
  view: SchedulingView,
  pod: Pod,
  fitting: readonly Candidate[],
): Candidate | undefined {
  if (fitting.length < 2) return fitting[0];
  const wishes = [
    { weight: 3, points: fitting.map((one) => -unwelcome(pod, one)) },
    { weight: 2, points: fitting.map((one) => preferredNode(pod, one)) },
    { weight: 2, points: fitting.map((one) => company(view, pod, one)) },
    { weight: 2, points: fitting.map(({ node }) => -crowding(view, pod, node)) },
  ];
  const scores = fitting.map(() => 0);
  for (const { weight, points } of wishes) {
    const [least, most] = [Math.min(...points), Math.max(...points)];
    if (least === most) continue;
    points.forEach((value, i) => {
      scores[i] = (scores[i] ?? 0) + (weight * 100 * (value - least)) / (most - least);
    });
  }
  const owner = controllerOf(pod)?.uid;
  const siblings = fitting.map(({ pods }) =>
    owner === undefined ? 0 : pods.filter((other) => controllerOf(other)?.uid === owner).length,
  );
  let best = 0;
  for (let i = 1; i < fitting.length; i++) {
    const difference =
      (scores[i] ?? 0) - (scores[best] ?? 0) ||
      (siblings[best] ?? 0) - (siblings[i] ?? 0) ||
      (fitting[best]?.pods.length ?? 0) - (fitting[i]?.pods.length ?? 0);
    if (difference > 0) best = i;
  }
  return fitting[best];
}

/** Taints that only ask to stay away. */
const unwelcome = (pod: Pod, { node }: Candidate): number =>
  (node.spec?.taints ?? []).filter(
    (taint) => taint.effect === 'PreferNoSchedule' && !tolerates(pod.spec.tolerations, taint),
  ).length;

function preferredNode(pod: Pod, { node }: Candidate): number {
  const terms = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms.reduce((sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0), 0);
}

/** What the pod likes of the pods around the node, less what it dislikes. */
function company(view: SchedulingView, pod: Pod, { node }: Candidate): number {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  let total = 0;
  for (const [affinity, sign] of [
    [podAffinity, 1],
    [podAntiAffinity, -1],
  ] as const) {
    for (const {
      weight,
      podAffinityTerm: term,
    } of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      const met = podsInDomain(view, node, term.topologyKey).filter((other) =>
        isMeant(view, term, pod, other),
      );
      total += sign * weight * met.length;
    }
  }
  return total;
}
