import type { KubeObject } from '@scale-cluster/memory-apiserver';
import type { Settings } from '../settings/schema.js';

/** On everything that churn has made, so that it can be told from the rest and found again. */
export const churnLabel = 'scale-cluster-agent.io/churn';

export const churnNames = ['pods', 'namespaces', 'rbac', 'events'] as const;
export type ChurnName = (typeof churnNames)[number];

/** One thing that comes and goes in clusters. */
export interface ChurnKind {
  storage: string;
  namespace: string | undefined;
  /** Objects of it that a cluster has at most. */
  most: number;
  make(name: string, now: number): KubeObject;
}

const labels = { [churnLabel]: 'true' };
const namespace = 'default';

/** Nodes, namespaces and roles are watched by Rancher; pods and events load the clusters and their journals. */
export const churnKinds: Record<ChurnName, ChurnKind> = {
  pods: {
    storage: 'pods',
    namespace,
    most: 4,
    make: (name) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels },
      spec: { containers: [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }] },
    }),
  },
  namespaces: {
    storage: 'namespaces',
    namespace: undefined,
    most: 2,
    make: (name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }),
  },
  rbac: {
    storage: 'clusterroles.rbac.authorization.k8s.io',
    namespace: undefined,
    most: 2,
    make: (name) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name, labels },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }],
    }),
  },
  events: {
    storage: 'events',
    namespace,
    most: 8,
    make: (name, now) => {
      const at = `${new Date(now).toISOString().slice(0, 19)}Z`;
      return {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace, labels },
        involvedObject: { apiVersion: 'v1', kind: 'Namespace', name: namespace, namespace },
        type: 'Normal',
        reason: 'Churn',
        message: 'something has happened',
        source: { component: 'scale-cluster-agent' },
        firstTimestamp: at,
        lastTimestamp: at,
        count: 1,
      };
    },
  },
};

/** Writes per second over the whole fleet, by kind. */
export type ChurnRates = Record<ChurnName, number>;

export function churnRates(
  settings: Pick<
    Settings,
    'churnPodsPerSec' | 'churnNamespacesPerSec' | 'churnRBACPerSec' | 'churnEventsPerSec'
  >,
): ChurnRates {
  return {
    pods: settings.churnPodsPerSec,
    namespaces: settings.churnNamespacesPerSec,
    rbac: settings.churnRBACPerSec,
    events: settings.churnEventsPerSec,
  };
}
