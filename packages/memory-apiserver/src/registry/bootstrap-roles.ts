import type { KubeObject } from '../object.js';

const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' };
const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };

/** Resources of the user-facing roles, by group. */
const WORKLOADS: readonly (readonly [group: string, resources: readonly string[]])[] = [
  [
    '',
    [
      'configmaps',
      'endpoints',
      'events',
      'persistentvolumeclaims',
      'pods',
      'pods/log',
      'replicationcontrollers',
      'services',
    ],
  ],
  ['apps', ['controllerrevisions', 'daemonsets', 'deployments', 'replicasets', 'statefulsets']],
  ['batch', ['cronjobs', 'jobs']],
  ['autoscaling', ['horizontalpodautoscalers']],
  ['networking.k8s.io', ['ingresses', 'networkpolicies']],
  ['policy', ['poddisruptionbudgets']],
];

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];

function role(
  name: string,
  verbs: readonly string[],
  more: readonly object[] = [],
  aggregate?: string,
): KubeObject {
  const aggregated =
    aggregate === undefined ? {} : { [`rbac.authorization.k8s.io/aggregate-to-${aggregate}`]: 'true' };
  return {
    ...rbac,
    kind: 'ClusterRole',
    metadata: { name, labels: { ...labels, ...aggregated }, annotations },
    rules: [...WORKLOADS.map(([group, resources]) => ({ apiGroups: [group], resources, verbs })), ...more],
  };
}

function clusterRoles(): KubeObject[] {
  const everything = [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ];
  const secrets = { apiGroups: [''], resources: ['secrets', 'serviceaccounts'], verbs: [...READ, ...WRITE] };
  const grants = {
    apiGroups: ['rbac.authorization.k8s.io'],
    resources: ['rolebindings', 'roles'],
    verbs: [...READ, ...WRITE],
  };
  const paths = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
  return [
    {
      ...rbac,
      kind: 'ClusterRole',
      metadata: { name: 'cluster-admin', labels, annotations },
      rules: everything,
    },
    role('admin', [...READ, ...WRITE], [secrets, grants]),
    role('edit', [...READ, ...WRITE], [secrets], 'admin'),
    role('view', READ, [], 'edit'),
    {
      ...rbac,
      kind: 'ClusterRole',
      metadata: { name: 'system:public-info-viewer', labels, annotations },
      rules: [{ nonResourceURLs: paths, verbs: ['get'] }],
    },
  ];
}

function adminBinding(): KubeObject {
  return {
    ...rbac,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'cluster-admin', labels, annotations },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:masters' }],
  };
}

/** The roles that users are commonly bound to, of those that kube-apiserver makes in each cluster. */
export function bootstrapRoles(): KubeObject[] {
  return [...clusterRoles(), adminBinding()];
}
