import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/controllers/hash.js';
import type { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import { containers, eventsAbout, newCluster, node, podsOf, workload } from './cluster.js';

const nodesOf = (cluster: ScratchCluster): string[] =>
  podsOf(cluster, 'agent')
    .map((pod) => pod['spec'].nodeName as string)
    .sort();

describe('daemonset', () => {
  it('has one pod on each node, on new ones too, and none on nodes that are gone', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'DaemonSet', 'agent'));
    cluster.advance(5000);
    expect(nodesOf(cluster)).toEqual(['n1', 'n2']);
    cluster.api.create(node('n3'));
    cluster.advance(5000);
    expect(nodesOf(cluster)).toEqual(['n1', 'n2', 'n3']);
    cluster.api.delete('nodes', undefined, 'n1');
    cluster.advance(5000);
    expect(nodesOf(cluster)).toEqual(['n2', 'n3']);
    expect(cluster.api.get('daemonsets.apps', 'demo', 'agent')['status']).toMatchObject({
      desiredNumberScheduled: 2,
      currentNumberScheduled: 2,
      numberReady: 2,
      numberAvailable: 2,
      updatedNumberScheduled: 2,
      numberMisscheduled: 0,
    });
  });

  it('keeps its template in a revision as the patch that upstream writes, keys in order', () => {
    const cluster = newCluster();
    const set = cluster.api.create(workload('apps/v1', 'DaemonSet', 'agent'));
    cluster.advance(1000);
    const [revision] = cluster.api.list('controllerrevisions.apps', { namespace: 'demo' });
    const { metadata, spec } = set['spec'].template as Record<string, unknown>;
    expect(JSON.stringify(revision?.['data'])).toBe(
      canonicalJson({ spec: { template: { $patch: 'replace', metadata, spec } } }),
    );
  });

  it('keeps to its node selector and to taints, and runs on cordoned nodes', () => {
    const cluster = newCluster();
    const template = {
      metadata: { labels: { app: 'agent' } },
      spec: { ...containers(), nodeSelector: { disk: 'ssd' } },
    };
    cluster.api.patch('nodes', undefined, 'n1', 'merge', { spec: { unschedulable: true } });
    cluster.api.create(workload('apps/v1', 'DaemonSet', 'agent', { template }));
    cluster.advance(5000);
    expect(nodesOf(cluster)).toEqual(['n1']);
    cluster.api.patch('nodes', undefined, 'n1', 'merge', {
      spec: { taints: [{ key: 'broken', effect: 'NoExecute' }] },
    });
    cluster.advance(5000);
    expect(nodesOf(cluster)).toEqual([]);
  });

  it('replaces pods one by one when the template changes', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'DaemonSet', 'agent'));
    cluster.advance(5000);
    cluster.api.patch('daemonsets.apps', 'demo', 'agent', 'merge', {
      spec: { template: { spec: containers('app:2') } },
    });
    let least = 2;
    for (let i = 0; i < 100; i++) {
      cluster.advance(100);
      least = Math.min(
        least,
        Number(cluster.api.get('daemonsets.apps', 'demo', 'agent')['status'].numberAvailable ?? 0),
      );
    }
    expect(least).toBe(1);
    expect(podsOf(cluster, 'agent').map((pod) => pod['spec'].containers[0].image)).toEqual([
      'app:2',
      'app:2',
    ]);
  });

  it('is not looked at again when a node changes in what does not concern it', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'DaemonSet', 'agent'));
    cluster.advance(5000);
    cluster.api.patch('nodes', undefined, 'n1', 'merge', { metadata: { annotations: { load: '0' } } });
    cluster.drain();
    const before = cluster.runtime.metrics().reconciles;
    cluster.api.patch('nodes', undefined, 'n1', 'merge', { metadata: { annotations: { load: '1' } } });
    cluster.drain();
    expect(cluster.runtime.metrics().reconciles).toBe(before);
  });
});

