/** Collections that more than one file asks for. */
export const paths = {
  nodes: '/api/v1/nodes',
  namespaces: '/api/v1/namespaces',
  clusterRoles: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  clusterRoleBindings: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  roles: '/apis/rbac.authorization.k8s.io/v1/roles',
  roleBindings: '/apis/rbac.authorization.k8s.io/v1/rolebindings',
  secrets: (namespace: string): string => `/api/v1/namespaces/${namespace}/secrets`,
  serviceAccounts: (namespace: string): string => `/api/v1/namespaces/${namespace}/serviceaccounts`,
} as const;

/** Where Rancher keeps its accounts in each cluster. */
export const impersonationNamespace = 'cattle-impersonation-system';
