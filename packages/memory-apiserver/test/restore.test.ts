import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ApiServer as Server, Cluster, JournalEntry, KubeObject } from '../src/index.js';
import { ApiServer } from '../src/index.js';

const workload = (name: string, kind = 'Deployment', replicas = 3, namespace = 'default'): KubeObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace },
  spec: {
    replicas,
    selector: { matchLabels: { app: name.replaceAll(/[{}]/g, '') } },
    template: {
      metadata: { labels: { app: name.replaceAll(/[{}]/g, '') } },
      spec: { containers: [{ name: 'main', image: 'app:1' }] },
    },
  },
});
const node: KubeObject = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: '{{cluster-name}}-node' },
  status: { capacity: { cpu: '4', memory: '8Gi', pods: '110' } },
};
const definition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Cluster',
    names: { kind: 'Widget', plural: 'widgets' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};
const baseObjects = [node, workload('web'), workload('{{cluster-name}}-own', 'Deployment', 2), definition];

/** A cluster that is ended and begun again with nothing but what it wrote. */
class Lives {
  readonly journal = new Map<string, JournalEntry>();
  writes = 0;
  server!: Server;
  cluster!: Cluster;

  begin(): void {
    this.server = new ApiServer();
    this.writes = 0;
    this.cluster = this.server.createCluster({
      name: 'berlin',
      uid: 'berlin',
      base: this.server.createBase(baseObjects),
      createdAt: Date.UTC(2026, 0, 1),
      ...(this.journal.size === 0 ? {} : { restore: [...this.journal.values()] }),
      onWrite: (entry) => {
        this.writes += 1;
        this.journal.set(`${entry.storage}/${entry.namespace}/${entry.name}`, entry);
      },
    });
  }

  async restart(): Promise<void> {
    await this.server.close();
    this.begin();
  }

  pods(labelSelector?: string): KubeObject[] {
    return this.cluster.api.list('pods', {
      namespace: 'default',
      ...(labelSelector === undefined ? {} : { labelSelector }),
    });
  }
}

const names = (objects: readonly KubeObject[]): string[] => objects.map(({ metadata }) => metadata.name);

