import { createHash } from 'node:crypto';
import type { KubeObject } from '@scale-cluster/memory-apiserver';

/** Labels of everything in the main cluster that belongs to a logical cluster; the first is the cluster's uid. */
export const clusterIdLabel = 'cluster-id';
export const logicalClusterLabel = 'logical-cluster';

/** Annotations by which a mirror is known: the object of the logical cluster that it stands for. */
export const namespaceAnnotation = 'scale-cluster-agent.io/namespace';
export const nameAnnotation = 'scale-cluster-agent.io/name';
export const uidAnnotation = 'scale-cluster-agent.io/uid';

/** What of a logical cluster has a counterpart in the main cluster. */
export type MirroredStorage = 'nodes' | 'pods';

/** One object of one logical cluster. */
export interface LogicalKey {
  /** Uid of the logical cluster. */
  readonly cluster: string;
  readonly storage: MirroredStorage;
  /** Empty for nodes. */
  readonly namespace: string;
  readonly name: string;
}

/** A key as text; its parts hold no slashes. */
export const keyText = ({ cluster, storage, namespace, name }: LogicalKey): string =>
  `${cluster}/${storage}/${namespace}/${name}`;

export const logicalKey = (cluster: string, storage: MirroredStorage, object: KubeObject): LogicalKey => ({
  cluster,
  storage,
  namespace: object.metadata.namespace ?? '',
  name: object.metadata.name,
});

/** The object that a mirror stands for; undefined if it isn't a mirror. */
export function keyOfMirror(storage: MirroredStorage, { metadata }: KubeObject): LogicalKey | undefined {
  const cluster = metadata.labels?.[clusterIdLabel];
  const name = metadata.annotations?.[nameAnnotation];
  if (cluster === undefined || name === undefined) return undefined;
  return { cluster, storage, namespace: metadata.annotations?.[namespaceAnnotation] ?? '', name };
}

/** The namespace of a logical cluster in the main cluster. */
export const namespaceName = (cluster: string): string => `cluster-${cluster}`;

/** Names of nodes and pods are DNS subdomains. */
const nameLimit = 253;

/**
 * `<namespace>.<name>`: a namespace holds no dot, so no two pods of a logical cluster get the same name. What is too
 * long ends in a hash.
 */
export const podName = (namespace: string, name: string): string => fitted(`${namespace}.${name}`);

/** `<cluster>-<node>`; a node that is named so already keeps its name. */
export const nodeName = (cluster: string, node: string): string =>
  fitted(node === cluster || node.startsWith(`${cluster}-`) ? node : `${cluster}-${node}`);

/** What a node is called whose {@link nodeName} another cluster's node has: `a`/`b-c` and `a-b`/`c` are both `a-b-c`. */
export const otherNodeName = (cluster: string, uid: string, node: string): string =>
  withHash(nodeName(cluster, node), `${uid}/${node}`);

const fitted = (name: string): string => (name.length <= nameLimit ? name : withHash(name, name));

function withHash(name: string, of: string): string {
  const hash = createHash('sha256').update(of).digest('hex').slice(0, 10);
  return `${name.slice(0, nameLimit - hash.length - 1).replace(/[^a-z0-9]+$/, '')}-${hash}`;
}
