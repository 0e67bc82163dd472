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

const critical = (value: number): KubeObject => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name: `p${value}` },
  value,
});

describe('preemption', () => {
  it('takes the place of the least important pods, and of no more than needed', () => {
    const cluster = newCluster();
    for (const value of [10, 20, 100]) cluster.api.create(critical(value));
    cluster.drain();
    const filler = (name: string, priority: number, nodeName: string): void => {
      const spec = {
        ...containers('x', { cpu: '2' }),
        priorityClassName: `p${priority}`,
        nodeSelector: { 'kubernetes.io/hostname': nodeName },
      };
      cluster.api.create(pod(name, spec));
    };
    filler('a', 20, 'n1');
    filler('b', 20, 'n1');
    filler('c', 10, 'n2');
    filler('d', 20, 'n2');
    cluster.advance(3000);
    cluster.api.create(pod('urgent', { ...containers('x', { cpu: '2' }), priorityClassName: 'p100' }));
    cluster.advance(3000);
    expect(nodeOf(cluster, 'urgent')).toBe('n2');
    expect(names(cluster.api.list('pods'))).toEqual(['a', 'b', 'd', 'urgent']);
    expect(eventsAbout(cluster, 'c')).toContainEqual(
      expect.stringMatching(/^Preempted: Preempted by pod .* on node n2$/u),
    );
    expect(get(cluster, 'urgent')['status'].nominatedNodeName).toBe('n2');
  });

  it('is not for pods that will not preempt, nor where it would not help', () => {
    const cluster = newCluster();
    cluster.api.create(critical(10));
    cluster.api.create({ ...critical(100), preemptionPolicy: 'Never' });
    for (const name of ['a', 'b']) {
      cluster.api.create(pod(name, { ...containers('x', { cpu: '3' }), priorityClassName: 'p10' }));
    }
    cluster.advance(3000);
    cluster.api.create(pod('polite', { ...containers('x', { cpu: '3' }), priorityClassName: 'p100' }));
    cluster.api.create(pod('huge', { ...containers('x', { cpu: '30' }), priorityClassName: 'p10' }));
    cluster.advance(3000);
    const message = (name: string): string => get(cluster, name)['status'].conditions[0].message;
    expect(message('polite')).toBe(
      '0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.',
    );
    expect(message('huge')).toContain('preemption: 0/2 nodes are available: 2 Preemption is not helpful');
    expect(names(cluster.api.list('pods'))).toHaveLength(4);
  });
});

