import { ApiServer, type Cluster, type KubeObject } from '@scale-cluster/memory-apiserver';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Syncer } from '../../../src/backend/kwok-shared/syncer.js';
import { silentLogger } from '../../../src/logger.js';
import { MainClusterInMemory } from './main-cluster-in-memory.js';

const node = (name: string, ready = 'True'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'node-role.kubernetes.io/worker': 'true' } },
  spec: { podCIDR: '10.42.0.0/24' },
  status: {
    capacity: { cpu: '4', memory: '8Gi', pods: '110' },
    allocatable: { cpu: '3800m', memory: '7Gi', pods: '110' },
    addresses: [{ type: 'InternalIP', address: '10.1.0.1' }],
    conditions: [{ type: 'Ready', status: ready, reason: 'Given', message: 'as given' }],
  },
});

const deployment = (replicas: number): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'nginx:1' }], terminationGracePeriodSeconds: 5 },
    },
  },
});

const pod = (name: string, namespace: string, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'app:1' }] },
  ...more,
});

const phaseOf = (object: KubeObject): string => (object['status'] as { phase?: string }).phase ?? '';
const readyOf = (object: KubeObject): string | undefined =>
  (object['status'] as { conditions?: { type: string; status: string }[] }).conditions?.find(
    ({ type }) => type === 'Ready',
  )?.status;

async function start() {
  const main = new MainClusterInMemory();
  await main.start();
  const server = new ApiServer({ kubelet: 'external' });
  const syncer = new Syncer({ now: () => Date.now(), random: Math.random, logger: silentLogger });
  onTestFinished(async () => {
    syncer.close();
    await server.close();
    await main.close();
  });
  const create = (name: string, objects: KubeObject[]): Cluster => {
    const cluster = server.createCluster({ name, uid: `uid-of-${name}`, base: server.createBase(objects) });
    syncer.attach(cluster);
    return cluster;
  };
  return { main, server, syncer, create };
}

/** Resolves when it holds: looked at whenever one of the storages changes. */
function until(api: Cluster['api'], storages: string[], holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!holds()) return;
      for (const watch of watches) watch.close();
      resolve();
    };
    const watches = storages.map((storage) => api.watch(storage, {}, () => queueMicrotask(look)));
    look();
  });
}

const running = (cluster: Cluster, count: number): Promise<void> =>
  until(cluster.api, ['pods'], () => {
    const pods = cluster.api.list('pods');
    return pods.length === count && pods.every((one) => phaseOf(one) === 'Running');
  });

const soon = (): AbortSignal => AbortSignal.timeout(10_000);