describe('a restored cluster', () => {
  let lives: Lives;
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 2) });
    lives = new Lives();
    lives.begin();
  });
  afterEach(async () => {
    await lives.server.close();
    vi.useRealTimers();
  });
  const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

  it('goes on with a rollout', async () => {
    const spec = { template: { spec: { containers: [{ name: 'main', image: 'app:2' }] } } };
    lives.cluster.api.patch('deployments.apps', 'default', 'web', 'strategic', { spec });
    await pass(100);
    expect(lives.pods('app=web').length).toBeGreaterThan(3);
    await lives.restart();
    await pass(60_000);
    const pods = lives.pods('app=web');
    expect(pods.map((pod) => pod['spec'].containers[0].image as string)).toEqual(['app:2', 'app:2', 'app:2']);
    expect(pods.map((pod) => pod['status'].phase as string)).toEqual(['Running', 'Running', 'Running']);
    expect(lives.cluster.api.get('deployments.apps', 'default', 'web')['status']).toMatchObject({
      replicas: 3,
      updatedReplicas: 3,
      availableReplicas: 3,
    });
  });

  it('goes on with pods that had not been started', async () => {
    lives.cluster.api.create(workload('db', 'StatefulSet', 2));
    await pass(500);
    await lives.restart();
    await pass(60_000);
    expect(names(lives.pods('app=db'))).toEqual(['db-0', 'db-1']);
    expect(lives.cluster.api.get('statefulsets.apps', 'default', 'db')['status'].readyReplicas).toBe(2);
  });

  it('goes on with the deletion of a namespace', async () => {
    const { api } = lives.cluster;
    api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going' } });
    await pass(1000);
    api.create(workload('inner', 'Deployment', 2, 'going'));
    await pass(10_000);
    api.delete('namespaces', undefined, 'going');
    await lives.restart();
    await pass(60_000);
    expect(lives.cluster.api.find('namespaces', undefined, 'going')).toBeUndefined();
    expect(lives.cluster.api.list('pods', { namespace: 'going' })).toEqual([]);
  });

  it('goes on with a deletion in the foreground', async () => {
    lives.cluster.api.delete('deployments.apps', 'default', 'web', { propagationPolicy: 'Foreground' });
    await lives.restart();
    expect(lives.pods('app=web')).toHaveLength(3);
    await pass(60_000);
    expect(lives.cluster.api.find('deployments.apps', 'default', 'web')).toBeUndefined();
    expect(lives.pods('app=web')).toEqual([]);
  });

  it('deletes what objects of its base owned that were deleted just before the end', async () => {
    lives.cluster.api.delete('deployments.apps', 'default', 'web', { propagationPolicy: 'Background' });
    await lives.restart();
    expect(lives.pods('app=web')).toHaveLength(3);
    await pass(60_000);
    expect(lives.pods('app=web')).toEqual([]);
    expect(names(lives.cluster.api.list('replicasets.apps'))).toEqual([
      expect.stringMatching(/^berlin-own-/),
    ]);
  });

  it('has the same pods as before, and writes nothing if nothing was left to do', async () => {
    lives.cluster.api.create(workload('mine', 'ReplicaSet', 2));
    await pass(60_000);
    const before = names(lives.pods());
    expect(before).toHaveLength(7);
    await lives.restart();
    await pass(60_000);
    expect(names(lives.pods())).toEqual(before);
    expect(lives.writes).toBe(0);
    const [pod = ''] = names(lives.pods('app=mine'));
    lives.cluster.api.patch('pods', 'default', pod, 'merge', { metadata: { labels: { more: 'yes' } } });
    await pass(60_000);
    expect(names(lives.pods())).toEqual(before);
  });

  it('knows who owns what', async () => {
    lives.cluster.api.create(workload('mine', 'ReplicaSet', 2));
    await pass(60_000);
    await lives.restart();
    await pass(1000);
    lives.cluster.api.delete('replicasets.apps', 'default', 'mine', { propagationPolicy: 'Background' });
    await pass(60_000);
    expect(lives.pods('app=mine')).toEqual([]);
  });

  it('lets its Events expire', async () => {
    lives.cluster.api.create(workload('mine', 'ReplicaSet', 1));
    await pass(60_000);
    await lives.restart();
    expect(lives.cluster.api.count('events')).toBeGreaterThan(0);
    await pass(3_700_000);
    expect(lives.cluster.api.count('events')).toBe(0);
  });

  it('still does not serve a definition of its base that it deleted', async () => {
    lives.cluster.api.delete(
      'customresourcedefinitions.apiextensions.k8s.io',
      undefined,
      definition.metadata.name,
    );
    expect(lives.cluster.catalog.findStorage('widgets.example.com')).toBeUndefined();
    await lives.restart();
    expect(lives.cluster.catalog.findStorage('widgets.example.com')).toBeUndefined();
    expect(lives.cluster.catalog.groups()).not.toContain('example.com');
  });

  it('fills no workload with pods that it does not select', async () => {
    const mismatched = (kind: string, more: object = {}): JournalEntry => {
      const { spec } = workload('lost');
      const body = {
        metadata: { name: 'lost', namespace: 'default', uid: `lost-${kind}`, generation: 1 },
        spec: { ...spec, selector: { matchLabels: { app: 'other' } }, ...more },
      };
      const storage = kind === 'jobs' ? 'jobs.batch' : `${kind}.apps`;
      return { storage, namespace: 'default', name: 'lost', revision: 1, json: JSON.stringify(body) };
    };
    for (const kind of ['replicasets', 'statefulsets', 'daemonsets'])
      lives.journal.set(kind, mismatched(kind));
    lives.journal.set('jobs', mismatched('jobs', { manualSelector: true, completions: 1, parallelism: 1 }));
    await lives.restart();
    await pass(10_000);
    expect(lives.pods('app=lost')).toEqual([]);
  });
});

describe('a cluster of a base', () => {
  it('finds the pods of a workload that bears its name', async () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 2) });
    const lives = new Lives();
    lives.begin();
    const { api } = lives.cluster;
    const before = names(lives.pods('app=cluster-name-own'));
    expect(before).toHaveLength(2);
    const [set] = api.list('replicasets.apps', { labelSelector: 'app=cluster-name-own' });
    api.patch('pods', 'default', before[0] ?? '', 'merge', { metadata: { labels: { more: 'yes' } } });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(names(lives.pods('app=cluster-name-own'))).toEqual(before);
    expect(set?.metadata.name).toMatch(/^berlin-own-/);
    api.delete('deployments.apps', 'default', 'berlin-own', { propagationPolicy: 'Background' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lives.pods('app=cluster-name-own')).toEqual([]);
    await lives.server.close();
    vi.useRealTimers();
  });
});
