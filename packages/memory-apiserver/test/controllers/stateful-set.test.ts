import { describe, expect, it } from 'vitest';
import type { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import type { KubeObject } from '../../src/object.js';
import { containers, eventsAbout, names, newCluster, podsOf, workload } from './cluster.js';

const claimSpec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
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

const statusOf = (cluster: ScratchCluster): Record<string, unknown> =>
  cluster.api.get('statefulsets.apps', 'demo', 'db')['status'] as Record<string, unknown>;
const patch = (cluster: ScratchCluster, spec: Record<string, unknown>): void =>
  void cluster.api.patch('statefulsets.apps', 'demo', 'db', 'merge', { spec });

describe('the pods of a statefulset', () => {
  it('count from ordinals.start', () => {
    const cluster = newCluster();
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } };
    const spec = { replicas: 3, ordinals: { start: 5 }, updateStrategy };
    cluster.api.create(workload('apps/v1', 'StatefulSet', 'db', spec));
    cluster.advance(10_000);
    expect(names(podsOf(cluster, 'db'))).toEqual(['db-5', 'db-6', 'db-7']);
    cluster.api.patch('statefulsets.apps', 'demo', 'db', 'merge', setImage('app:2'));
    cluster.advance(20_000);
    const images = podsOf(cluster, 'db').map((pod) => pod['spec'].containers[0].image);
    expect(images).toEqual(['app:1', 'app:2', 'app:2']);
    patch(cluster, { ordinals: { start: 6 }, replicas: 2 });
    cluster.advance(10_000);
    expect(names(podsOf(cluster, 'db'))).toEqual(['db-6', 'db-7']);
  });

  it('come and go all at once with Parallel', () => {
    const cluster = newCluster();
    const stuck = { metadata: { labels: { app: 'db' } }, spec: containers('app:1', { cpu: '99' }) };
    const spec = { replicas: 3, podManagementPolicy: 'Parallel', template: stuck };
    cluster.api.create(workload('apps/v1', 'StatefulSet', 'db', spec));
    cluster.advance(1000);
    expect(names(podsOf(cluster, 'db'))).toEqual(['db-0', 'db-1', 'db-2']);
    patch(cluster, { replicas: 0 });
    cluster.advance(1000);
    expect(podsOf(cluster, 'db')).toEqual([]);
  });

  it('come one after the other as each has been ready for minReadySeconds', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'StatefulSet', 'db', { replicas: 2, minReadySeconds: 20 }));
    cluster.advance(15_000);
    expect(statusOf(cluster)).toMatchObject({ replicas: 1, readyReplicas: 1, availableReplicas: 0 });
    cluster.advance(15_000);
    expect(statusOf(cluster)).toMatchObject({ replicas: 2, availableReplicas: 1 });
    cluster.advance(30_000);
    expect(statusOf(cluster)).toMatchObject({ replicas: 2, availableReplicas: 2 });
  });

  it('are left alone by OnDelete until somebody deletes them', () => {
    const cluster = newCluster();
    cluster.api.create(
      workload('apps/v1', 'StatefulSet', 'db', { replicas: 2, updateStrategy: { type: 'OnDelete' } }),
    );
    cluster.advance(10_000);
    cluster.api.patch('statefulsets.apps', 'demo', 'db', 'merge', setImage('app:2'));
    cluster.advance(20_000);
    expect(statusOf(cluster)['updatedReplicas']).toBeUndefined();
    cluster.api.delete('pods', 'demo', 'db-0');
    cluster.advance(10_000);
    const images = podsOf(cluster, 'db').map((pod) => pod['spec'].containers[0].image);
    expect(images).toEqual(['app:2', 'app:1']);
    expect(statusOf(cluster)['updatedReplicas']).toBe(1);
  });

  it('get back the label that Services find them by', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'StatefulSet', 'db', { replicas: 1 }));
    cluster.advance(10_000);
    const label = 'statefulset.kubernetes.io/pod-name';
    cluster.api.patch('pods', 'demo', 'db-0', 'merge', { metadata: { labels: { [label]: null } } });
    cluster.advance(1000);
    expect(cluster.api.get('pods', 'demo', 'db-0').metadata.labels?.[label]).toBe('db-0');
    expect(eventsAbout(cluster, 'db')).toContain(
      'SuccessfulUpdate: update Pod db-0 in StatefulSet db successful',
    );
  });

  it('are told of in Events', () => {
    const cluster = newCluster();
    const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: claimSpec }];
    cluster.api.create(workload('apps/v1', 'StatefulSet', 'db', { replicas: 1, volumeClaimTemplates }));
    cluster.advance(10_000);
    patch(cluster, { replicas: 0 });
    cluster.advance(10_000);
    expect(eventsAbout(cluster, 'db').sort()).toEqual([
      'SuccessfulCreate: create Claim data-db-0 Pod db-0 in StatefulSet db success',
      'SuccessfulCreate: create Pod db-0 in StatefulSet db successful',
      'SuccessfulDelete: delete Pod db-0 in StatefulSet db successful',
    ]);
  });

  it('leave as many old revisions as revisionHistoryLimit says', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'StatefulSet', 'db', { replicas: 1, revisionHistoryLimit: 1 }));
    for (let version = 2; version <= 5; version++) {
      cluster.advance(10_000);
      cluster.api.patch('statefulsets.apps', 'demo', 'db', 'merge', setImage(`app:${version}`));
    }
    cluster.advance(10_000);
    const revisions = cluster.api.list('controllerrevisions.apps', { namespace: 'demo' });
    expect(revisions.map((revision) => revision['revision'] as number).sort()).toEqual([4, 5]);
  });
});

