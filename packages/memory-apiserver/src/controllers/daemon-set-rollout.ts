import type { Steps } from './daemon-set-placement.js';
import type { DaemonNode, DaemonSetView } from './daemon-set-view.js';
import type { Pod } from './kinds.js';
import { isTerminating } from './pods.js';

/** The pods of the former and the present template on one node. */
interface Pair {
  readonly node: DaemonNode;
  readonly old?: Pod;
  readonly updated?: Pod;
}

/**
 * The next steps from the former template to the present one (upstream: `rollingUpdate`). To be asked for only when
 * the placement of pods leaves nothing to do.
 */
export function rollout(view: DaemonSetView): Steps {
  const pairs = view.nodes
    .filter(({ shouldRun, pods }) => shouldRun || pods.length > 0)
    .map((node) => pairOn(node, view));
  return view.maxSurge > 0 ? surge(pairs, view) : replace(pairs, view);
}

/** Undefined if there are several of one template: that is for the placement to put right. */
function pairOn(node: DaemonNode, view: DaemonSetView): Pair | undefined {
  const living = node.pods.filter((pod) => !isTerminating(pod));
  const updated = living.filter((pod) => view.isUpdated(pod));
  const old = living.filter((pod) => !view.isUpdated(pod));
  if (updated.length > 1 || old.length > 1) return undefined;
  return {
    node,
    ...(old[0] === undefined ? {} : { old: old[0] }),
    ...(updated[0] === undefined ? {} : { updated: updated[0] }),
  };
}

/** Old pods go as long as no more than `maxUnavailable` nodes are without an available one. */
function replace(pairs: readonly (Pair | undefined)[], view: DaemonSetView): Steps {
  const { maxUnavailable } = view;
  const down: Pod[] = [];
  const candidates: Pod[] = [];
  let unavailable = 0;
  for (const pair of pairs) {
    const { old, updated } = pair ?? {};
    if ((old === undefined) === (updated === undefined)) unavailable += 1;
    else if (updated !== undefined) unavailable += view.isAvailable(updated) ? 0 : 1;
    else if (old !== undefined && view.isAvailable(old)) candidates.push(old);
    else if (old !== undefined) {
      down.push(old);
      unavailable += 1;
    }
  }
  return { create: [], delete: [...down, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))] };
}

/** New pods come beside old ones, on at most `maxSurge` nodes at a time where the old one is available. */
function surge(pairs: readonly (Pair | undefined)[], view: DaemonSetView): Steps {
  const atOnce: string[] = [];
  const candidates: string[] = [];
  const surplus: Pod[] = [];
  /** Available pods on nodes that don't suit any more: these go when there are enough elsewhere. */
  const misplaced: Pod[] = [];
  let surging = 0;
  let available = 0;
  for (const pair of pairs) {
    if (pair === undefined) {
      surging += 1;
      continue;
    }
    const { node, old, updated } = pair;
    const counted = old ?? updated;
    if (counted !== undefined && view.isAvailable(counted)) available += 1;
    if (old === undefined) continue;
    if (updated !== undefined) {
      if (view.isAvailable(updated)) surplus.push(old);
      else surging += 1;
    } else if (view.isAvailable(old)) {
      if (node.shouldRun) candidates.push(node.name);
      else misplaced.push(old);
    } else if (node.shouldRun) {
      atOnce.push(node.name);
    } else {
      surplus.push(old);
    }
  }
  surplus.push(...misplaced.slice(0, Math.max(0, available - view.desired)));
  return {
    create: [...atOnce, ...candidates.slice(0, Math.max(0, view.maxSurge - surging))],
    delete: surplus,
  };
}