describe('the syncer', () => {
  it('puts nodes and pods of a cluster into the main cluster, which runs them', async () => {
    const { main, syncer, create } = await start();
    syncer.connect(main.connect());
    const cluster = create('berlin', [node('node-1'), deployment(2)]);
    await syncer.whenMirrored(cluster.uid, soon());
    await running(cluster, 2);
    const namespace = main.api.get('namespaces', undefined, 'cluster-berlin');
    expect(namespace.metadata.labels).toMatchObject({
      'cluster-id': cluster.uid,
      'logical-cluster': 'berlin',
    });
    const [mirror] = main.api.list('nodes');
    expect(mirror).toMatchObject({
      metadata: {
        name: 'berlin-node-1',
        labels: {
          'cluster-id': cluster.uid,
          'logical-cluster': 'berlin',
          'node-role.kubernetes.io/worker': 'true',
          type: 'kwok',
        },
        annotations: { 'kwok.x-k8s.io/node': 'fake' },
      },
      status: { capacity: { cpu: '4', memory: '8Gi' }, allocatable: { cpu: '3800m', memory: '7Gi' } },
    });
    for (const one of main.api.list('pods')) {
      expect(one.metadata.namespace).toBe('cluster-berlin');
      expect(one.metadata.name).toMatch(/^default\.web-/);
      expect(one['spec']).toMatchObject({ nodeName: 'berlin-node-1' });
      const own = cluster.api.get('pods', 'default', one.metadata.name.replace('default.', ''));
      expect((own['status'] as { podIP?: string }).podIP).toBe((one['status'] as { podIP?: string }).podIP);
    }
    await until(cluster.api, ['deployments.apps'], () => {
      const { status } = cluster.api.get('deployments.apps', 'default', 'web') as {
        status?: { readyReplicas?: number };
      };
      return status?.readyReplicas === 2;
    });
  });

  it('follows a Deployment that is scaled in its cluster', async () => {
    const { main, syncer, create } = await start();
    syncer.connect(main.connect());
    const cluster = create('berlin', [node('node-1'), deployment(1)]);
    await running(cluster, 1);
    const scale = (replicas: number): unknown =>
      cluster.api.patch('deployments.apps', 'default', 'web', 'merge', { spec: { replicas } });
    scale(4);
    await running(cluster, 4);
    expect(main.api.count('pods')).toBe(4);
    scale(1);
    await until(cluster.api, ['pods'], () => cluster.api.count('pods') === 1);
    expect(main.api.count('pods')).toBe(1);
  });

  it('keeps the state that a template gives pods and nodes', async () => {
    const { main, syncer, create } = await start();
    syncer.connect(main.connect());
    const done = {
      status: {
        phase: 'Succeeded',
        startTime: '2026-01-01T00:00:00Z',
        containerStatuses: [
          {
            name: 'main',
            image: 'app:1',
            imageID: '',
            ready: false,
            restartCount: 3,
            state: { terminated: { exitCode: 0 } },
          },
        ],
      },
    };
    const cluster = create('berlin', [node('node-1', 'False'), pod('job', 'default', done)]);
    await syncer.whenMirrored(cluster.uid, soon());
    const mirror = main.api.get('pods', 'cluster-berlin', 'default.job');
    expect(mirror).toMatchObject({
      status: { phase: 'Succeeded', containerStatuses: [{ restartCount: 3 }] },
    });
    expect(mirror.metadata.annotations).not.toHaveProperty('kwok.x-k8s.io/status');
    expect(main.api.get('nodes', undefined, 'berlin-node-1').metadata.annotations).toMatchObject({
      'kwok.x-k8s.io/status': 'custom',
    });
    expect(phaseOf(cluster.api.get('pods', 'default', 'job'))).toBe('Succeeded');
    expect(readyOf(cluster.api.get('nodes', undefined, 'node-1'))).toBe('False');
  });

  it('shows in the cluster that a node has failed in the main cluster', async () => {
    const { main, syncer, create } = await start();
    syncer.connect(main.connect());
    const cluster = create('berlin', [node('node-1')]);
    const other = create('paris', [node('node-1')]);
    await Promise.all([cluster, other].map(({ uid }) => syncer.whenMirrored(uid, soon())));
    const mirror = main.api.get('nodes', undefined, 'berlin-node-1');
    const conditions = [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'gone' }];
    main.api.update(
      { ...mirror, status: { ...mirror['status'], conditions } as object },
      { subresource: 'status' },
    );
    const own = (): KubeObject => cluster.api.get('nodes', undefined, 'node-1');
    await until(cluster.api, ['nodes'], () => readyOf(own()) === 'False');
    await until(cluster.api, ['nodes'], () =>
      JSON.stringify(own()['spec']).includes('node.kubernetes.io/not-ready'),
    );
    expect(readyOf(other.api.get('nodes', undefined, 'node-1'))).toBe('True');
  });

  it('deletes in the cluster what somebody deletes in the main cluster, and makes anew what must be there', async () => {
    const { main, syncer, create } = await start();
    syncer.connect(main.connect());
    const cluster = create('berlin', [node('node-1'), deployment(1)]);
    await running(cluster, 1);
    const before = cluster.api.list('pods')[0]?.metadata.name ?? '';
    main.api.delete('pods', 'cluster-berlin', `default.${before}`);
    await until(cluster.api, ['pods'], () => cluster.api.find('pods', 'default', before) === undefined);
    await running(cluster, 1);
    main.api.delete('nodes', undefined, 'berlin-node-1');
    await until(main.api, ['nodes'], () => main.api.count('nodes') === 1);
    main.api.delete('namespaces', undefined, 'cluster-berlin');
    await until(main.api, ['namespaces'], () => {
      const namespace = main.api.find('namespaces', undefined, 'cluster-berlin');
      return namespace !== undefined && namespace.metadata.deletionTimestamp === undefined;
    });
  });

  it('deletes in the cluster a pod that is deleted by force in the main cluster', async () => {
    const { main, syncer, create } = await start();
    syncer.connect(main.connect());
    const cluster = create('berlin', [node('node-1'), pod('alone', 'default'), deployment(1)]);
    await running(cluster, 2);
    const uids = (): unknown[] => cluster.api.list('pods').map(({ metadata }) => metadata.uid);
    const before = uids();
    for (const { metadata } of main.api.list('pods'))
      main.api.delete('pods', metadata.namespace, metadata.name, { gracePeriodSeconds: 0 });
    await until(cluster.api, ['pods'], () => !uids().some((uid) => before.includes(uid)));
    // The Deployment's pod comes anew, the other has nobody who would make it.
    await running(cluster, 1);
    expect(cluster.api.find('pods', 'default', 'alone')).toBeUndefined();
    await until(main.api, ['pods'], () => main.api.count('pods') === 1);
  });

  it('never mixes clusters, whose names may make the same node names', async () => {
    const { main, syncer, create } = await start();
    syncer.connect(main.connect());
    const clusters = [create('a', [node('b-c')]), create('a-b', [node('c')]), create('a-c', [node('c')])];
    await Promise.all(clusters.map(({ uid }) => syncer.whenMirrored(uid, soon())));
    const owners = main.api
      .list('nodes')
      .map(({ metadata }) => [metadata.labels?.['logical-cluster'], metadata.name]);
    expect(owners).toHaveLength(3);
    expect(new Set(owners.map(([owner]) => owner)).size).toBe(3);
    expect(
      owners.map(([, name]) => name).filter((name) => /^a-b-c(-[0-9a-f]{10})?$/.test(name ?? '')),
    ).toHaveLength(2);
    for (const cluster of clusters) expect(cluster.api.count('nodes')).toBe(1);
  });

  it('keeps pods of the same name in different namespaces apart', async () => {
    const { main, syncer, create } = await start();
    syncer.connect(main.connect());
    const cluster = create('berlin', [node('node-1'), pod('one', 'default'), pod('one', 'kube-system')]);
    await running(cluster, 2);
    expect(main.api.list('pods').map(({ metadata }) => metadata.name)).toEqual([
      'default.one',
      'kube-system.one',
    ]);
  });

  it('goes on where it was after the main cluster was away', async () => {
    const { main, syncer, create } = await start();
    syncer.connect(main.connect());
    const cluster = create('berlin', [node('node-1'), deployment(1)]);
    await running(cluster, 1);
    const uids = main.api.list('pods').map(({ metadata }) => metadata.uid);
    await main.kill();
    syncer.disconnect();
    cluster.api.patch('deployments.apps', 'default', 'web', 'merge', { spec: { replicas: 3 } });
    await main.start();
    syncer.connect(main.connect());
    await running(cluster, 3);
    expect(main.api.list('pods').map(({ metadata }) => metadata.uid)).toEqual(expect.arrayContaining(uids));
  });

  it('resumes by itself when only the connection broke', async () => {
    const { main, syncer, create } = await start();
    syncer.connect(main.connect());
    const cluster = create('berlin', [node('node-1'), deployment(1)]);
    await running(cluster, 1);
    await main.kill();
    cluster.api.patch('deployments.apps', 'default', 'web', 'merge', { spec: { replicas: 2 } });
    await main.start();
    await running(cluster, 2);
  });

  it('fills a main cluster that was made anew, and the pods live on as they were', async () => {
    const { main, syncer, create } = await start();
    syncer.connect(main.connect());
    const cluster = create('berlin', [node('node-1'), deployment(2)]);
    await running(cluster, 2);
    const before = cluster.api.list('pods').map((one) => [one.metadata.uid, one['status']] as const);
    syncer.disconnect();
    main.recreate();
    syncer.connect(main.connect());
    await until(main.api, ['pods'], () => main.api.count('pods') === 2);
    await syncer.whenMirrored(cluster.uid, soon());
    expect(cluster.api.list('pods').map(({ metadata }) => metadata.uid)).toEqual(before.map(([uid]) => uid));
    expect(main.api.list('pods').map((one) => (one['status'] as { startTime: string }).startTime)).toEqual(
      before.map(([, status]) => (status as { startTime: string }).startTime),
    );
  });

  it('leaves nothing of a cluster that is gone, nor of one that an earlier run left', async () => {
    const { main, server, syncer, create } = await start();
    syncer.connect(main.connect());
    const empty = { namespaces: main.api.count('namespaces') };
    const clusters = Array.from({ length: 5 }, (_, index) =>
      create(`c${index}`, [node('node-1'), deployment(2)]),
    );
    await Promise.all(clusters.map((cluster) => running(cluster, 2)));
    for (const cluster of clusters.slice(1)) {
      cluster.close();
      syncer.detach(cluster.uid);
    }
    await Promise.all(clusters.slice(1).map(({ uid }) => syncer.whenRemoved(uid, soon())));
    expect(main.api.count('nodes')).toBe(1);
    expect(main.api.count('pods')).toBe(2);
    expect(main.api.count('namespaces')).toBe(empty.namespaces + 1);
    syncer.close();
    await server.close();

    const next = new Syncer({ now: () => Date.now(), random: Math.random, logger: silentLogger });
    onTestFinished(() => next.close());
    next.connect(main.connect());
    await until(main.api, ['namespaces'], () => main.api.count('namespaces') === empty.namespaces);
    expect([main.api.count('nodes'), main.api.count('pods')]).toEqual([0, 0]);
  });

  it('leaves alone what belongs to clusters that are still to come', async () => {
    const { main, syncer, create } = await start();
    syncer.connect(main.connect());
    const first = create('berlin', [node('node-1')]);
    await syncer.whenMirrored(first.uid, soon());
    syncer.close();
    const next = new Syncer({ now: () => Date.now(), random: Math.random, logger: silentLogger });
    onTestFinished(() => next.close());
    next.expect([first.uid]);
    next.connect(main.connect());
    const uid = main.api.get('nodes', undefined, 'berlin-node-1').metadata.uid;
    next.attach(first);
    await next.whenMirrored(first.uid, soon());
    expect(main.api.get('nodes', undefined, 'berlin-node-1').metadata.uid).toBe(uid);
  });

  it('has nothing to do when nothing changes', async () => {
    const { main, server, syncer, create } = await start();
    syncer.connect(main.connect());
    const cluster = create('berlin', [node('node-1'), deployment(2)]);
    await syncer.whenMirrored(cluster.uid, soon());
    await running(cluster, 2);
    await server.idle();
    syncer.disconnect();
    main.requests.length = 0;
    syncer.connect(main.connect());
    // A change that comes after everything was looked at.
    cluster.api.create(pod('late', 'default'));
    await running(cluster, 3);
    expect(main.requests).toEqual(['POST /api/v1/namespaces/cluster-berlin/pods']);
  });
});
