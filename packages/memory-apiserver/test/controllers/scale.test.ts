import { afterEach, describe, expect, it } from 'vitest';
import { ApiServer } from '../../src/api-server.js';
import type { Cluster } from '../../src/cluster.js';
import { node, workload } from './cluster.js';

let server: ApiServer;
afterEach(() => server.close());

/** Clusters on a base of two nodes, a Deployment and its pods. */
function fleet(count: number): Cluster[] {
  server = new ApiServer();
  const base = server.createBase([
    node('n1'),
    node('n2'),
    workload('apps/v1', 'Deployment', 'web', { replicas: 10 }),
  ]);
  return Array.from({ length: count }, (_, i) => server.createCluster({ name: `c${i}`, uid: `u${i}`, base }));
}

describe('many clusters', () => {
  it('cost no reconcile and no place in a queue as long as nothing changes in them', async () => {
    const clusters = fleet(200);
    await server.idle();
    expect(clusters[199]?.api.count('pods', 'demo')).toBe(10);
    expect(server.controllerMetrics()).toEqual({ reconciles: 0, failures: 0, queued: 0, delayed: 0 });
  });

  it('cost work only where something changes, and none afterwards', async () => {
    const [first] = fleet(50);
    first?.api.patch('nodes', undefined, 'n1', 'merge', { metadata: { annotations: { load: '1' } } });
    await server.idle();
    expect(server.controllerMetrics()).toMatchObject({ reconciles: 0, queued: 0, delayed: 0 });
    first?.api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'fresh' } });
    await server.idle();
    expect(first?.api.find('serviceaccounts', 'fresh', 'default')).toBeDefined();
    const { reconciles, queued, delayed } = server.controllerMetrics();
    expect(reconciles).toBeLessThan(10);
    expect({ queued, delayed }).toEqual({ queued: 0, delayed: 0 });
  });

  it('work on the objects of their base when these change: a deleted Deployment takes its pods with it', async () => {
    const [first, second] = fleet(2);
    first?.api.delete('deployments.apps', 'demo', 'web', { propagationPolicy: 'Background' });
    await server.idle();
    expect(first?.api.count('replicasets.apps', 'demo')).toBe(0);
    expect(first?.api.count('pods', 'demo')).toBe(0);
    expect(second?.api.count('pods', 'demo')).toBe(10);
  });
});
