import type { KubeClient } from '../kube/client.js';
import { paths } from '../kube/paths.js';

const rbac = 'rbac.authorization.k8s.io';

interface Rule {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
  verbs: string[];
}

/**
 * What Rancher's RBAC controllers put into every cluster (managementuser/rbac): the administrator's binding, the
 * role templates in use and roles for the namespaces of each project. All of it is created once; what is there stays.
 */
export async function writeRoleTemplates(client: KubeClient, administrator: string): Promise<void> {
  const { id, projects } = client.link.cluster;
  await bindUser(client, `globaladmin-${administrator}`, 'cluster-admin', administrator);
  const namespaceRule = (verbs: string[], resourceNames?: string[]): Rule => ({
    apiGroups: [''],
    resources: ['namespaces'],
    verbs,
    ...(resourceNames ? { resourceNames } : {}),
  });
  await createRole(client, 'create-ns', [namespaceRule(['create'])], { 'cluster.cattle.io/name': id });
  const members = {
    default: ['default'],
    system: ['cattle-system', 'kube-node-lease', 'kube-public', 'kube-system'],
  };
  for (const project of ['default', 'system'] as const) {
    await createRole(client, `${projects[project]}-namespaces-readonly`, [
      namespaceRule(['get'], members[project]),
    ]);
    await createRole(client, `${projects[project]}-namespaces-edit`, [
      namespaceRule(['*'], members[project]),
    ]);
  }
}

/** Gives Rancher's own user of a cluster the role cluster-owner (clusterdeploy's cluster role template binding). */
export async function bindSystemUser(client: KubeClient): Promise<void> {
  const user = client.link.cluster.systemUser;
  const all: Rule[] = [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ];
  await createRole(client, 'cluster-owner', all);
  await bindUser(client, `crb-${user.slice(2)}`, 'cluster-owner', user);
}

async function createRole(
  client: KubeClient,
  name: string,
  rules: Rule[],
  annotations: Record<string, string> = {},
): Promise<void> {
  const metadata = { name, labels: { 'cattle.io/creator': 'norman' }, annotations };
  await client.send(
    'POST',
    paths.clusterRoles,
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata, rules },
    { allow: [409] },
  );
}

async function bindUser(client: KubeClient, name: string, role: string, user: string): Promise<void> {
  const binding = {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: { 'cattle.io/creator': 'norman' } },
    subjects: [{ kind: 'User', apiGroup: rbac, name: user }],
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
  };
  await client.send('POST', paths.clusterRoleBindings, binding, { allow: [409] });
}
