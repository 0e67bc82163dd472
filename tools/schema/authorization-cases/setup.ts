import type { Case } from './case.js';
import {
  clusterBinding,
  clusterRole,
  create,
  inRed,
  RBAC,
  red,
  role,
  roleBinding,
  rule,
  urls,
} from './case.js';

export const setup: Case[] = [
  create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'red' } }),
  create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'blue' } }),
  create(`${red}/serviceaccounts`, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } }),
  create(`${red}/serviceaccounts`, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default' },
  }),
  create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } }),
  create(`${red}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'worker' },
    spec: { serviceAccountName: 'robot', nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] },
  }),
  create(`${red}/secrets`, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'anchor' } }),
  create(`${RBAC}/clusterroles`, clusterRole('scaler', [rule('get,update', 'apps', '*/scale')])),
  create(`${RBAC}/clusterroles`, clusterRole('named', [rule('get,update', '', 'configmaps', 'a,b')])),
  create(
    `${RBAC}/clusterroles`,
    clusterRole('starred', [rule('get', '', 'pods/*'), rule('list', '*', 'pods')]),
  ),
  create(`${RBAC}/clusterroles`, clusterRole('urls', [urls('get', '/metrics,/logs/*'), urls('post', '/a*')])),
  create(`${RBAC}/clusterroles`, clusterRole('all-of-apps', [rule('*', 'apps', '*')])),
  create(
    `${RBAC}/clusterroles`,
    clusterRole(
      'rbac-editor',
      [rule('*', 'rbac.authorization.k8s.io', 'roles,clusterroles,rolebindings,clusterrolebindings')],
      {},
    ),
  ),
  create(
    `${RBAC}/clusterroles`,
    clusterRole('rbac-writer', [
      rule(
        'get,list,create,update,patch,delete',
        'rbac.authorization.k8s.io',
        'roles,clusterroles,rolebindings,clusterrolebindings',
      ),
      rule('get,list', '', 'pods'),
    ]),
  ),
  create(
    `${RBAC}/clusterroles`,
    clusterRole('binder', [
      rule('bind', 'rbac.authorization.k8s.io', 'clusterroles', 'view'),
      rule('create,update', 'rbac.authorization.k8s.io', 'rolebindings,clusterrolebindings'),
    ]),
  ),
  create(
    `${RBAC}/clusterroles`,
    clusterRole('impersonator', [
      rule('impersonate', '', 'users', 'jane'),
      rule('impersonate', '', 'groups', 'developers'),
      rule('impersonate', 'authentication.k8s.io', 'userextras/scopes', 'view'),
      rule('impersonate', 'authentication.k8s.io', 'uids', '42'),
    ]),
  ),
  create(
    `${RBAC}/clusterroles`,
    clusterRole('clerk', [
      rule(
        'get,update,patch',
        'certificates.k8s.io',
        ['certificatesigningrequests/approval', 'certificatesigningrequests/status'].join(),
      ),
    ]),
  ),
  create(
    `${RBAC}/clusterroles`,
    clusterRole('approver', [rule('approve', 'certificates.k8s.io', 'signers', 'example.com/*')]),
  ),
  create(`${inRed}/roles`, role('pod-reader', [rule('get,list', '', 'pods')])),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('scalers', 'ClusterRole/scaler', 'User sam')),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('named', 'ClusterRole/named', 'User nora')),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('starred', 'ClusterRole/starred', 'User stella')),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('urls', 'ClusterRole/urls', 'Group monitors')),
  create(
    `${RBAC}/clusterrolebindings`,
    clusterBinding('apps', 'ClusterRole/all-of-apps', 'User other', 'Group builders'),
  ),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('ghost', 'ClusterRole/gone', 'User ghost')),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('writers', 'ClusterRole/rbac-writer', 'User rita')),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('escalators', 'ClusterRole/rbac-editor', 'User eve')),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('binders', 'ClusterRole/binder', 'User ben')),
  create(
    `${RBAC}/clusterrolebindings`,
    clusterBinding('impersonators', 'ClusterRole/impersonator', 'User ivy'),
  ),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('editors', 'ClusterRole/edit', 'Group developers')),
  create(
    `${RBAC}/clusterrolebindings`,
    clusterBinding('clerks', 'ClusterRole/clerk', 'User carla', 'User amy'),
  ),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('approvers', 'ClusterRole/approver', 'User amy')),
  create(`${inRed}/rolebindings`, roleBinding('viewers', 'ClusterRole/view', 'User jane')),
  create(`${inRed}/rolebindings`, roleBinding('admins', 'ClusterRole/admin', 'User ada')),
  create(`${inRed}/rolebindings`, roleBinding('readers', 'Role/pod-reader', 'ServiceAccount red robot')),
  create(`${inRed}/rolebindings`, roleBinding('lost', 'Role/gone', 'User ghost')),
  create(
    `${inRed}/rolebindings`,
    roleBinding('accounts', 'ClusterRole/scaler', 'Group system:serviceaccounts:red'),
  ),
];
