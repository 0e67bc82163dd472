import { conditionOf } from './conditions.js';
import type { Controller, ControllerContext } from './controller.js';
import { steadyFraction } from './hash.js';
import type { Node } from './kinds.js';
import { writeStatus } from './status.js';
import { parseTime, timestamp } from './time.js';

export interface HeartbeatOptions {
  /** How often each node renews its Lease in `kube-node-lease`; 0 is never. A kubelet does every 10 s. @default 0 */
  leaseMs?: number;
  /** How often each node's conditions get a new `lastHeartbeatTime`; 0 is never. A kubelet does every 5 min. @default 0 */
  statusMs?: number;
}

const leases = 'leases.coordination.k8s.io';
const leaseNamespace = 'kube-node-lease';
/** What a kubelet sets (KubeletConfiguration `nodeLeaseDurationSeconds`). */
const leaseDurationSeconds = 40;

type Beat = 'lease' | 'status';

/**
 * Shows that nodes live: their Leases (k8s.io "Node heartbeats") and conditions. All nodes of a cluster beat
 * together, the clusters spread evenly over the interval. Costs nothing but memory of the last changes when off, which
 * is the default: each beat is a write that watchers see.
 */
export function nodeHeartbeatController({ leaseMs = 0, statusMs = 0 }: HeartbeatOptions = {}): Controller {
  const intervals: Readonly<Record<Beat, number>> = { lease: leaseMs, status: statusMs };
  const beats = (['lease', 'status'] as const).filter((beat) => intervals[beat] > 0);
  return {
    name: 'node-heartbeat',
    watches: beats.length === 0 ? [] : ['nodes'],
    timed: beats.length === 0 ? [] : ['nodes'],
    keysFor: ({ type }) => (type === 'ADDED' ? beats : []),
    reconcile(key, context) {
      const beat = key as Beat;
      const interval = intervals[beat];
      const now = context.now();
      // Not on time, but because a node has come: the others' turn is later.
      const dueMs = now - interval / 2;
      for (const node of context.api.list('nodes') as Node[]) {
        if (node.metadata.deletionTimestamp !== undefined || isSilent(node)) continue;
        if (beat === 'lease') renewLease(node, dueMs, context);
        else reportStatus(node, dueMs, context);
      }
      const offset = steadyFraction(`${context.cluster.uid}/${beat}`) * interval;
      if (context.api.count('nodes') > 0) context.requeue(key, interval - ((now - offset) % interval));
    },
  };
}

/** `Unknown` is what a node is whose kubelet isn't heard of. */
const isSilent = (node: Node): boolean => conditionOf(node.status?.conditions, 'Ready')?.status === 'Unknown';

function renewLease(
  { metadata: { name, uid = '' } }: Node,
  dueMs: number,
  { api, now }: ControllerContext,
): void {
  const renewTime = new Date(now()).toISOString().replace('Z', '000Z');
  const existing = api.find(leases, leaseNamespace, name);
  if (existing !== undefined) {
    const { spec } = existing as { spec?: { renewTime?: string } };
    if ((parseTime(spec?.renewTime) ?? 0) > dueMs) return;
    api.update({ ...existing, spec: { ...spec, renewTime } });
    return;
  }
  if (api.find('namespaces', undefined, leaseNamespace)?.metadata.deletionTimestamp !== undefined) return;
  api.create({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace: leaseNamespace,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }],
    },
    spec: { holderIdentity: name, leaseDurationSeconds, renewTime },
  });
}

function reportStatus(node: Node, dueMs: number, { api, now }: ControllerContext): void {
  const conditions = node.status?.conditions ?? [];
  const last = Math.max(0, ...conditions.map(({ lastHeartbeatTime }) => parseTime(lastHeartbeatTime) ?? 0));
  if (last > dueMs) return;
  const lastHeartbeatTime = timestamp(now());
  writeStatus(api, node, {
    ...node.status,
    conditions: conditions.map((condition) => ({ ...condition, lastHeartbeatTime })),
  });
}
