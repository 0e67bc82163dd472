import { describe, expect, it } from 'vitest';
import type { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import type { KubeObject } from '../../src/object.js';
import { conditions, containers, eventsAbout, names, newCluster, node, pod } from './cluster.js';

const get = (cluster: ScratchCluster, name: string): KubeObject => cluster.api.get('pods', 'demo', name);
const nodeOf = (cluster: ScratchCluster, name: string): string | undefined =>
  get(cluster, name)['spec'].nodeName as string | undefined;

describe('scheduler', () => {
  it('spreads pods over the nodes', () => {
    const cluster = newCluster();
    for (let i = 0; i < 4; i++) cluster.api.create(pod(`p${i}`));
    cluster.drain();
    expect(
      cluster.api
        .list('pods')
        .map(({ spec }) => (spec as { nodeName: string }).nodeName)
        .sort(),
    ).toEqual(['n1', 'n1', 'n2', 'n2']);
  });

  it('tells why a pod fits nowhere, and places it when a node changes', () => {
    const cluster = newCluster();
    cluster.api.create(pod('p', { nodeSelector: { disk: 'tape' } }));
    cluster.advance(1000);
    const [condition] = get(cluster, 'p')['status'].conditions;
    expect(condition).toMatchObject({
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message:
        "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
    });
    cluster.api.patch('nodes', undefined, 'n2', 'merge', { metadata: { labels: { disk: 'tape' } } });
    cluster.drain();
    expect(nodeOf(cluster, 'p')).toBe('n2');
  });

  it('counts requests against what nodes can give, and uses room that becomes free', () => {
    const cluster = newCluster();
    for (const name of ['a', 'b', 'c']) cluster.api.create(pod(name, containers('x', { cpu: '2500m' })));
    cluster.advance(3000);
    expect(['a', 'b', 'c'].map((name) => nodeOf(cluster, name) !== undefined)).toEqual([true, true, false]);
    expect(get(cluster, 'c')['status'].conditions[0].message).toMatch(
      /^0\/2 nodes are available: 2 Insufficient cpu\./,
    );
    cluster.api.delete('pods', 'demo', 'a');
    cluster.advance(1000);
    expect(nodeOf(cluster, 'c')).toBeDefined();
  });

  it('keeps away from cordoned and tainted nodes but for pods that tolerate it', () => {
    const cluster = newCluster();
    cluster.api.patch('nodes', undefined, 'n1', 'merge', { spec: { unschedulable: true } });
    cluster.api.patch('nodes', undefined, 'n2', 'merge', {
      spec: { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] },
    });
    cluster.api.create(pod('plain'));
    cluster.api.create(pod('gpu', { tolerations: [{ key: 'gpu', operator: 'Equal', value: 'yes' }] }));
    cluster.drain();
    expect(nodeOf(cluster, 'plain')).toBeUndefined();
    expect(nodeOf(cluster, 'gpu')).toBe('n2');
  });

  it('keeps pods apart that want to be', () => {
    const cluster = newCluster();
    const term = { labelSelector: { matchLabels: { app: 'solo' } }, topologyKey: 'kubernetes.io/hostname' };
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    for (const name of ['a', 'b', 'c']) cluster.api.create(pod(name, { affinity }, { app: 'solo' }));
    cluster.drain();
    const nodes = ['a', 'b', 'c'].map((name) => nodeOf(cluster, name));
    expect(new Set(nodes)).toEqual(new Set(['n1', 'n2', undefined]));
  });
});