describe('a daemonset that is updated', () => {
  const update = (cluster: ScratchCluster, image = 'app:2'): void =>
    void cluster.api.patch('daemonsets.apps', 'demo', 'agent', 'merge', {
      spec: { template: { spec: containers(image) } },
    });
  const status = (cluster: ScratchCluster): Record<string, number> =>
    cluster.api.get('daemonsets.apps', 'demo', 'agent')['status'] as Record<string, number>;
  const images = (cluster: ScratchCluster): string[] =>
    podsOf(cluster, 'agent')
      .map((pod) => pod['spec'].containers[0].image as string)
      .sort();
  const withNodes = (count: number, rollingUpdate: Record<string, unknown>, more = {}): ScratchCluster => {
    const cluster = newCluster();
    for (let n = 3; n <= count; n++) cluster.api.create(node(`n${n}`));
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate };
    cluster.api.create(workload('apps/v1', 'DaemonSet', 'agent', { updateStrategy, ...more }));
    cluster.advance(10_000);
    return cluster;
  };
  /** The fewest available and the most pods that there were on the way. */
  const watched = (cluster: ScratchCluster, seconds: number): { least: number; most: number } => {
    let [least, most] = [Infinity, 0];
    for (let i = 0; i < seconds * 10; i++) {
      cluster.advance(100);
      least = Math.min(least, status(cluster)['numberAvailable'] ?? 0);
      most = Math.max(most, podsOf(cluster, 'agent').length);
    }
    return { least, most };
  };

  it('takes down as many pods at a time as the percentage of maxUnavailable says, rounded up', () => {
    const cluster = withNodes(4, { maxUnavailable: '30%' });
    update(cluster);
    expect(watched(cluster, 30)).toEqual({ least: 2, most: 4 });
    expect(images(cluster)).toEqual(Array(4).fill('app:2'));
    expect(status(cluster)).toMatchObject({ updatedNumberScheduled: 4, numberAvailable: 4 });
  });

  it('with maxSurge starts the new pod first, on so many nodes at a time', () => {
    const cluster = withNodes(4, { maxSurge: '25%', maxUnavailable: 0 });
    update(cluster);
    expect(watched(cluster, 30)).toEqual({ least: 4, most: 5 });
    expect(images(cluster)).toEqual(Array(4).fill('app:2'));
  });

  it('with maxSurge keeps the old pod until the new one has been ready for minReadySeconds', () => {
    const cluster = withNodes(2, { maxSurge: 1, maxUnavailable: 0 }, { minReadySeconds: 20 });
    cluster.advance(30_000);
    update(cluster);
    cluster.advance(15_000);
    expect(images(cluster)).toEqual(['app:1', 'app:1', 'app:2']);
    cluster.advance(60_000);
    expect(images(cluster)).toEqual(['app:2', 'app:2']);
    expect(status(cluster)['numberAvailable']).toBe(2);
  });

  it('waits for minReadySeconds before it goes on with the next node', () => {
    const cluster = withNodes(2, { maxUnavailable: 1 }, { minReadySeconds: 20 });
    cluster.advance(30_000);
    update(cluster);
    cluster.advance(15_000);
    expect(images(cluster)).toEqual(['app:1', 'app:2']);
    expect(status(cluster)).toMatchObject({ numberReady: 2, numberAvailable: 1, numberUnavailable: 1 });
    cluster.advance(40_000);
    expect(images(cluster)).toEqual(['app:2', 'app:2']);
  });

  it('with OnDelete replaces only pods that somebody else deletes', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'DaemonSet', 'agent', { updateStrategy: { type: 'OnDelete' } }));
    cluster.advance(5000);
    update(cluster);
    cluster.advance(20_000);
    expect(images(cluster)).toEqual(['app:1', 'app:1']);
    expect(status(cluster)['updatedNumberScheduled']).toBeUndefined();
    cluster.api.delete('pods', 'demo', podsOf(cluster, 'agent')[0]?.metadata.name ?? '');
    cluster.advance(10_000);
    expect(images(cluster)).toEqual(['app:1', 'app:2']);
    expect(status(cluster)['updatedNumberScheduled']).toBe(1);
  });

  it('keeps as many old revisions as revisionHistoryLimit says', () => {
    const cluster = withNodes(2, {}, { revisionHistoryLimit: 2 });
    for (let version = 2; version <= 6; version++) {
      update(cluster, `app:${version}`);
      cluster.advance(20_000);
    }
    const revisions = cluster.api.list('controllerrevisions.apps', { namespace: 'demo' });
    expect(revisions.map((revision) => revision['revision'] as number).sort()).toEqual([4, 5, 6]);
  });

  it('counts a revision name that is taken as a collision and takes another one', () => {
    const named = (cluster: ScratchCluster): string[] =>
      cluster.api
        .list('controllerrevisions.apps', { namespace: 'demo' })
        .map(({ metadata }) => metadata.name);
    const other = newCluster();
    other.api.create(workload('apps/v1', 'DaemonSet', 'agent'));
    other.advance(1000);
    const [taken = ''] = named(other);
    const cluster = newCluster();
    const data = { spec: { template: { $patch: 'replace' } } };
    const metadata = { name: taken, namespace: 'demo' };
    cluster.api.create({ apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata, data, revision: 1 });
    cluster.api.create(workload('apps/v1', 'DaemonSet', 'agent'));
    cluster.advance(5000);
    expect(status(cluster)).toMatchObject({ collisionCount: 1, numberReady: 2 });
    expect(named(cluster)).toHaveLength(2);
  });
});

