/** A request, and whom it is made for. */
export interface Case {
  name: string;
  method: string;
  path: string;
  /** Whom to impersonate; without it the request is of `system:masters`. */
  headers?: Record<string, string | string[]>;
  body?: object;
  contentType?: string;
}

export const RBAC = '/apis/rbac.authorization.k8s.io/v1';
export const AUTHORIZATION = '/apis/authorization.k8s.io/v1';
export const rbacVersion = 'rbac.authorization.k8s.io/v1';

export const red = `/api/v1/namespaces/red`;
export const inRed = `${RBAC}/namespaces/red`;

export const create = (path: string, body: object, name = ''): Case => ({
  name: name || `create ${path}`,
  method: 'POST',
  path,
  body,
});

export const clusterRole = (name: string, rules: object[], more: object = {}): object => ({
  apiVersion: rbacVersion,
  kind: 'ClusterRole',
  metadata: { name },
  rules,
  ...more,
});
export const role = (name: string, rules: object[]): object => ({
  apiVersion: rbacVersion,
  kind: 'Role',
  metadata: { name },
  rules,
});
export const binding = (kind: string, name: string, roleRef: string, ...subjects: string[]): object => {
  const [roleKind, roleName] = roleRef.split('/');
  return {
    apiVersion: rbacVersion,
    kind,
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: roleKind, name: roleName },
    subjects: subjects.map((subject) => {
      const [who = '', first = '', second = ''] = subject.split(' ');
      return who === 'ServiceAccount'
        ? { kind: who, namespace: first, name: second }
        : { kind: who, apiGroup: 'rbac.authorization.k8s.io', name: first };
    }),
  };
};
export const clusterBinding = (name: string, roleRef: string, ...subjects: string[]): object =>
  binding('ClusterRoleBinding', name, roleRef, ...subjects);
export const roleBinding = (name: string, roleRef: string, ...subjects: string[]): object =>
  binding('RoleBinding', name, roleRef, ...subjects);

export const rule = (verbs: string, groups: string, resources: string, names?: string): object => ({
  verbs: verbs.split(','),
  apiGroups: groups.split(','),
  resources: resources.split(','),
  ...(names === undefined ? {} : { resourceNames: names.split(',') }),
});
export const urls = (verbs: string, paths: string): object => ({
  verbs: verbs.split(','),
  nonResourceURLs: paths.split(','),
});

export const as = (user: string, ...groups: string[]): Pick<Case, 'headers'> => ({
  headers: { 'Impersonate-User': user, ...(groups.length === 0 ? {} : { 'Impersonate-Group': groups }) },
});
