import { describe, expect, it } from 'vitest';
import type { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import type { KubeObject } from '../../src/object.js';
import { conditions, containers, eventsAbout, names, newCluster, podsOf, workload } from './cluster.js';

const revision = 'deployment.kubernetes.io/revision';
const get = (cluster: ScratchCluster): KubeObject => cluster.api.get('deployments.apps', 'demo', 'web');
const sets = (cluster: ScratchCluster): KubeObject[] =>
  cluster.api.list('replicasets.apps', { namespace: 'demo' });
const setImage = (cluster: ScratchCluster, image: string): unknown =>
  cluster.api.patch('deployments.apps', 'demo', 'web', 'merge', {
    spec: { template: { spec: containers(image) } },
  });
const scale = (cluster: ScratchCluster, replicas: number): unknown =>
  cluster.api.patch('deployments.apps', 'demo', 'web', 'merge', { spec: { replicas } });

function deployed(spec: Record<string, unknown> = {}): ScratchCluster {
  const cluster = newCluster();
  cluster.api.create(workload('apps/v1', 'Deployment', 'web', { replicas: 3, ...spec }));
  cluster.advance(10_000);
  return cluster;
}

describe('deployment', () => {
  it('makes a ReplicaSet named by the hash of its template, with revision and totals noted', () => {
    const cluster = deployed();
    const [set] = sets(cluster);
    const hash = set?.metadata.labels?.['pod-template-hash'] ?? '';
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{8,10}$/);
    expect(set?.metadata.name).toBe(`web-${hash}`);
    expect(set?.metadata.annotations).toEqual({
      [revision]: '1',
      'deployment.kubernetes.io/desired-replicas': '3',
      'deployment.kubernetes.io/max-replicas': '4',
    });
    expect(set?.['spec'].selector).toEqual({ matchLabels: { app: 'web', 'pod-template-hash': hash } });
    expect(set?.metadata.ownerReferences).toEqual([
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        name: 'web',
        uid: get(cluster).metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    expect(names(podsOf(cluster, 'web')).every((name) => new RegExp(`^web-${hash}-\\w{5}$`).test(name))).toBe(
      true,
    );
  });

  it('ends with the status that kubectl rollout status waits for', () => {
    const cluster = deployed();
    const deployment = get(cluster);
    expect(deployment['status']).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
    });
    expect(deployment['status'].unavailableReplicas).toBeUndefined();
    expect(conditions(deployment)).toEqual([
      'Available=True/MinimumReplicasAvailable',
      'Progressing=True/NewReplicaSetAvailable',
    ]);
    expect(deployment.metadata.annotations?.[revision]).toBe('1');
  });

  it('never has fewer available or more pods than the strategy allows while it rolls out', () => {
    const cluster = deployed({
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    });
    let least = 3;
    let most = 3;
    setImage(cluster, 'app:2');
    for (let i = 0; i < 200; i++) {
      cluster.advance(100);
      const pods = podsOf(cluster, 'web').filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      most = Math.max(most, pods.length);
      least = Math.min(least, Number(get(cluster)['status'].availableReplicas ?? 0));
    }
    expect({ least, most }).toEqual({ least: 3, most: 4 });
    expect(podsOf(cluster, 'web').map((pod) => pod['spec'].containers[0].image)).toEqual([
      'app:2',
      'app:2',
      'app:2',
    ]);
    expect(get(cluster).metadata.annotations?.[revision]).toBe('2');
  });

  it('uses the former ReplicaSet again when a template comes back, under a new revision', () => {
    const cluster = deployed();
    const [first] = sets(cluster);
    setImage(cluster, 'app:2');
    cluster.advance(20_000);
    setImage(cluster, 'app:1');
    cluster.advance(20_000);
    expect(sets(cluster)).toHaveLength(2);
    const again = cluster.api.get('replicasets.apps', 'demo', first?.metadata.name ?? '');
    expect(again['spec'].replicas).toBe(3);
    expect(again.metadata.annotations).toMatchObject({
      [revision]: '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
  });

  it('takes a template with empty fields written out for the same', () => {
    const cluster = deployed();
    const spec = { ...containers(), securityContext: {} };
    cluster.api.patch('deployments.apps', 'demo', 'web', 'merge', { spec: { template: { spec } } });
    cluster.advance(10_000);
    expect(sets(cluster)).toHaveLength(1);
  });

  it('only changes the size when it is scaled', () => {
    const cluster = deployed();
    scale(cluster, 5);
    cluster.advance(10_000);
    expect(podsOf(cluster, 'web')).toHaveLength(5);
    scale(cluster, 1);
    cluster.advance(10_000);
    expect(podsOf(cluster, 'web')).toHaveLength(1);
    expect(sets(cluster)).toHaveLength(1);
    expect(eventsAbout(cluster, 'web').map((text) => text.replace(/web-\w+/, 'web-H'))).toEqual([
      'ScalingReplicaSet: Scaled down replica set web-H from 5 to 1',
      'ScalingReplicaSet: Scaled up replica set web-H from 0 to 3',
      'ScalingReplicaSet: Scaled up replica set web-H from 3 to 5',
    ]);
  });

  it('does nothing with a new template while it is paused', () => {
    const cluster = deployed();
    cluster.api.patch('deployments.apps', 'demo', 'web', 'merge', { spec: { paused: true } });
    setImage(cluster, 'app:2');
    cluster.advance(5000);
    expect(sets(cluster)).toHaveLength(1);
    expect(conditions(get(cluster))).toContain('Progressing=Unknown/DeploymentPaused');
    cluster.api.patch('deployments.apps', 'demo', 'web', 'merge', { spec: { paused: null } });
    cluster.advance(20_000);
    expect(sets(cluster)).toHaveLength(2);
    expect(conditions(get(cluster))).toContain('Progressing=True/NewReplicaSetAvailable');
  });

  it('with Recreate starts new pods only when the last old one is gone', () => {
    const cluster = deployed({ strategy: { type: 'Recreate' } });
    const images = new Set<string>();
    cluster.api.watch('pods', { namespace: 'demo' }, (type, pod) => {
      if (type !== 'ADDED') return;
      for (const other of podsOf(cluster, 'web')) images.add(other['spec'].containers[0].image as string);
      expect(pod['spec'].containers[0].image).toBe('app:2');
    });
    setImage(cluster, 'app:2');
    cluster.advance(10_000);
    expect([...images]).toEqual(['app:2']);
    expect(get(cluster)['status']).toMatchObject({ updatedReplicas: 3, availableReplicas: 3 });
  });

  it('keeps as many old ReplicaSets as revisionHistoryLimit says', () => {
    const cluster = deployed({ revisionHistoryLimit: 1 });
    for (const image of ['app:2', 'app:3', 'app:4']) {
      setImage(cluster, image);
      cluster.advance(20_000);
    }
    const revisions = sets(cluster).map(({ metadata }) => metadata.annotations?.[revision]);
    expect(revisions.sort()).toEqual(['3', '4']);
  });

  it('says that it is stuck when no pod gets ready within the deadline', () => {
    const cluster = newCluster();
    const template = {
      metadata: { labels: { app: 'web' } },
      spec: { ...containers(), nodeSelector: { disk: 'tape' } },
    };
    cluster.api.create(
      workload('apps/v1', 'Deployment', 'web', { replicas: 1, progressDeadlineSeconds: 30, template }),
    );
    cluster.advance(20_000);
    expect(conditions(get(cluster))).toEqual([
      'Available=False/MinimumReplicasUnavailable',
      'Progressing=True/ReplicaSetUpdated',
    ]);
    cluster.advance(20_000);
    expect(conditions(get(cluster))).toContain('Progressing=False/ProgressDeadlineExceeded');
  });

  it('waits minReadySeconds before it counts a pod as available', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'Deployment', 'web', { replicas: 1, minReadySeconds: 30 }));
    cluster.advance(10_000);
    expect(get(cluster)['status']).toMatchObject({ readyReplicas: 1, unavailableReplicas: 1 });
    cluster.advance(30_000);
    expect(get(cluster)['status']).toMatchObject({ availableReplicas: 1 });
  });
});
