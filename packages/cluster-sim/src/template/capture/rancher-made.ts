import type { KubeObject } from '@scale-cluster/memory-apiserver';

/**
 * Namespaces of Rancher's own agents in a downstream cluster (pkg/namespace/namespace.go of rancher). Monitoring,
 * logging and other applications that Rancher can install are in others.
 */
const agentNamespaces = new Set([
  'cattle-system',
  'cattle-impersonation-system',
  'cattle-fleet-system',
  'cattle-fleet-local-system',
  'cattle-fleet-clusters-system',
  'cattle-global-data',
  'cattle-global-nt',
  'cattle-ui-plugin-system',
  'cattle-provisioning-capi-system',
  'cattle-local-user-passwords',
  'fleet-default',
  'fleet-local',
  'local',
]);

/** Groups whose definitions and objects Rancher and its agents bring along. */
const agentGroups = new Set(
  [
    'management',
    'project',
    'catalog',
    'fleet',
    'ui',
    'ext',
    'auditlog',
    'provisioning',
    'rke',
    'rke-machine',
    'cluster',
  ].map((group) => `${group}.cattle.io`),
);

/** Roles and bindings that Rancher makes in each cluster it manages. */
const agentRoleNames =
  /^(cattle-(admin|globalrole|impersonation|unauthenticated|fleet)|proxy-(cluster)?role-kubeapiserver|(p|c|u|user|grb|crb|rb)-[a-z0-9]{5,}($|-))/;

/** Whether Rancher or its agents have made it: each simulated cluster gets its own when it is imported. */
export function isRancherMade(object: KubeObject): boolean {
  const { apiVersion, kind, metadata } = object;
  if (agentNamespaces.has(kind === 'Namespace' ? metadata.name : (metadata.namespace ?? ''))) return true;
  if (agentGroups.has(apiVersion.split('/')[0] ?? '')) return true;
  if (kind === 'CustomResourceDefinition')
    return agentGroups.has(metadata.name.slice(metadata.name.indexOf('.') + 1));
  if (metadata.labels?.['cattle.io/creator'] === 'norman') return true;
  if (!apiVersion.startsWith('rbac.authorization.k8s.io/')) return false;
  if (agentRoleNames.test(metadata.name)) return true;
  const subjects = (object['subjects'] ?? []) as { namespace?: string }[];
  return subjects.length > 0 && subjects.every(({ namespace }) => agentNamespaces.has(namespace ?? ''));
}
