import { ApiServer } from '@scale-cluster/memory-apiserver';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BackendCluster } from '../../src/backend/backend.js';
import type { BackendKind } from '../../src/backend/backend-kinds.js';
import type { ClusterObjects } from '../../src/backend/cluster-objects.js';
import { MemoryObjects } from '../../src/backend/memory-objects.js';
import { Churn } from '../../src/churn/churn.js';
import { churnKinds, churnNames, type ChurnRates } from '../../src/churn/kinds.js';
import { ManagedCluster } from '../../src/cluster/managed-cluster.js';
import { LocalCluster, type LocalClusterContext } from '../../src/host/local-cluster.js';

const none: ChurnRates = { pods: 0, namespaces: 0, rbac: 0, events: 0 };

const objectsOf = (cluster: ManagedCluster | undefined): ClusterObjects =>
  (cluster?.hosted as LocalCluster).backend.objects;

/** Active clusters with real APIs, and a clock that is moved by hand. */
function setup(names: string[], kind: BackendKind = 'memory') {
  const server = new ApiServer();
  onTestFinished(() => server.close());
  const clusters = names.map((name) => {
    const one = new ManagedCluster({ name, uid: name, createdAt: 0, backend: kind, stages: {} }, 0, false);
    const backend: Partial<BackendCluster> = {
      objects: new MemoryObjects(server.createCluster({ uid: name }).api),
    };
    one.hosted = new LocalCluster(backend as BackendCluster, { secret: '' } as LocalClusterContext);
    one.phase = 'active';
    return one;
  });
  let now = Date.now();
  let due: { at: number; run: () => void } | undefined;
  const lines: string[] = [];
  const log = (_object: object, message: string): void => void lines.push(message);
  const churn = (rates: Partial<ChurnRates>): Churn =>
    new Churn({
      rates: { ...none, ...rates },
      clusters: () => clusters,
      delayer: { delay: (_key, delayMs, run) => void (due = { at: now + delayMs, run }) },
      now: () => now,
      onChurned: (cluster, churned) => {
        if (churned) cluster.record.churned = true;
        else delete cluster.record.churned;
      },
      logger: { debug: log, info: log, warn: log, error: log },
    });
  const advance = async (ms: number): Promise<void> => {
    const until = now + ms;
    await new Promise(setImmediate);
    while (due !== undefined && due.at <= until) {
      const { at, run } = due;
      due = undefined;
      now = at;
      run();
      await new Promise(setImmediate);
    }
    now = until;
  };
  const count = async (storage: string): Promise<number[]> =>
    Promise.all(
      clusters.map(
        async (cluster) =>
          (await objectsOf(cluster).list(storage, { labelSelector: 'scale-cluster-agent.io/churn=true' }))
            .length,
      ),
    );
  return { clusters, churn, advance, count, lines, isDue: () => due !== undefined };
}

describe('churn', () => {
  it('writes at the rate of the whole fleet, in all clusters in turn', async () => {
    const { churn, advance, count } = setup(['a', 'b', 'c']);
    const one = churn({ events: 6 });
    one.start();
    await advance(1_050);
    expect(await count('events')).toEqual([2, 2, 2]);
    expect(one.view).toEqual({ perSec: 6, writes: 6, failures: 0 });
  });

  it.each(churnNames)('makes %s come and go, never more than a few in a cluster', async (name) => {
    const { churn, advance, clusters, lines } = setup(['a']);
    const { storage, most } = churnKinds[name];
    const one = churn({ [name]: 10 });
    const seen = new Set<string>();
    let present = 0;
    objectsOf(clusters[0]).watch(
      storage,
      { labelSelector: 'scale-cluster-agent.io/churn=true' },
      (type, object) => {
        if (type === 'ADDED') seen.add(object.metadata.name ?? '');
        present += type === 'ADDED' ? 1 : type === 'DELETED' ? -1 : 0;
        // A pod and a namespace take a moment to go.
        expect(present).toBeLessThanOrEqual(2 * most);
      },
    );
    one.start();
    await advance(6_000);
    expect({ failures: one.view.failures, lines }).toEqual({ failures: 0, lines: [] });
    expect(one.view.writes).toBeGreaterThan(50);
    expect(seen.size).toBeGreaterThan(2 * most);
  });

  it('is no more than a rate of less than one per tick asks for, and does not make up for a pause', async () => {
    const { churn, advance, clusters } = setup(['a']);
    const one = churn({ rbac: 0.5 });
    one.start();
    await advance(4_000);
    expect(one.view.writes).toBe(2);
    for (const cluster of clusters) cluster.phase = 'degraded';
    await advance(60_000);
    for (const cluster of clusters) cluster.phase = 'active';
    await advance(2_000);
    expect(one.view.writes).toBe(3);
  });

  it('goes on with what a run before has left', async () => {
    const { churn, advance, count } = setup(['a']);
    churn({ rbac: 10 }).start();
    await advance(350);
    const [before = 0] = await count(churnKinds.rbac.storage);
    const next = churn({ rbac: 10 });
    next.start();
    await advance(3_000);
    expect(before).toBeGreaterThan(0);
    expect(next.view).toMatchObject({ failures: 0 });
    expect((await count(churnKinds.rbac.storage))[0]).toBeLessThanOrEqual(churnKinds.rbac.most);
  });

  it('clears away what was left once there are no rates any more, then rests', async () => {
    const { churn, advance, count, clusters, isDue } = setup(['a', 'b']);
    churn({ events: 40, rbac: 4, namespaces: 2 }).start();
    await advance(700);
    expect((await count('events')).every((left) => left > 0)).toBe(true);
    expect(clusters.map(({ record }) => record.churned)).toEqual([true, true]);
    churn({}).start();
    await advance(2_000);
    expect([await count('events'), await count(churnKinds.rbac.storage)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(clusters.some(({ record }) => record.churned)).toBe(false);
    expect(isDue()).toBe(false);
  });

  it('leaves out clusters whose API is another process, and says so once', async () => {
    const { churn, advance, count, lines } = setup(['a'], 'kwok-dedicated');
    const one = churn({ pods: 10 });
    one.start();
    await advance(1_000);
    expect([one.view.writes, await count('pods')]).toEqual([0, [0]]);
    expect(lines).toEqual([expect.stringContaining('kwok-dedicated')]);
  });
});
