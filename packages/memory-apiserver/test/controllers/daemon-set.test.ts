import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/controllers/hash.js';
import type { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import { containers, newCluster, node, podsOf, workload } from './cluster.js';

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