describe('where pods go', () => {
  it('spreads pods evenly over a topology, and refuses when the skew would be too large', () => {
    const cluster = newCluster();
    const constraint = {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 's' } },
    };
    const spread = { topologySpreadConstraints: [constraint] };
    cluster.api.create(pod('first', { ...spread, nodeSelector: { disk: 'ssd' } }, { app: 's' }));
    cluster.advance(1000);
    cluster.api.create(
      pod('second', { ...spread, nodeSelector: { 'kubernetes.io/hostname': 'n1' } }, { app: 's' }),
    );
    cluster.api.create(pod('third', spread, { app: 's' }));
    cluster.advance(1000);
    expect(nodeOf(cluster, 'third')).toBe('n2');
    // With a node selector only the nodes that fit it count.
    expect(nodeOf(cluster, 'second')).toBe('n1');
    cluster.api.create(pod('fourth', { ...spread, tolerations: [] }, { app: 's' }));
    cluster.api.create(pod('fifth', { ...spread, tolerations: [] }, { app: 's' }));
    cluster.api.patch('nodes', undefined, 'n2', 'merge', { spec: { unschedulable: true } });
    cluster.advance(1000);
    const refused = ['fourth', 'fifth'].filter((name) => nodeOf(cluster, name) === undefined);
    expect(refused).toHaveLength(2);
    expect(get(cluster, 'fourth')['status'].conditions[0].message).toContain(
      "1 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable",
    );
  });

  it('follows preferences, and keeps away from nodes that would rather not', () => {
    const cluster = newCluster();
    const preference = { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] };
    const affinity = {
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference }] },
    };
    for (let i = 0; i < 3; i++) cluster.api.create(pod(`p${i}`, { affinity }));
    cluster.advance(1000);
    expect([0, 1, 2].map((i) => nodeOf(cluster, `p${i}`))).toEqual(['n1', 'n1', 'n1']);
    cluster.api.patch('nodes', undefined, 'n2', 'merge', {
      spec: { taints: [{ key: 'old', effect: 'PreferNoSchedule' }] },
    });
    cluster.api.create(pod('q'));
    cluster.advance(1000);
    expect(nodeOf(cluster, 'q')).toBe('n1');
  });

  it('is not beside pods that want to be without them', () => {
    const cluster = newCluster();
    const term = {
      labelSelector: { matchLabels: { app: 'noisy' } },
      namespaceSelector: {},
      topologyKey: 'kubernetes.io/hostname',
    };
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    cluster.api.create(pod('quiet', { affinity, nodeName: 'n1' }));
    cluster.drain();
    const noisy = { ...pod('noisy', {}, { app: 'noisy' }) };
    cluster.api.create({ ...noisy, metadata: { ...noisy.metadata, namespace: 'default' } });
    cluster.advance(1000);
    expect(cluster.api.get('pods', 'default', 'noisy')['spec'].nodeName).toBe('n2');
    cluster.api.create(pod('bound', { nodeSelector: { disk: 'ssd' } }, { app: 'noisy' }));
    cluster.advance(1000);
    expect(get(cluster, 'bound')['status'].conditions[0].message).toContain(
      "1 node(s) didn't satisfy existing pods anti-affinity rules",
    );
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

  it('runs init containers one after the other, sidecars on, and then the others', () => {
    const cluster = newCluster();
    const seen: string[] = [];
    cluster.api.watch('pods', { namespace: 'demo' }, (_type, { status }) => {
      const { initContainerStatuses = [], containerStatuses = [] } = status as Record<
        string,
        { state: object }[]
      >;
      const states = [...initContainerStatuses, ...containerStatuses].map(({ state }) =>
        Object.keys(state).join(),
      );
      if (states.length > 0) seen.push(states.map((state) => state[0]).join(''));
    });
    const initContainers = [
      { name: 'first', image: 'init:1' },
      { name: 'side', image: 'side:1', restartPolicy: 'Always' },
      { name: 'last', image: 'init:2' },
    ];
    cluster.api.create(pod('p', { initContainers }));
    cluster.advance(10_000);
    expect(seen).toEqual(['wwww', 'rwww', 'twww', 'trww', 'trrw', 'trtw', 'trtr']);
    expect(conditions(get(cluster, 'p'))).toContain('Ready=True');
    expect(get(cluster, 'p')['status'].initContainerStatuses).toMatchObject([
      {
        name: 'first',
        ready: true,
        started: false,
        state: { terminated: { exitCode: 0, reason: 'Completed' } },
      },
      { name: 'side', ready: true, started: true },
      { name: 'last', ready: true, started: false },
    ]);
  });

  it('rejects pods that name a node which cannot take them', () => {
    const cluster = newCluster();
    const port = { containers: [{ name: 'app', image: 'x', ports: [{ containerPort: 80, hostPort: 80 }] }] };
    cluster.api.create(pod('first', { ...port, nodeName: 'n1' }));
    cluster.advance(3000);
    cluster.api.create(pod('second', { ...port, nodeName: 'n1' }));
    cluster.api.create(pod('large', { ...containers('x', { cpu: '5' }), nodeName: 'n1' }));
    cluster.api.create(pod('picky', { nodeSelector: { disk: 'tape' }, nodeName: 'n1' }));
    cluster.advance(3000);
    const told = (name: string): string[] => {
      const { phase, reason, message } = get(cluster, name)['status'] as Record<string, string>;
      return [phase ?? '', reason ?? '', message ?? ''];
    };
    expect(get(cluster, 'first')['status'].phase).toBe('Running');
    expect(told('second')).toEqual([
      'Failed',
      'NodePorts',
      "Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    ]);
    expect(told('large')).toEqual([
      'Failed',
      'OutOfcpu',
      "Pod was rejected: Node didn't have enough resource: cpu, requested: 5000, used: 0, capacity: 4000",
    ]);
    expect(told('picky').slice(0, 2)).toEqual(['Failed', 'NodeAffinity']);
  });

  it('fails a pod when its deadline is over', () => {
    const cluster = newCluster();
    cluster.api.create(pod('p', { activeDeadlineSeconds: 60 }));
    cluster.advance(58_000);
    expect(get(cluster, 'p')['status'].phase).toBe('Running');
    cluster.advance(4000);
    expect(get(cluster, 'p')['status']).toMatchObject({
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
      containerStatuses: [{ ready: false, state: { terminated: { exitCode: 137, reason: 'Error' } } }],
    });
    expect(conditions(get(cluster, 'p'))).toContain('Ready=False/PodFailed');
  });

  it('starts ephemeral containers and notes a resize', () => {
    const cluster = newCluster();
    cluster.api.create(pod('p', containers('app:1', { cpu: '1' })));
    cluster.advance(3000);
    const debug = { name: 'debug', image: 'busybox', targetContainerName: 'app' };
    cluster.api.patch(
      'pods',
      'demo',
      'p',
      'strategic',
      { spec: { ephemeralContainers: [debug] } },
      { subresource: 'ephemeralcontainers' },
    );
    cluster.advance(1000);
    expect(get(cluster, 'p')['status'].ephemeralContainerStatuses).toMatchObject([
      { name: 'debug', ready: false, state: { running: {} } },
    ]);
    const resized = [{ name: 'app', resources: { requests: { cpu: '2' } } }];
    cluster.api.patch(
      'pods',
      'demo',
      'p',
      'strategic',
      { spec: { containers: resized } },
      { subresource: 'resize' },
    );
    cluster.advance(1000);
    const { metadata, status } = get(cluster, 'p');
    expect(status).toMatchObject({
      observedGeneration: metadata.generation,
      containerStatuses: [{ resources: { requests: { cpu: '2' } }, allocatedResources: { cpu: '2' } }],
    });
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
    const timeAdded = '2026-01-01T12:00:01Z';
    expect(cluster.api.get('nodes', undefined, 'n1')['spec'].taints).toEqual([
      { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule', timeAdded },
      { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded },
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
