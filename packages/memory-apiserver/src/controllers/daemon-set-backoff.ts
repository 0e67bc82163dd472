import type { ClusterApi } from '../registry/api.js';
import type { ControllerContext } from './controller.js';
import type { DaemonSet } from './kinds.js';

const firstMs = 1000;
const longestMs = 15 * 60_000;

interface Attempt {
  /** When a failed pod was last removed. */
  at: number;
  delayMs: number;
}

/** By set, its generation and node; a cluster has one only after a daemon pod has failed. */
const attempts = new WeakMap<ClusterApi, Map<string, Attempt>>();

/**
 * Milliseconds until a failed pod of the set may be replaced on the node: not at once each time, as the kubelet may
 * refuse every one. 0 counts as an attempt, after which it takes twice as long (client-go `flowcontrol.Backoff`).
 */
export function backOffFailedPod(set: DaemonSet, node: string, { cluster, now }: ControllerContext): number {
  let own = attempts.get(cluster.api);
  if (own === undefined) attempts.set(cluster.api, (own = new Map<string, Attempt>()));
  const time = now();
  for (const [key, { at }] of own) if (time - at > 2 * longestMs) own.delete(key);
  const key = `${set.metadata.uid ?? ''}/${set.metadata.generation ?? 0}/${node}`;
  const former = own.get(key);
  if (former !== undefined && time - former.at < former.delayMs) return former.at + former.delayMs - time;
  own.set(key, {
    at: time,
    delayMs: former === undefined ? firstMs : Math.min(former.delayMs * 2, longestMs),
  });
  return 0;
}
