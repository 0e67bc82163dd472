import { describe, expect, it } from 'vitest';
import type { Cluster, KubeObject, RequestAttributes } from '../../../src/index.js';
import { ApiServer } from '../../../src/index.js';
import type { MemoryCluster } from '../../../src/cluster.js';
import type { RbacAuthorizer } from '../../../src/registry/rbac/rbac-authorizer.js';
import type { Registry } from '../../../src/registry/registry.js';

const server = new ApiServer({ controllers: [] });
let count = 0;
const create = (base = server.emptyBase): Cluster =>
  server.createCluster({ name: `berlin-${(count += 1)}`, uid: `uid-${count}`, base });
const authorizerOf = (cluster: Cluster): RbacAuthorizer =>
  ((cluster as MemoryCluster).api as Registry).context.rbac;

const group = 'rbac.authorization.k8s.io';
const role = (name: string, verbs: string[], namespace?: string): KubeObject => ({
  apiVersion: `${group}/v1`,
  kind: namespace === undefined ? 'ClusterRole' : 'Role',
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  rules: [{ verbs, apiGroups: [''], resources: ['pods'] }],
});
const binding = (name: string, roleRef: string, user: string, namespace?: string): KubeObject => {
  const [kind, roleName] = roleRef.split('/');
  return {
    apiVersion: `${group}/v1`,
    kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    roleRef: { apiGroup: group, kind, name: roleName },
    subjects: [{ kind: 'User', apiGroup: group, name: user }],
  };
};
const asks = (username: string, verb: string, namespace = '', groups: string[] = []): RequestAttributes => ({
  user: { username, groups },
  verb,
  resource: { group: '', version: 'v1', resource: 'pods', subresource: '', namespace, name: '' },
});

describe('RBAC', () => {
  it('follows roles and bindings as they come, change and go', () => {
    const cluster = create();
    const may = (verb: string): boolean => authorizerOf(cluster).authorize(asks('jane', verb)).allowed;
    expect(may('get')).toBe(false);
    cluster.api.create(binding('b', 'ClusterRole/r', 'jane'));
    expect(may('get')).toBe(false);
    cluster.api.create(role('r', ['get']));
    expect(may('get')).toBe(true);
    cluster.api.update(role('r', ['list']));
    expect([may('get'), may('list')]).toEqual([false, true]);
    cluster.api.delete(`clusterrolebindings.${group}`, undefined, 'b');
    expect(may('list')).toBe(false);
  });

  it('keeps bindings of a namespace to it', () => {
    const cluster = create();
    cluster.api.create(role('r', ['get'], 'default'));
    cluster.api.create(binding('b', 'Role/r', 'jane', 'default'));
    const authorizer = authorizerOf(cluster);
    expect(authorizer.authorize(asks('jane', 'get', 'default')).allowed).toBe(true);
    expect(authorizer.authorize(asks('jane', 'get', 'kube-system')).allowed).toBe(false);
    expect(authorizer.authorize(asks('jane', 'get')).allowed).toBe(false);
    cluster.api.delete(`rolebindings.${group}`, 'default', 'b');
    expect(authorizer.authorize(asks('jane', 'get', 'default')).allowed).toBe(false);
  });

  it('lets a cluster change what comes with the base, and others keep it', () => {
    const [changed, other] = [create(), create()];
    const scheduler = asks('system:kube-scheduler', 'list');
    const name = 'system:kube-scheduler';
    expect(authorizerOf(changed).authorize(scheduler).allowed).toBe(true);
    changed.api.delete(`clusterrolebindings.${group}`, undefined, name);
    expect(authorizerOf(changed).authorize(scheduler).allowed).toBe(false);
    changed.api.create(binding(name, 'ClusterRole/cluster-admin', 'jane'));
    expect(authorizerOf(changed).authorize(scheduler).allowed).toBe(false);
    expect(authorizerOf(changed).authorize(asks('jane', 'list')).allowed).toBe(true);
    expect(authorizerOf(other).authorize(scheduler).allowed).toBe(true);
    expect(authorizerOf(other).authorize(asks('jane', 'list')).allowed).toBe(false);
  });

  it('reads what was written before it was first asked', () => {
    const cluster = create();
    cluster.api.create(role('r', ['get']));
    cluster.api.create(binding('b', 'ClusterRole/r', 'jane'));
    cluster.api.delete(`clusterroles.${group}`, undefined, 'view');
    expect(authorizerOf(cluster).authorize(asks('jane', 'get'))).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "r" to User "jane"',
    });
    expect(authorizerOf(cluster).policy.rulesOf({ kind: 'ClusterRole', name: 'view' }, '')).toBeUndefined();
  });

  it('puts the cluster’s name into bindings of its base', () => {
    const base = server.createBase([
      role('r', ['get']),
      binding('of-{{cluster-name}}', 'ClusterRole/r', '{{cluster-name}}-admin'),
    ]);
    const cluster = create(base);
    const authorizer = authorizerOf(cluster);
    expect(authorizer.authorize(asks(`${cluster.name}-admin`, 'get')).allowed).toBe(true);
    expect(authorizer.authorize(asks('{{cluster-name}}-admin', 'get')).allowed).toBe(false);
    cluster.api.delete(`clusterrolebindings.${group}`, undefined, `of-${cluster.name}`);
    expect(authorizer.authorize(asks(`${cluster.name}-admin`, 'get')).allowed).toBe(false);
  });

  it('puts the values of the cluster’s variables into bindings of its base', () => {
    const base = server.extendBase(
      server.createBase([role('r', ['get'])]),
      ({ api, variables }) => {
        api.create(binding(`of-${variables['team']}`, 'ClusterRole/r', `${variables['team']}-admin`));
      },
      { variables: ['team'] },
    );
    const [red, blue] = ['red', 'blue'].map((team) =>
      authorizerOf(server.createCluster({ base, variables: { team } })),
    );
    expect(red?.authorize(asks('red-admin', 'get')).allowed).toBe(true);
    expect(red?.authorize(asks('blue-admin', 'get')).allowed).toBe(false);
    expect(blue?.authorize(asks('blue-admin', 'get')).allowed).toBe(true);
  });

  it('counts a binding once for a user who is in several of its groups', () => {
    const cluster = create();
    const object = binding('b', 'ClusterRole/r', 'x');
    object['subjects'] = ['one', 'two'].map((name) => ({ kind: 'Group', apiGroup: group, name }));
    cluster.api.create(role('r', ['get']));
    cluster.api.create(object);
    const user = { username: 'jane', groups: ['two', 'one', 'system:authenticated'] };
    const { rules } = authorizerOf(cluster).rulesFor(user, '');
    expect(rules.filter(({ resources }) => resources?.includes('pods') === true)).toHaveLength(1);
  });
});
