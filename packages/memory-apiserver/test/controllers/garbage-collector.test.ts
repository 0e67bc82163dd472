import { describe, expect, it } from 'vitest';
import type { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import type { KubeObject } from '../../src/object.js';
import { names, newCluster, podsOf, workload } from './cluster.js';

const config = (name: string, owners: readonly KubeObject[] = [], block = true): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name,
    namespace: 'demo',
    ...(owners.length === 0
      ? {}
      : {
          ownerReferences: owners.map(({ apiVersion, kind, metadata }) => ({
            apiVersion,
            kind,
            name: metadata.name,
            uid: metadata.uid ?? '',
            blockOwnerDeletion: block,
          })),
        }),
  },
});

const configs = (cluster: ScratchCluster): string[] =>
  names(cluster.api.list('configmaps', { namespace: 'demo' })).filter((name) => name !== 'kube-root-ca.crt');

describe('garbage collector', () => {
  it('deletes the whole tree below an owner that is deleted', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'Deployment', 'web', { replicas: 2 }));
    cluster.advance(5000);
    cluster.api.delete('deployments.apps', 'demo', 'web', { propagationPolicy: 'Background' });
    expect(podsOf(cluster, 'web')).toHaveLength(2);
    cluster.advance(1000);
    expect(cluster.api.count('replicasets.apps', 'demo')).toBe(0);
    expect(podsOf(cluster, 'web')).toHaveLength(0);
  });

  it('with foreground deletion lets the owner go last', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'Deployment', 'web', { replicas: 2 }));
    cluster.advance(5000);
    const gone: string[] = [];
    for (const storage of ['deployments.apps', 'replicasets.apps', 'pods']) {
      cluster.api.watch(
        storage,
        { namespace: 'demo' },
        (type) => void (type === 'DELETED' && gone.push(storage)),
      );
    }
    cluster.api.delete('deployments.apps', 'demo', 'web', { propagationPolicy: 'Foreground' });
    expect(cluster.api.get('deployments.apps', 'demo', 'web').metadata.finalizers).toEqual([
      'foregroundDeletion',
    ]);
    cluster.advance(1000);
    expect(gone).toEqual(['pods', 'pods', 'replicasets.apps', 'deployments.apps']);
  });

  it('with orphan cuts the references and leaves the dependents', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'Deployment', 'web', { replicas: 2 }));
    cluster.advance(5000);
    cluster.api.delete('deployments.apps', 'demo', 'web', { propagationPolicy: 'Orphan' });
    cluster.advance(1000);
    expect(cluster.api.find('deployments.apps', 'demo', 'web')).toBeUndefined();
    const [set] = cluster.api.list('replicasets.apps', { namespace: 'demo' });
    expect(set?.metadata.ownerReferences).toBeUndefined();
    expect(podsOf(cluster, 'web')).toHaveLength(2);
  });

  it('keeps a dependent as long as one of its owners exists', () => {
    const cluster = newCluster();
    const [a, b] = [cluster.api.create(config('a')), cluster.api.create(config('b'))];
    cluster.api.create(config('child', [a, b]));
    cluster.api.delete('configmaps', 'demo', 'a');
    cluster.advance(1000);
    expect(configs(cluster)).toEqual(['b', 'child']);
    expect(cluster.api.get('configmaps', 'demo', 'child').metadata.ownerReferences).toHaveLength(1);
    cluster.api.delete('configmaps', 'demo', 'b');
    cluster.advance(1000);
    expect(configs(cluster)).toEqual([]);
  });

  it('deletes an object that names an owner which does not exist, or exists under another uid', () => {
    const cluster = newCluster();
    const owner = cluster.api.create(config('owner'));
    const stranger = {
      ...owner,
      metadata: { ...owner.metadata, uid: '00000000-0000-4000-8000-000000000000' },
    };
    cluster.api.create(config('kept', [owner]));
    cluster.api.create(config('lost', [stranger]));
    cluster.advance(1000);
    expect(configs(cluster)).toEqual(['kept', 'owner']);
  });

  it('keeps a cluster-scoped object whose owner has a namespace, also when that is gone', () => {
    const cluster = newCluster();
    const owner = cluster.api.create(config('owner'));
    const { ownerReferences = [] } = config('child', [owner]).metadata;
    const role: KubeObject = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'cleanup', ownerReferences },
    };
    cluster.api.create(role);
    cluster.advance(1000);
    expect(cluster.api.find('clusterroles.rbac.authorization.k8s.io', undefined, 'cleanup')).toBeDefined();
    cluster.api.delete('configmaps', 'demo', 'owner');
    cluster.advance(60_000);
    expect(cluster.api.find('clusterroles.rbac.authorization.k8s.io', undefined, 'cleanup')).toBeDefined();
  });

  it('deletes an object whose owner is in another namespace', () => {
    const cluster = newCluster();
    const owner = cluster.api.create({
      ...config('owner'),
      metadata: { name: 'owner', namespace: 'default' },
    });
    cluster.api.create(config('child', [owner]));
    cluster.advance(1000);
    expect(configs(cluster)).toEqual([]);
  });

  it('leaves an object alone as long as it can’t tell what one of its owners is', () => {
    const cluster = newCluster();
    const gone = {
      ...config('gone'),
      metadata: { name: 'gone', uid: '00000000-0000-4000-8000-000000000000' },
    };
    const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w', uid: 'w' } };
    cluster.api.create(config('child', [gone, widget]));
    cluster.advance(1000);
    expect(cluster.api.get('configmaps', 'demo', 'child').metadata.ownerReferences).toHaveLength(2);
  });

  it('is not blocked by a circle of owners', () => {
    const cluster = newCluster();
    const a = cluster.api.create(config('a'));
    const b = cluster.api.create(config('b', [a]));
    cluster.api.update(config('a', [b]));
    cluster.advance(1000);
    expect(configs(cluster)).toEqual(['a', 'b']);
    cluster.api.delete('configmaps', 'demo', 'a', { propagationPolicy: 'Foreground' });
    cluster.advance(60_000);
    expect(configs(cluster)).toEqual([]);
  });

  it('does not wait in the foreground for dependents that do not block', () => {
    const cluster = newCluster();
    const owner = cluster.api.create(config('owner'));
    cluster.api.create(config('child', [owner], false));
    cluster.api.patch('configmaps', 'demo', 'child', 'merge', {
      metadata: { finalizers: ['example.com/hold'] },
    });
    cluster.advance(1000);
    cluster.api.delete('configmaps', 'demo', 'owner', { propagationPolicy: 'Foreground' });
    cluster.advance(1000);
    expect(configs(cluster)).toEqual(['child']);
    expect(cluster.api.get('configmaps', 'demo', 'child').metadata.deletionTimestamp).toBeDefined();
  });
});