describe('kubelet', () => {
  it('takes a pod from Pending over ContainerCreating to Running within about two seconds', () => {
    const cluster = newCluster();
    const seen: string[] = [];
    cluster.api.watch('pods', { namespace: 'demo' }, (_type, { status, spec }) => {
      const { phase, containerStatuses } = status as {
        phase: string;
        containerStatuses?: { state: object }[];
      };
      const state = Object.keys(containerStatuses?.[0]?.state ?? {}).join();
      seen.push(
        [phase, (spec as { nodeName?: string }).nodeName === undefined ? '' : 'bound', state]
          .join(' ')
          .trim(),
      );
    });
    cluster.api.create(pod('p'));
    cluster.advance(3000);
    expect(seen).toEqual(['Pending', 'Pending bound', 'Pending bound waiting', 'Running bound running']);
    expect(conditions(get(cluster, 'p'))).toEqual([
      'ContainersReady=True',
      'Initialized=True',
      'PodReadyToStartContainers=True',
      'PodScheduled=True',
      'Ready=True',
    ]);
    expect(get(cluster, 'p')['status']).toMatchObject({
      podIP: '10.42.0.2',
      podIPs: [{ ip: '10.42.0.2' }],
      qosClass: 'BestEffort',
      containerStatuses: [
        { name: 'app', ready: true, started: true, restartCount: 0, image: 'docker.io/library/app:1' },
      ],
    });
    expect(eventsAbout(cluster, 'p')).toEqual([
      expect.stringMatching(/^Scheduled: Successfully assigned demo\/p to n[12]$/),
      'Started: Started container app',
    ]);
  });

  it('gives all pods different addresses, those of the host network the address of the node', () => {
    const cluster = newCluster();
    for (let i = 0; i < 50; i++) cluster.api.create(pod(`p${i}`));
    cluster.api.create(pod('host', { hostNetwork: true, nodeName: 'n1' }));
    cluster.advance(5000);
    const addresses = cluster.api.list('pods').map(({ status }) => (status as { podIP: string }).podIP);
    expect(new Set(addresses).size).toBe(51);
    expect(get(cluster, 'host')['status'].podIP).toBe(get(cluster, 'host')['status'].hostIP);
  });

  it('ends a pod that is deleted, after watchers have seen it terminating', () => {
    const cluster = newCluster();
    cluster.api.create(pod('p'));
    cluster.advance(3000);
    const seen: string[] = [];
    cluster.api.watch('pods', {}, (type, { metadata }) => {
      seen.push(`${type} ${metadata.deletionTimestamp === undefined ? 'alive' : 'terminating'}`);
    });
    cluster.api.delete('pods', 'demo', 'p');
    cluster.drain();
    expect(seen).toEqual(['MODIFIED terminating', 'DELETED terminating']);
  });

  it('waits for readiness gates', () => {
    const cluster = newCluster();
    cluster.api.create(pod('p', { readinessGates: [{ conditionType: 'example.com/open' }] }));
    cluster.advance(3000);
    expect(conditions(get(cluster, 'p'))).toContain('Ready=False/ReadinessGatesNotReady');
    const current = get(cluster, 'p');
    const open = { type: 'example.com/open', status: 'True' };
    const status = { ...current['status'], conditions: [...current['status'].conditions, open] };
    cluster.api.update({ ...current, status }, { subresource: 'status' });
    cluster.advance(1000);
    expect(conditions(get(cluster, 'p'))).toContain('Ready=True');
  });
});

describe('nodes', () => {
  it('become ready with addresses and are not written again', () => {
    const cluster = newCluster();
    const before = cluster.api.get('nodes', undefined, 'n1');
    expect(conditions(before)).toContain('Ready=True/KubeletReady');
    const addresses = cluster.api
      .list('nodes')
      .map(({ status }) => (status as { addresses: { address: string }[] }).addresses[0]?.address);
    expect(new Set(addresses).size).toBe(2);
    cluster.advance(600_000);
    expect(cluster.api.get('nodes', undefined, 'n1').metadata.resourceVersion).toBe(
      before.metadata.resourceVersion,
    );
  });

  it('that are not ready are tainted until they are', () => {
    const cluster = newCluster();
    const setReady = (status: string): void => {
      const current = cluster.api.get('nodes', undefined, 'n1');
      const list = (current['status'].conditions as { type: string }[]).map((condition) =>
        condition.type === 'Ready' ? { ...condition, status } : condition,
      );
      cluster.api.update(
        { ...current, status: { ...current['status'], conditions: list } },
        { subresource: 'status' },
      );
      cluster.drain();
    };
    setReady('Unknown');
    expect(cluster.api.get('nodes', undefined, 'n1')['spec'].taints).toEqual([
      { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
    ]);
    setReady('True');
    expect(cluster.api.get('nodes', undefined, 'n1')['spec'].taints).toBeUndefined();
  });

  it('take their pods with them when they are deleted', () => {
    const cluster = newCluster();
    cluster.api.create(node('n3', { only: 'here' }));
    cluster.api.create(pod('p', { nodeSelector: { only: 'here' } }));
    cluster.advance(3000);
    cluster.api.delete('nodes', undefined, 'n3');
    cluster.drain();
    expect(names(cluster.api.list('pods'))).toEqual([]);
  });
});