describe('daemon pods that end', () => {
  const end = (cluster: ScratchCluster, phase: string): void => {
    const [pod] = podsOf(cluster, 'agent');
    cluster.api.patch(
      'pods',
      'demo',
      pod?.metadata.name ?? '',
      'merge',
      { status: { phase } },
      { subresource: 'status' },
    );
  };

  it('are replaced, and the set tells why', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'DaemonSet', 'agent'));
    cluster.advance(5000);
    const [failed] = podsOf(cluster, 'agent').map(({ metadata }) => metadata.name);
    end(cluster, 'Failed');
    cluster.advance(5000);
    expect(nodesOf(cluster)).toEqual(['n1', 'n2']);
    expect(podsOf(cluster, 'agent').map(({ metadata }) => metadata.name)).not.toContain(failed);
    expect(eventsAbout(cluster, 'agent')).toContainEqual(
      expect.stringMatching(
        /^FailedDaemonPod: Found failed daemon pod demo\/agent-\w+ on node n[12], will try to kill it$/,
      ),
    );
    end(cluster, 'Succeeded');
    cluster.advance(5000);
    expect(eventsAbout(cluster, 'agent')).toContainEqual(
      expect.stringMatching(/^SucceededDaemonPod: .*will try to delete it$/),
    );
  });

  it('are not replaced at once when they fail again and again', () => {
    const cluster = newCluster();
    const template = {
      metadata: { labels: { app: 'agent' } },
      spec: { ...containers(), nodeSelector: { disk: 'ssd' } },
    };
    cluster.api.create(workload('apps/v1', 'DaemonSet', 'agent', { template }));
    cluster.advance(5000);
    const seen = new Set<string>();
    for (let i = 0; i < 100; i++) {
      const [pod] = podsOf(cluster, 'agent');
      if (pod !== undefined && pod['status'].phase !== 'Failed') {
        seen.add(pod.metadata.name);
        end(cluster, 'Failed');
      }
      cluster.advance(100);
    }
    // Replaced after 0, 1, 2 and 4 more seconds.
    expect(seen.size).toBe(5);
  });

  it('that never got to a node go with it', () => {
    const cluster = newCluster();
    const huge = { metadata: { labels: { app: 'agent' } }, spec: containers('app:1', { cpu: '99' }) };
    cluster.api.create(workload('apps/v1', 'DaemonSet', 'agent', { template: huge }));
    cluster.advance(5000);
    expect(podsOf(cluster, 'agent')).toHaveLength(2);
    cluster.api.delete('nodes', undefined, 'n2');
    cluster.advance(5000);
    expect(podsOf(cluster, 'agent')).toHaveLength(1);
  });
});
