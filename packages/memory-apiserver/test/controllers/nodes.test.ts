import { describe, expect, it } from 'vitest';
import { builtinControllers } from '../../src/controllers/builtin.js';
import type { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import type { KubeObject } from '../../src/object.js';
import { conditions, eventsAbout, names, newCluster, node, pod } from './cluster.js';

const taint = (cluster: ScratchCluster, name: string, extra: object = {}): void => {
  const taints = [{ key: 'maintenance', value: 'now', effect: 'NoExecute', ...extra }];
  cluster.api.patch('nodes', undefined, name, 'merge', { spec: { taints } });
};

const tolerating = (tolerationSeconds?: number): object => ({
  tolerations: [
    {
      key: 'maintenance',
      operator: 'Exists',
      effect: 'NoExecute',
      ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
    },
  ],
});

const podNames = (cluster: ScratchCluster): string[] =>
  names(cluster.api.list('pods', { namespace: 'demo' }));

describe('taint eviction', () => {
  it('deletes pods that do not tolerate a NoExecute taint at once, others when their time is over', () => {
    const cluster = newCluster();
    for (const [name, spec] of Object.entries({ plain: {}, patient: tolerating(60), stays: tolerating() }))
      cluster.api.create(pod(name, { ...spec, nodeName: 'n1' }));
    cluster.advance(3000);
    taint(cluster, 'n1');
    const seen: KubeObject[] = [];
    cluster.api.watch('pods', {}, (_type, object) => void seen.push(object));
    cluster.drain();
    expect(podNames(cluster)).toEqual(['patient', 'stays']);
    expect(conditions(seen[0])).toContain('DisruptionTarget=True/DeletionByTaintManager');
    expect(eventsAbout(cluster, 'plain')).toContain(
      'TaintManagerEviction: Marking for deletion Pod demo/plain',
    );
    cluster.advance(59_000);
    expect(podNames(cluster)).toEqual(['patient', 'stays']);
    cluster.advance(2000);
    expect(podNames(cluster)).toEqual(['stays']);
  });

  it('spares pods whose node has lost the taint in time', () => {
    const cluster = newCluster();
    cluster.api.create(pod('patient', { ...tolerating(60), nodeName: 'n1' }));
    cluster.advance(3000);
    taint(cluster, 'n1');
    cluster.advance(30_000);
    cluster.api.patch('nodes', undefined, 'n1', 'merge', { spec: { taints: null } });
    cluster.advance(300_000);
    expect(podNames(cluster)).toEqual(['patient']);
    taint(cluster, 'n1');
    cluster.advance(59_000);
    expect(podNames(cluster)).toEqual(['patient']);
  });

  it('counts from the time that the taint was added, if it says so', () => {
    const cluster = newCluster();
    cluster.api.create(pod('patient', { ...tolerating(60), nodeName: 'n1' }));
    cluster.advance(3000);
    taint(cluster, 'n1', { timeAdded: new Date(cluster.now - 50_000).toISOString().slice(0, 19) + 'Z' });
    cluster.advance(11_000);
    expect(podNames(cluster)).toEqual([]);
  });

  it('takes pods off a node that is not ready after five minutes, by their default tolerations', () => {
    const cluster = newCluster();
    cluster.api.create(pod('p', { nodeName: 'n1' }));
    cluster.advance(3000);
    const status = { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }] };
    cluster.api.patch('nodes', undefined, 'n1', 'strategic', { status }, { subresource: 'status' });
    cluster.advance(299_000);
    expect(podNames(cluster)).toEqual(['p']);
    cluster.advance(2000);
    expect(podNames(cluster)).toEqual([]);
  });
});

describe('heartbeats', () => {
  const beating = (): ScratchCluster => {
    const cluster = newCluster({
      controllers: builtinControllers({ heartbeat: { leaseMs: 10_000, statusMs: 300_000 } }),
    });
    cluster.api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-node-lease' } });
    cluster.api.create(node('n3'));
    cluster.advance(1000);
    return cluster;
  };
  const renewed = (cluster: ScratchCluster, name: string): number => {
    const lease = cluster.api.get('leases.coordination.k8s.io', 'kube-node-lease', name);
    return Date.parse((lease['spec'] as { renewTime: string }).renewTime);
  };

  it('renew a Lease for each node, which goes with the node', () => {
    const cluster = beating();
    for (let i = 0; i < 10; i++) {
      cluster.advance(10_000);
      for (const name of ['n1', 'n2', 'n3'])
        expect(cluster.now - renewed(cluster, name)).toBeLessThan(10_000);
    }
    const lease = cluster.api.get('leases.coordination.k8s.io', 'kube-node-lease', 'n3');
    expect(lease['spec']).toMatchObject({ holderIdentity: 'n3', leaseDurationSeconds: 40 });
    cluster.api.delete('nodes', undefined, 'n3');
    cluster.advance(1000);
    expect(names(cluster.api.list('leases.coordination.k8s.io'))).toEqual(['n1', 'n2']);
  });

  it('set lastHeartbeatTime of conditions at their own rate', () => {
    const cluster = beating();
    const last = (): string =>
      cluster.api.get('nodes', undefined, 'n1')['status'].conditions[0].lastHeartbeatTime;
    const before = last();
    cluster.advance(600_000);
    expect(Date.parse(last())).toBeGreaterThan(Date.parse(before) + 300_000);
  });

  it('fall silent for a node that is said to be unknown', () => {
    const cluster = beating();
    const status = { conditions: [{ type: 'Ready', status: 'Unknown' }] };
    cluster.api.patch('nodes', undefined, 'n1', 'strategic', { status }, { subresource: 'status' });
    const before = renewed(cluster, 'n1');
    cluster.advance(60_000);
    expect(renewed(cluster, 'n1')).toBe(before);
    expect(renewed(cluster, 'n2')).toBeGreaterThan(before);
  });

  it('are off by default', () => {
    const cluster = newCluster();
    cluster.advance(600_000);
    expect(cluster.api.count('leases.coordination.k8s.io')).toBe(0);
  });
});
