import { describe, expect, it } from 'vitest';
import { containers, names, newCluster, podsOf, workload } from './cluster.js';

const setImage = (image: string): unknown => ({ spec: { template: { spec: containers(image) } } });

describe('statefulset', () => {
  it('starts its numbered pods one after the other, each when the one before is ready', () => {
    const cluster = newCluster();
    const seen: string[] = [];
    cluster.api.watch('pods', { namespace: 'demo' }, (type, { metadata, status }) => {
      const { phase } = status as { phase: string };
      if (type === 'ADDED' || phase === 'Running') seen.push(`${metadata.name} ${phase}`);
    });
    cluster.api.create(workload('apps/v1', 'StatefulSet', 'db', { replicas: 2, serviceName: 'db' }));
    cluster.advance(10_000);
    expect(seen).toEqual(['db-0 Pending', 'db-0 Running', 'db-1 Pending', 'db-1 Running']);
    const { currentRevision, ...status } = cluster.api.get('statefulsets.apps', 'demo', 'db')['status'];
    expect(status).toEqual({
      observedGeneration: 1,
      replicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      currentReplicas: 2,
      updatedReplicas: 2,
      updateRevision: currentRevision,
      collisionCount: 0,
    });
    expect(cluster.api.get('pods', 'demo', 'db-1')).toMatchObject({
      metadata: {
        labels: {
          app: 'db',
          'apps.kubernetes.io/pod-index': '1',
          'statefulset.kubernetes.io/pod-name': 'db-1',
          'controller-revision-hash': currentRevision,
        },
      },
      spec: { hostname: 'db-1', subdomain: 'db' },
    });
  });

  it('scales down from the highest number', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'StatefulSet', 'db', { replicas: 3 }));
    cluster.advance(10_000);
    cluster.api.patch('statefulsets.apps', 'demo', 'db', 'merge', { spec: { replicas: 1 } });
    cluster.advance(10_000);
    expect(names(podsOf(cluster, 'db'))).toEqual(['db-0']);
  });

  it('updates from the highest number and stops at the partition', () => {
    const cluster = newCluster();
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } };
    cluster.api.create(workload('apps/v1', 'StatefulSet', 'db', { replicas: 3, updateStrategy }));
    cluster.advance(10_000);
    cluster.api.patch('statefulsets.apps', 'demo', 'db', 'merge', setImage('app:2'));
    cluster.advance(20_000);
    const images = podsOf(cluster, 'db').map((pod) => pod['spec'].containers[0].image);
    expect(images).toEqual(['app:1', 'app:2', 'app:2']);
    cluster.api.delete('pods', 'demo', 'db-0');
    cluster.advance(10_000);
    expect(cluster.api.get('pods', 'demo', 'db-0')['spec'].containers[0].image).toBe('app:1');
    const { status } = cluster.api.get('statefulsets.apps', 'demo', 'db') as unknown as {
      status: Record<string, unknown>;
    };
    expect(status).toMatchObject({ updatedReplicas: 2, currentReplicas: 1 });
    expect(cluster.api.count('controllerrevisions.apps', 'demo')).toBe(2);
  });

  it('gives each pod its claims, which stay when the pod goes', () => {
    const cluster = newCluster();
    const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: claim }];
    cluster.api.create({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'fast', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'example.com/disk',
      reclaimPolicy: 'Delete',
    });
    cluster.api.create(workload('apps/v1', 'StatefulSet', 'db', { replicas: 2, volumeClaimTemplates }));
    cluster.advance(10_000);
    const claims = cluster.api.list('persistentvolumeclaims', { namespace: 'demo' });
    expect(names(claims)).toEqual(['data-db-0', 'data-db-1']);
    expect(claims.map(({ status }) => (status as { phase: string }).phase)).toEqual(['Bound', 'Bound']);
    cluster.api.patch('statefulsets.apps', 'demo', 'db', 'merge', { spec: { replicas: 0 } });
    cluster.advance(10_000);
    expect(cluster.api.count('persistentvolumeclaims', 'demo')).toBe(2);
  });
});
