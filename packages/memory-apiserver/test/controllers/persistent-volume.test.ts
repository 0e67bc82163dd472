import { describe, expect, it } from 'vitest';
import type { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import type { KubeObject } from '../../src/object.js';
import { eventsAbout, newCluster, pod } from './cluster.js';

const statusOf = (object: KubeObject): Record<string, unknown> => object['status'] as Record<string, unknown>;

describe('volumes', () => {
  const claim = (name: string, storageClassName: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'demo' },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage: '500Mi' } } },
  });
  const storageClass = (cluster: ScratchCluster, volumeBindingMode: string): void =>
    void cluster.api.create({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'fast' },
      provisioner: 'example.com/disk',
      reclaimPolicy: 'Delete',
      volumeBindingMode,
    });
  const get = (cluster: ScratchCluster): KubeObject => cluster.api.get('persistentvolumeclaims', 'demo', 'c');

  it('are bound to a claim that they fit, and kept as Released', () => {
    const cluster = newCluster();
    for (const [name, storage] of [
      ['small', '1Gi'],
      ['large', '9Gi'],
      ['tiny', '1Mi'],
    ]) {
      cluster.api.create({
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: name ?? '' },
        spec: {
          capacity: { storage },
          hostPath: { path: '/x' },
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'manual',
          persistentVolumeReclaimPolicy: 'Retain',
        },
      });
    }
    cluster.api.create(claim('c', 'manual'));
    cluster.drain();
    expect(get(cluster)).toMatchObject({
      spec: { volumeName: 'small' },
      status: { phase: 'Bound', capacity: { storage: '1Gi' } },
    });
    expect(statusOf(cluster.api.get('persistentvolumes', undefined, 'small'))['phase']).toBe('Bound');
    expect(statusOf(cluster.api.get('persistentvolumes', undefined, 'large'))['phase']).toBe('Available');
    cluster.api.delete('persistentvolumeclaims', 'demo', 'c');
    cluster.drain();
    expect(statusOf(cluster.api.get('persistentvolumes', undefined, 'small'))['phase']).toBe('Released');
  });

  it('are made by a storage class, and deleted with the claim', () => {
    const cluster = newCluster();
    storageClass(cluster, 'Immediate');
    cluster.api.create(claim('c', 'fast'));
    cluster.drain();
    expect(get(cluster)['spec'].volumeName).toBe(`pvc-${get(cluster).metadata.uid}`);
    cluster.api.delete('persistentvolumeclaims', 'demo', 'c');
    cluster.drain();
    expect(cluster.api.count('persistentvolumes')).toBe(0);
  });

  it('stay as long as a pod uses the claim', () => {
    const cluster = newCluster();
    storageClass(cluster, 'Immediate');
    cluster.api.create(claim('c', 'fast'));
    cluster.api.create(pod('p', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] }));
    cluster.advance(5000);
    expect(get(cluster).metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
    expect(cluster.api.list('persistentvolumes')[0]?.metadata.finalizers).toEqual([
      'kubernetes.io/pv-protection',
    ]);
    cluster.api.delete('persistentvolumeclaims', 'demo', 'c');
    cluster.api.delete('persistentvolumes', undefined, get(cluster)['spec'].volumeName as string);
    cluster.advance(60_000);
    expect(get(cluster).metadata.deletionTimestamp).toBeDefined();
    expect(cluster.api.count('persistentvolumes')).toBe(1);
    cluster.api.delete('pods', 'demo', 'p');
    cluster.advance(60_000);
    expect(cluster.api.count('persistentvolumeclaims')).toBe(0);
    expect(cluster.api.count('persistentvolumes')).toBe(0);
  });

  it('wait for the first pod if their class says so', () => {
    const cluster = newCluster();
    storageClass(cluster, 'WaitForFirstConsumer');
    cluster.api.create(claim('c', 'fast'));
    cluster.advance(5000);
    expect(statusOf(get(cluster))['phase']).toBe('Pending');
    cluster.api.create(pod('p', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] }));
    cluster.advance(5000);
    expect(statusOf(get(cluster))['phase']).toBe('Bound');
    expect(statusOf(cluster.api.get('pods', 'demo', 'p'))['phase']).toBe('Running');
  });

  const volumeOf = (name: string, spec: Record<string, unknown> = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: '1Gi' },
      hostPath: { path: '/x' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      ...spec,
    },
  });
  const events = (cluster: ScratchCluster): string[] => eventsAbout(cluster, 'c');

  it('of a class that waits for pods are not taken before there is one', () => {
    const cluster = newCluster();
    storageClass(cluster, 'WaitForFirstConsumer');
    cluster.api.create(volumeOf('free', { storageClassName: 'fast' }));
    cluster.api.create(claim('c', 'fast'));
    cluster.advance(1000);
    expect(statusOf(get(cluster))['phase']).toBe('Pending');
    expect(events(cluster)).toEqual([
      'WaitForFirstConsumer: waiting for first consumer to be created before binding',
    ]);
    cluster.api.create(pod('p', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] }));
    cluster.advance(1000);
    expect(get(cluster)['spec'].volumeName).toBe('free');
  });

  it('that are made leave on their claim who made them and for which node', () => {
    const cluster = newCluster();
    storageClass(cluster, 'WaitForFirstConsumer');
    cluster.api.create(claim('c', 'fast'));
    cluster.api.create(pod('p', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] }));
    cluster.advance(1000);
    const { uid, annotations } = get(cluster).metadata;
    expect(annotations).toEqual({
      'pv.kubernetes.io/bind-completed': 'yes',
      'pv.kubernetes.io/bound-by-controller': 'yes',
      'volume.beta.kubernetes.io/storage-provisioner': 'example.com/disk',
      'volume.kubernetes.io/selected-node': cluster.api.get('pods', 'demo', 'p')['spec'].nodeName as string,
      'volume.kubernetes.io/storage-provisioner': 'example.com/disk',
    });
    expect(events(cluster)).toEqual(
      expect.arrayContaining([
        `ProvisioningSucceeded: Successfully provisioned volume pvc-${uid ?? ''}`,
        expect.stringMatching(
          /^ExternalProvisioning: Waiting for a volume to be created .*'example.com\/disk'/,
        ),
      ]),
    );
  });

  it.each([
    ['small', { capacity: { storage: '1Mi' } }, 'requested PV is too small'],
    ['slow', { storageClassName: 'slow' }, 'storageClassName does not match'],
    ['raw', { volumeMode: 'Block' }, 'incompatible volumeMode'],
    ['shared', { accessModes: ['ReadOnlyMany'] }, 'incompatible accessMode'],
  ])('that a claim asks for by name have to fit it: %s', (name, spec, why) => {
    const cluster = newCluster();
    cluster.api.create(volumeOf(name, spec));
    const asking = claim('c', '');
    cluster.api.create({ ...asking, spec: { ...asking['spec'], volumeName: name } });
    cluster.advance(1000);
    expect(statusOf(get(cluster))['phase']).toBe('Pending');
    expect(events(cluster)).toEqual([`VolumeMismatch: Cannot bind to requested volume "${name}": ${why}`]);
  });

  it('that a claim asks for by name may be somebody else’s', () => {
    const cluster = newCluster();
    const claimRef = { namespace: 'demo', name: 'other', uid: 'x' };
    cluster.api.create(volumeOf('taken', { claimRef }));
    const asking = claim('c', '');
    cluster.api.create({ ...asking, spec: { ...asking['spec'], volumeName: 'taken' } });
    cluster.advance(1000);
    expect(events(cluster)).toEqual(['FailedBinding: volume "taken" already bound to a different claim.']);
  });

  it('come for claims without a class once there is a default one', () => {
    const cluster = newCluster();
    const { storageClassName: _, ...spec } = claim('c', '')['spec'] as Record<string, unknown>;
    cluster.api.create({ ...claim('c', ''), spec });
    cluster.advance(1000);
    expect(events(cluster)).toEqual([
      'FailedBinding: no persistent volumes available for this claim and no storage class is set',
    ]);
    storageClass(cluster, 'Immediate');
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    cluster.api.patch('storageclasses.storage.k8s.io', undefined, 'fast', 'merge', {
      metadata: { annotations },
    });
    cluster.advance(1000);
    expect(get(cluster)).toMatchObject({ spec: { storageClassName: 'fast' }, status: { phase: 'Bound' } });
  });
});
