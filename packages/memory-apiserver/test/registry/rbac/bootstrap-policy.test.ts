import { describe, expect, it } from 'vitest';
import { bootstrapPolicy, readPolicy } from '../../../src/registry/rbac/bootstrap-policy.js';
import type { PolicyRule } from '../../../src/registry/user.js';

const objects = bootstrapPolicy(true).map(({ object }) => object);
const rulesOf = (name: string): PolicyRule[] =>
  (objects.find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === name)?.['rules'] ??
    []) as PolicyRule[];

describe('the bootstrap policy', () => {
  it('has what kube-apiserver 1.34 makes', () => {
    const count = (kind: string): number => objects.filter((object) => object.kind === kind).length;
    expect([count('ClusterRole'), count('ClusterRoleBinding'), count('Role'), count('RoleBinding')]).toEqual([
      68, 49, 7, 7,
    ]);
  });

  it('has aggregated roles filled, through two levels', () => {
    expect(rulesOf('view')).toEqual(rulesOf('system:aggregate-to-view'));
    expect(rulesOf('edit')).toEqual([...rulesOf('system:aggregate-to-edit'), ...rulesOf('view')]);
    expect(rulesOf('admin')).toEqual(
      expect.arrayContaining([...rulesOf('edit'), ...rulesOf('system:aggregate-to-admin')]),
    );
  });

  it('leaves aggregated roles to a controller, if none has been there', () => {
    const roles = bootstrapPolicy(false).filter(({ object }) => object['rules'] === null);
    expect(roles.map(({ object }) => object.metadata.name)).toEqual(['admin', 'edit', 'view']);
  });

  it('is read from one line for each role, rule and binding', () => {
    const text = `
Role ns/reader
  get,list core,apps pods,deployments a,b
  get /x,/y/*
RoleBinding ns/readers Role:reader User:system:x ServiceAccount:other/robot Group:g
`;
    const head = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      metadata: {
        namespace: 'ns',
        labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
        annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
      },
    };
    const apiGroup = 'rbac.authorization.k8s.io';
    expect(readPolicy(text)).toEqual([
      {
        ...head,
        kind: 'Role',
        metadata: { ...head.metadata, name: 'reader' },
        rules: [
          {
            verbs: ['get', 'list'],
            apiGroups: ['', 'apps'],
            resources: ['pods', 'deployments'],
            resourceNames: ['a', 'b'],
          },
          { verbs: ['get'], nonResourceURLs: ['/x', '/y/*'] },
        ],
      },
      {
        ...head,
        kind: 'RoleBinding',
        metadata: { ...head.metadata, name: 'readers' },
        subjects: [
          { kind: 'User', apiGroup, name: 'system:x' },
          { kind: 'ServiceAccount', name: 'robot', namespace: 'other' },
          { kind: 'Group', apiGroup, name: 'g' },
        ],
        roleRef: { apiGroup, kind: 'Role', name: 'reader' },
      },
    ]);
  });
});
