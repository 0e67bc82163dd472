import { scaled } from './int-or-percent.js';
import type { Deployment, ReplicaSet } from './kinds.js';

/** Arithmetic of rollouts, free of effects. Upstream: pkg/controller/deployment/util. */

export const isRolling = (deployment: Deployment): boolean => deployment.spec.strategy?.type !== 'Recreate';

export const desiredReplicas = (deployment: Deployment): number => deployment.spec.replicas ?? 1;

/** Pods by the sets' wishes. */
export const specReplicas = (sets: readonly ReplicaSet[]): number =>
  sets.reduce((sum, set) => sum + (set.spec.replicas ?? 1), 0);

export const availableReplicas = (sets: readonly ReplicaSet[]): number =>
  sets.reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0);

/** How many pods a rolling update may have beyond, and lack below, the wanted number (`ResolveFenceposts`). */
function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const { maxSurge: surge, maxUnavailable: unavailable } = deployment.spec.strategy?.rollingUpdate ?? {};
  const desired = desiredReplicas(deployment);
  const resolved = {
    surge: scaled(surge ?? '25%', desired, 'up'),
    unavailable: scaled(unavailable ?? '25%', desired, 'down'),
  };
  // Both zero would never make progress.
  return resolved.surge === 0 && resolved.unavailable === 0 ? { surge: 0, unavailable: 1 } : resolved;
}

export const maxSurge = (deployment: Deployment): number =>
  isRolling(deployment) ? fenceposts(deployment).surge : 0;

export function maxUnavailable(deployment: Deployment): number {
  const desired = desiredReplicas(deployment);
  if (!isRolling(deployment) || desired === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, desired);
}

/** How large the newest set may be now (`NewRSNewReplicas`). `all` includes it, if it is there already. */
export function newSetReplicas(deployment: Deployment, all: readonly ReplicaSet[], current: number): number {
  const desired = desiredReplicas(deployment);
  if (!isRolling(deployment)) return desired;
  const room = desired + maxSurge(deployment) - specReplicas(all);
  return room <= 0 ? current : current + Math.min(room, desired - current);
}

export interface Rescale {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

/** Which old sets shrink now: first their unhealthy pods go, then as many as availability allows. */
export function oldSetsToShrink(
  deployment: Deployment,
  newSet: ReplicaSet,
  old: readonly ReplicaSet[],
): Rescale[] {
  const all = [...old, newSet];
  const minAvailable = desiredReplicas(deployment) - maxUnavailable(deployment);
  const newUnavailable = (newSet.spec.replicas ?? 1) - (newSet.status?.availableReplicas ?? 0);
  let budget = specReplicas(all) - minAvailable - newUnavailable;
  if (specReplicas(old) === 0 || budget <= 0) return [];
  const sizes = new Map(old.map((set) => [set, set.spec.replicas ?? 1]));
  for (const [set, size] of sizes) {
    const unhealthy = size - (set.status?.availableReplicas ?? 0);
    const fewer = Math.min(budget, Math.max(0, unhealthy));
    sizes.set(set, size - fewer);
    budget -= fewer;
  }
  let spare = availableReplicas(all) - minAvailable;
  for (const [set, size] of sizes) {
    const fewer = Math.min(size, Math.max(0, spare));
    sizes.set(set, size - fewer);
    spare -= fewer;
  }
  return [...sizes]
    .filter(([set, size]) => size !== (set.spec.replicas ?? 1))
    .map(([set, replicas]) => ({ set, replicas }));
}

/** Spreads a changed total over all active sets in proportion to their size, in the middle of a rollout. */
export function proportionalSizes(
  deployment: Deployment,
  active: readonly ReplicaSet[],
  formerMax: (set: ReplicaSet) => number,
): Rescale[] {
  const desired = desiredReplicas(deployment);
  const allowed = desired > 0 ? desired + maxSurge(deployment) : 0;
  const toAdd = allowed - specReplicas(active);
  const largestFirst = [...active].sort((a, b) => (b.spec.replicas ?? 1) - (a.spec.replicas ?? 1));
  let added = 0;
  const sizes = largestFirst.map((set) => {
    const size = set.spec.replicas ?? 1;
    if (toAdd === 0) return { set, replicas: size };
    const wish = Math.round((size * allowed) / (formerMax(set) || allowed)) - size;
    const left = toAdd - added;
    const share = toAdd > 0 ? Math.min(Math.max(wish, 0), left) : Math.max(Math.min(wish, 0), left);
    added += share;
    return { set, replicas: size + share };
  });
  // What rounding left over goes to the largest.
  const [first, ...rest] = sizes;
  if (first === undefined || toAdd === 0) return sizes;
  return [{ set: first.set, replicas: Math.max(0, first.replicas + toAdd - added) }, ...rest];
}
