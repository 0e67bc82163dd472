import { describe, expect, it } from 'vitest';
import { containers, names, newCluster, pod, podsOf, workload } from './cluster.js';

describe('replicaset', () => {
  it('replaces pods that are deleted', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'ReplicaSet', 'web', { replicas: 2 }));
    cluster.advance(5000);
    const [first] = podsOf(cluster, 'web');
    cluster.api.delete('pods', 'demo', first?.metadata.name ?? '');
    cluster.advance(5000);
    expect(podsOf(cluster, 'web')).toHaveLength(2);
    expect(names(podsOf(cluster, 'web'))).not.toContain(first?.metadata.name);
    expect(cluster.api.get('replicasets.apps', 'demo', 'web')['status']).toEqual({
      replicas: 2,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      observedGeneration: 1,
    });
  });

  it('adopts a matching orphan and releases a pod whose labels no longer match', () => {
    const cluster = newCluster();
    cluster.api.create(pod('orphan', {}, { app: 'web' }));
    cluster.advance(3000);
    cluster.api.create(workload('apps/v1', 'ReplicaSet', 'web', { replicas: 1 }));
    cluster.advance(3000);
    expect(names(podsOf(cluster, 'web'))).toEqual(['orphan']);
    expect(cluster.api.get('pods', 'demo', 'orphan').metadata.ownerReferences?.[0]).toMatchObject({
      kind: 'ReplicaSet',
      controller: true,
    });
    cluster.api.patch('pods', 'demo', 'orphan', 'merge', { metadata: { labels: { app: 'other' } } });
    cluster.advance(3000);
    expect(cluster.api.get('pods', 'demo', 'orphan').metadata.ownerReferences).toBeUndefined();
    expect(podsOf(cluster, 'web')).toHaveLength(1);
  });

  it('gives up pods that are not ready before pods that are', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'ReplicaSet', 'web', { replicas: 2 }));
    cluster.advance(5000);
    const ready = names(podsOf(cluster, 'web'));
    cluster.api.patch('replicasets.apps', 'demo', 'web', 'merge', { spec: { replicas: 4 } });
    cluster.advance(100);
    cluster.api.patch('replicasets.apps', 'demo', 'web', 'merge', { spec: { replicas: 2 } });
    cluster.advance(5000);
    expect(names(podsOf(cluster, 'web'))).toEqual(ready);
  });

  it('tells in a condition why pods cannot be made, and goes on when they can', () => {
    const cluster = newCluster();
    const template = {
      metadata: { labels: { app: 'web' } },
      spec: { ...containers(), serviceAccountName: 'robot' },
    };
    cluster.api.create(workload('apps/v1', 'ReplicaSet', 'web', { replicas: 1, template }));
    cluster.advance(1000);
    const { status } = cluster.api.get('replicasets.apps', 'demo', 'web') as {
      status?: Record<string, unknown>;
    };
    expect(status?.['conditions']).toMatchObject([
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' },
    ]);
    cluster.api.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'robot', namespace: 'demo' },
    });
    cluster.advance(60_000);
    expect(cluster.api.get('replicasets.apps', 'demo', 'web')['status']).toMatchObject({ readyReplicas: 1 });
    expect(cluster.api.get('replicasets.apps', 'demo', 'web')['status'].conditions).toBeUndefined();
  });
});

describe('replicationcontroller', () => {
  it('keeps its pods by a selector that is a plain map', () => {
    const cluster = newCluster();
    cluster.api.create(
      workload('v1', 'ReplicationController', 'rc', { replicas: 2, selector: { app: 'rc' } }),
    );
    cluster.advance(5000);
    expect(podsOf(cluster, 'rc')).toHaveLength(2);
    expect(cluster.api.get('replicationcontrollers', 'demo', 'rc')['status']).toMatchObject({
      readyReplicas: 2,
    });
  });
});
