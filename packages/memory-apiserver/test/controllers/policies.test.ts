import { describe, expect, it } from 'vitest';
import type { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import type { KubeObject } from '../../src/object.js';
import { containers, newCluster, pod, workload } from './cluster.js';

const statusOf = (object: KubeObject): Record<string, unknown> => object['status'] as Record<string, unknown>;

describe('disruption budgets', () => {
  it('count how many pods may go', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'Deployment', 'web', { replicas: 3 }));
    const budget = (name: string, spec: Record<string, unknown>): void =>
      void cluster.api.create({
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name, namespace: 'demo' },
        spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
      });
    budget('least', { minAvailable: 2 });
    budget('share', { maxUnavailable: '34%' });
    cluster.advance(10_000);
    const status = (name: string): Record<string, unknown> =>
      statusOf(cluster.api.get('poddisruptionbudgets.policy', 'demo', name));
    const counts = { currentHealthy: 3, expectedPods: 3, observedGeneration: 1 };
    expect(status('least')).toMatchObject({ ...counts, desiredHealthy: 2, disruptionsAllowed: 1 });
    expect(status('share')).toMatchObject({ ...counts, desiredHealthy: 1, disruptionsAllowed: 2 });
    expect(status('least')['conditions']).toMatchObject([{ type: 'DisruptionAllowed', status: 'True' }]);
  });
});

describe('quotas', () => {
  it('count objects and sum up requests', () => {
    const cluster = newCluster();
    const hard = {
      pods: '10',
      'requests.cpu': '2',
      'requests.memory': '1Gi',
      configmaps: '5',
      'count/deployments.apps': '3',
    };
    cluster.api.create({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q', namespace: 'demo' },
      spec: { hard },
    });
    const used = (): unknown => statusOf(cluster.api.get('resourcequotas', 'demo', 'q'))['used'];
    for (const name of ['a', 'b'])
      cluster.api.create(pod(name, containers('x', { cpu: '250m', memory: '64Mi' })));
    cluster.advance(3000);
    expect(used()).toEqual({
      pods: '2',
      'requests.cpu': '500m',
      'requests.memory': '128Mi',
      configmaps: '1',
      'count/deployments.apps': '0',
    });
    cluster.api.delete('pods', 'demo', 'a');
    cluster.advance(100);
    expect(used()).toMatchObject({ pods: '1', 'requests.cpu': '250m', 'requests.memory': '64Mi' });
  });
});

describe('aggregated cluster roles', () => {
  it('have the rules of the roles that they select', () => {
    const cluster = newCluster();
    const rules = (verb: string): unknown[] => [{ apiGroups: [''], resources: ['pods'], verbs: [verb] }];
    const role = (
      name: string,
      more: Record<string, unknown>,
      labels?: Record<string, string>,
    ): KubeObject => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name, ...(labels === undefined ? {} : { labels }) },
      ...more,
    });
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }] };
    cluster.api.create(role('whole', { aggregationRule, rules: [] }));
    cluster.api.create(role('b', { rules: rules('list') }, { part: 'yes' }));
    cluster.api.create(role('a', { rules: rules('get') }, { part: 'yes' }));
    cluster.drain();
    const whole = (): unknown =>
      cluster.api.get('clusterroles.rbac.authorization.k8s.io', undefined, 'whole')['rules'];
    expect(whole()).toEqual([...rules('get'), ...rules('list')]);
    cluster.api.delete('clusterroles.rbac.authorization.k8s.io', undefined, 'a');
    cluster.drain();
    expect(whole()).toEqual(rules('list'));
  });
});

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
});

describe('events', () => {
  it('are counted up rather than repeated, and gone after an hour', () => {
    const cluster = newCluster();
    cluster.api.create(pod('p', { nodeSelector: { disk: 'tape' } }));
    cluster.advance(10_000);
    const before = cluster.api.count('events', 'demo');
    expect(before).toBeGreaterThan(0);
    cluster.advance(2 * 3_600_000);
    expect(cluster.api.count('events', 'demo')).toBe(0);
  });
});
