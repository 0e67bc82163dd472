import type { Case } from './case.js';
import {
  as,
  clusterBinding,
  clusterRole,
  create,
  inRed,
  RBAC,
  role,
  roleBinding,
  rule,
  urls,
} from './case.js';

/** Roles and bindings written by people who have too little, or enough. */
export const escalations: Case[] = [
  {
    ...create(
      `${RBAC}/clusterroles`,
      clusterRole('more', [
        rule('get,list,delete', '', 'pods,secrets'),
        rule('get', 'apps', 'deployments/scale', 'x,y'),
      ]),
      'a cluster role of more than one has',
    ),
    ...as('rita'),
  },
  {
    ...create(
      `${RBAC}/clusterroles`,
      clusterRole('as-much', [rule('get', '', 'pods')]),
      'a cluster role of as much as one has',
    ),
    ...as('rita'),
  },
  {
    ...create(
      `${RBAC}/clusterroles`,
      clusterRole('paths', [urls('get,post', '/x,/y/*')]),
      'a cluster role of paths',
    ),
    ...as('rita'),
  },
  {
    ...create(
      `${RBAC}/clusterroles`,
      clusterRole('gathers', [], {
        aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
      }),
      'a cluster role that gathers',
    ),
    ...as('rita'),
  },
  {
    ...create(
      `${RBAC}/clusterroles`,
      clusterRole('everything', [rule('*', '*', '*')]),
      'a cluster role of everything',
    ),
    ...as('rita', 'g1', 'g2'),
  },
  {
    ...create(
      `${RBAC}/clusterroles`,
      clusterRole('by-eve', [rule('*', '*', '*')]),
      'a cluster role by someone who may escalate',
    ),
    ...as('eve'),
  },
  {
    ...create(
      `${inRed}/roles`,
      role('more', [rule('create', 'apps', 'deployments')]),
      'a role of more than one has',
    ),
    ...as('rita'),
  },
  {
    ...create(`${inRed}/roles`, role('fine', [rule('list', '', 'pods')]), 'a role of what one has'),
    ...as('rita'),
  },
  {
    name: 'more rules for a role',
    method: 'PUT',
    path: `${inRed}/roles/fine`,
    body: role('fine', [rule('list', '', 'pods'), rule('get', '', 'nodes')]),
    ...as('rita'),
  },
  {
    name: 'a role patched to more',
    method: 'PATCH',
    path: `${RBAC}/clusterroles/as-much`,
    body: { rules: [rule('get', '*', '*')] },
    contentType: 'application/merge-patch+json',
    ...as('rita'),
  },
  {
    name: 'a role with a finalizer',
    method: 'PATCH',
    path: `${RBAC}/clusterroles/by-eve`,
    body: { metadata: { finalizers: ['example.com/hold'] } },
    contentType: 'application/merge-patch+json',
    ...as('rita'),
  },
  {
    name: 'a role with a label',
    method: 'PATCH',
    path: `${RBAC}/clusterroles/by-eve`,
    body: { metadata: { labels: { a: 'b' } } },
    contentType: 'application/merge-patch+json',
    ...as('rita'),
  },
  {
    name: 'the finalizer off again',
    method: 'PATCH',
    path: `${RBAC}/clusterroles/by-eve`,
    body: { metadata: { finalizers: null } },
    contentType: 'application/merge-patch+json',
    ...as('rita'),
  },
  {
    name: 'a role made by put',
    method: 'PUT',
    path: `${RBAC}/clusterroles/put-there`,
    body: clusterRole('put-there', [rule('get', '', 'secrets')]),
    ...as('rita'),
  },
  {
    ...create(
      `${RBAC}/clusterrolebindings`,
      clusterBinding('take-over', 'ClusterRole/cluster-admin', 'User rita'),
      'oneself as cluster-admin',
    ),
    ...as('rita'),
  },
  {
    ...create(
      `${RBAC}/clusterrolebindings`,
      clusterBinding('to-nothing', 'ClusterRole/not-there', 'User rita'),
      'a binding to a role that is not there',
    ),
    ...as('rita'),
  },
  {
    ...create(
      `${RBAC}/clusterrolebindings`,
      clusterBinding('harmless', 'ClusterRole/as-much', 'User x'),
      'a binding to what one has',
    ),
    ...as('rita'),
  },
  {
    ...create(
      `${inRed}/rolebindings`,
      roleBinding('to-view', 'ClusterRole/view', 'User x'),
      'a binding by someone who may bind',
    ),
    ...as('ben'),
  },
  {
    ...create(
      `${inRed}/rolebindings`,
      roleBinding('to-edit', 'ClusterRole/named', 'User x'),
      'a binding of another role by them',
    ),
    ...as('ben'),
  },
  {
    ...create(
      `${inRed}/rolebindings`,
      roleBinding('to-local', 'Role/not-there', 'User x'),
      'a binding to a local role that is not there',
    ),
    ...as('ben'),
  },
  {
    ...create(
      `${RBAC}/clusterrolebindings`,
      clusterBinding('by-ghost', 'ClusterRole/view', 'User x'),
      'a binding by a ghost',
    ),
    ...as('ghost'),
  },
  {
    name: 'another role for a binding',
    method: 'PATCH',
    path: `${RBAC}/clusterrolebindings/harmless`,
    body: { roleRef: { name: 'named' } },
    contentType: 'application/merge-patch+json',
  },
  {
    name: 'more subjects for a binding',
    method: 'PATCH',
    path: `${inRed}/rolebindings/viewers`,
    body: { subjects: [] },
    contentType: 'application/merge-patch+json',
    ...as('rita'),
  },
];
