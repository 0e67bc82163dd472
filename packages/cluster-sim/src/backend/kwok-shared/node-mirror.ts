import type { KubeObject } from '@scale-cluster/memory-apiserver';
import {
  customStatus,
  customStatusAnnotation,
  fieldsPatch,
  metadataPatch,
  mirrorMetadata,
  type MirrorMetadata,
  type MirrorOwner,
} from './mirror-metadata.js';

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastHeartbeatTime?: string;
  lastTransitionTime?: string;
}

interface NodeStatus {
  conditions?: Condition[];
  [field: string]: unknown;
}

/** By which KWOK knows the nodes that it runs, and people the kind of node. */
const kwokNodeAnnotation = 'kwok.x-k8s.io/node';
const typeLabel = 'type';

const statusOf = (node: KubeObject): NodeStatus => (node['status'] ?? {}) as NodeStatus;
const isReady = (node: KubeObject): boolean =>
  statusOf(node).conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

function metadataOf(owner: MirrorOwner, node: KubeObject): MirrorMetadata {
  const { labels, annotations } = mirrorMetadata(owner, node);
  return {
    labels: { ...labels, [typeLabel]: 'kwok' },
    annotations: { ...annotations, [kwokNodeAnnotation]: 'fake' },
  };
}

/**
 * Of a node's spec what counts in the main cluster. Not its podCIDR: all clusters have the same ones, and KWOK gives
 * pods addresses by it.
 */
const specOf = ({ spec = {} }: KubeObject): Record<string, unknown> => ({
  taints: (spec as Record<string, unknown>)['taints'],
  unschedulable: (spec as Record<string, unknown>)['unschedulable'],
});

/** What a node has of its own; its conditions are KWOK's. */
const figures = ['capacity', 'allocatable', 'addresses', 'nodeInfo'] as const;

/** The node of the main cluster that stands for a new node. One that isn't ready stays so: KWOK would make it ready. */
export function newNodeMirror(owner: MirrorOwner, name: string, node: KubeObject): KubeObject {
  const { labels, annotations } = metadataOf(owner, node);
  const keepsStatus = statusOf(node).conditions !== undefined && !isReady(node);
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels,
      annotations: { ...annotations, ...(keepsStatus ? { [customStatusAnnotation]: customStatus } : {}) },
    },
    spec: Object.fromEntries(Object.entries(specOf(node)).filter(([, value]) => value !== undefined)),
    // A phase is what KWOK's heartbeats ask for.
    status: { ...statusOf(node), phase: 'Running' },
  };
}

/** Merge patch of metadata and spec that makes the mirror equal to the node. */
export function nodePatch(owner: MirrorOwner, node: KubeObject, mirror: KubeObject): object | undefined {
  const metadata = metadataPatch(mirror.metadata, metadataOf(owner, node));
  const spec = fieldsPatch(mirror['spec'] as Record<string, unknown>, specOf(node));
  if (metadata === undefined && spec === undefined) return undefined;
  return { ...(metadata === undefined ? {} : { metadata }), ...(spec === undefined ? {} : { spec }) };
}

/** Merge patch of the mirror's status: capacity and what else the node has of its own. */
export function nodeStatusPatch(node: KubeObject, mirror: KubeObject): object | undefined {
  const status = statusOf(node);
  const wished = figures
    .filter((field) => status[field] !== undefined)
    .map((field) => [field, status[field]]);
  const changed = fieldsPatch(statusOf(mirror), Object.fromEntries(wished) as Record<string, unknown>);
  return changed === undefined ? undefined : { status: changed };
}

/**
 * The status that the node has to get from its mirror, undefined if it has it. Heartbeats alone are no reason to write:
 * each change of a node makes Rancher write.
 */
export function nodeStatusFrom(mirror: KubeObject, node: KubeObject): NodeStatus | undefined {
  const seen = statusOf(mirror).conditions ?? [];
  const former = new Map((statusOf(node).conditions ?? []).map((one) => [one.type, one]));
  if (seen.length === 0) return undefined;
  const isSame = (one: Condition): boolean => {
    const other = former.get(one.type);
    return other?.status === one.status && other.reason === one.reason && other.message === one.message;
  };
  if (seen.length === former.size && seen.every(isSame)) return undefined;
  const conditions = seen.map((one) => {
    const other = former.get(one.type);
    // KWOK's heartbeats put the node's birth here.
    const since = other?.status === one.status ? other.lastTransitionTime : one.lastTransitionTime;
    return since === undefined ? one : { ...one, lastTransitionTime: since };
  });
  return { ...statusOf(node), conditions };
}