describe('the claims of a statefulset', () => {
  const withPolicy = (policy: Record<string, string>): ScratchCluster => {
    const cluster = newCluster();
    cluster.api.create({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'fast', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'example.com/disk',
      reclaimPolicy: 'Delete',
    });
    const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: claimSpec }];
    const spec = { replicas: 2, volumeClaimTemplates, persistentVolumeClaimRetentionPolicy: policy };
    cluster.api.create(workload('apps/v1', 'StatefulSet', 'db', spec));
    cluster.advance(10_000);
    return cluster;
  };
  const claimsOf = (cluster: ScratchCluster): KubeObject[] =>
    cluster.api.list('persistentvolumeclaims', { namespace: 'demo' });
  const owners = (cluster: ScratchCluster): unknown[] =>
    claimsOf(cluster).map(({ metadata }) =>
      (metadata.ownerReferences ?? []).map(({ kind, name, controller }) => [kind, name, controller]),
    );
  const removeSet = (cluster: ScratchCluster): void => {
    cluster.api.delete('statefulsets.apps', 'demo', 'db', { propagationPolicy: 'Background' });
    cluster.advance(20_000);
  };

  it('go with the set if whenDeleted says so, their volumes too', () => {
    const cluster = withPolicy({ whenDeleted: 'Delete', whenScaled: 'Retain' });
    expect(owners(cluster)).toEqual([[['StatefulSet', 'db', true]], [['StatefulSet', 'db', true]]]);
    patch(cluster, { replicas: 1 });
    cluster.advance(10_000);
    expect(names(claimsOf(cluster))).toEqual(['data-db-0', 'data-db-1']);
    removeSet(cluster);
    expect(claimsOf(cluster)).toEqual([]);
    expect(cluster.api.count('persistentvolumes')).toBe(0);
  });

  it('go with their pod if whenScaled says so, and stay when the set goes', () => {
    const cluster = withPolicy({ whenDeleted: 'Retain', whenScaled: 'Delete' });
    expect(owners(cluster)).toEqual([[], []]);
    patch(cluster, { replicas: 1 });
    cluster.advance(10_000);
    expect(names(claimsOf(cluster))).toEqual(['data-db-0']);
    removeSet(cluster);
    expect(names(claimsOf(cluster))).toEqual(['data-db-0']);
  });

  it('come back new when the set is scaled up again', () => {
    const cluster = withPolicy({ whenDeleted: 'Delete', whenScaled: 'Delete' });
    const uidOf = (): string | undefined =>
      claimsOf(cluster).find(({ metadata }) => metadata.name === 'data-db-1')?.metadata.uid;
    const before = uidOf();
    patch(cluster, { replicas: 1 });
    cluster.advance(100);
    patch(cluster, { replicas: 2 });
    cluster.advance(30_000);
    expect(names(podsOf(cluster, 'db'))).toEqual(['db-0', 'db-1']);
    expect(uidOf()).toBeDefined();
    expect(uidOf()).not.toBe(before);
    expect(owners(cluster)).toEqual([[['StatefulSet', 'db', true]], [['StatefulSet', 'db', true]]]);
  });

  it('follow a change of the policy', () => {
    const cluster = withPolicy({ whenDeleted: 'Delete', whenScaled: 'Retain' });
    patch(cluster, { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' } });
    cluster.advance(1000);
    expect(owners(cluster)).toEqual([[], []]);
  });

  it('that somebody else controls are left to them, which the set tells', () => {
    const cluster = withPolicy({ whenDeleted: 'Retain', whenScaled: 'Retain' });
    const other = { apiVersion: 'v1', kind: 'ConfigMap', name: 'kube-root-ca.crt', controller: true };
    const { uid } = cluster.api.get('configmaps', 'demo', 'kube-root-ca.crt').metadata;
    const metadata = { ownerReferences: [{ ...other, uid }] };
    cluster.api.patch('persistentvolumeclaims', 'demo', 'data-db-0', 'merge', { metadata });
    patch(cluster, { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' } });
    cluster.advance(1000);
    expect(owners(cluster)).toEqual([
      [['ConfigMap', 'kube-root-ca.crt', true]],
      [['StatefulSet', 'db', true]],
    ]);
    expect(eventsAbout(cluster, 'db').some((event) => event.startsWith('ConflictingController: '))).toBe(
      true,
    );
  });
});
