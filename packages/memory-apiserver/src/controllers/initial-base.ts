import type { KubeObject } from '../object.js';
import { bootstrapPolicy } from '../registry/rbac/bootstrap-policy.js';
import { builtinCatalog } from '../schema/catalog.js';
import { splitApiVersion } from '../schema/types.js';
import { ClusterBase } from '../store/cluster-base.js';
import { apiServiceObjects } from './api-service-objects.js';
import { flowControlObjects } from './flow-control-objects.js';

const bases = new Map<boolean, ClusterBase>();

/**
 * What kube-apiserver itself creates in an empty cluster and nothing else has a hand in: in the form that creating it
 * would give it, since that takes a tenth of a second for all of it. Made once for the whole process.
 *
 * @param aggregated whether aggregated roles have their rules, as a controller gives them
 */
export function initialBase(aggregated: boolean): ClusterBase {
  let base = bases.get(aggregated);
  if (base === undefined) {
    const catalog = builtinCatalog();
    const settled = settledObjects().map((object) => {
      const { group, version } = splitApiVersion(object.apiVersion);
      return { storage: catalog.findKind(group, version, object.kind)?.storage ?? '', object };
    });
    base = new ClusterBase([...bootstrapPolicy(aggregated), ...settled]);
    bases.set(aggregated, base);
  }
  return base;
}

/** Without the roles and bindings. */
export const settledObjects = (): KubeObject[] => [
  ...apiServiceObjects(),
  ...flowControlObjects(),
  ...priorityClasses.map(([name, value, description]) => ({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name, generation: 1 },
    value,
    description,
    preemptionPolicy: 'PreemptLowerPriority',
  })),
];

const priorityClasses: readonly (readonly [name: string, value: number, description: string])[] = [
  [
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ],
  [
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ],
];
