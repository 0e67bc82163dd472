import type { Pod } from './kinds.js';
import type { Amounts } from './node-fit.js';
import { obstacleTo } from './scheduling-filters.js';
import { emptyCandidate, occupy, type Candidate, type SchedulingView } from './scheduling-view.js';

/** A node on which a pod would fit without some others. */
export interface PreemptionPlan {
  readonly candidate: Candidate;
  readonly victims: readonly Pod[];
}

const priorityOf = (pod: Pod): number => pod.spec.priority ?? 0;

/** Whether the pod may take others' places at all. */
export const mayPreempt = (pod: Pod): boolean => pod.spec.preemptionPolicy !== 'Never';

/**
 * The node where the pod can take the place of the least important pods of lower priority: the victims' highest
 * priority is as low as can be, then their sum, then their number (pkg/scheduler/framework/preemption). Undefined if
 * there is none. Disruption budgets don't hold it back.
 */
export function planPreemption(view: SchedulingView, pod: Pod, wanted: Amounts): PreemptionPlan | undefined {
  let best: { plan: PreemptionPlan; cost: readonly number[] } | undefined;
  for (const candidate of view.candidates) {
    const victims = victimsOn(view, pod, wanted, candidate);
    if (victims === undefined) continue;
    const priorities = victims.map(priorityOf);
    const cost = [Math.max(...priorities), priorities.reduce((sum, one) => sum + one, 0), victims.length];
    if (best === undefined || isLess(cost, best.cost)) best = { plan: { candidate, victims }, cost };
  }
  return best?.plan;
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const i = a.findIndex((value, at) => value !== b[at]);
  return i >= 0 && (a[i] ?? 0) < (b[i] ?? 0);
}

/** All pods of lower priority go, then as many of them as still find room come back, the most important first. */
function victimsOn(view: SchedulingView, pod: Pod, wanted: Amounts, candidate: Candidate): Pod[] | undefined {
  const lower = candidate.pods.filter((other) => priorityOf(other) < priorityOf(pod));
  if (lower.length === 0) return undefined;
  const kept = candidate.pods.filter((other) => !lower.includes(other));
  const fits = (pods: readonly Pod[]): boolean => {
    const tried = emptyCandidate(candidate.node);
    for (const other of pods) occupy(tried, other);
    const candidates = view.candidates.map((one) => (one === candidate ? tried : one));
    return obstacleTo({ ...view, candidates }, pod, wanted, tried) === undefined;
  };
  if (!fits(kept)) return undefined;
  const victims: Pod[] = [];
  for (const other of lower.sort((a, b) => priorityOf(b) - priorityOf(a))) {
    if (fits([...kept, other])) kept.push(other);
    else victims.push(other);
  }
  return victims;
}
