import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ScratchCluster } from '../../../src/controllers/scratch-cluster.js';
import { compileStage, isStage } from '../../../src/controllers/stages/compile-stage.js';
import { StageSet } from '../../../src/controllers/stages/stage-set.js';
import type { KubeObject } from '../../../src/object.js';
import { conditions, eventsAbout, newCluster, pod, podsOf, workload } from '../cluster.js';

/** A Stage for pods of `app: <name>` that run. */
const stage = (name: string, spec: string, selector = '{ matchLabels: { app: x } }'): KubeObject =>
  parse(`
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: { name: ${name} }
spec:
  resourceRef: { apiGroup: v1, kind: Pod }
  selector: ${selector}
${spec.replaceAll(/^/gmu, '  ')}
`) as KubeObject;

const isRunning = `
matchLabels: { app: x }
matchExpressions:
  - { key: .status.phase, operator: In, values: [Running] }
  - { key: .metadata.deletionTimestamp, operator: DoesNotExist }`.replaceAll('\n', '\n    ');

const clusterWith = (...stages: KubeObject[]): ScratchCluster => newCluster({ stages: new StageSet(stages) });
const get = (cluster: ScratchCluster, name: string): KubeObject => cluster.api.get('pods', 'demo', name);

const failing = stage(
  'oom-killed',
  `
weight: 1
delay: { durationMilliseconds: 5000 }
next:
  event: { type: Warning, reason: OOMKilling, message: Memory cgroup out of memory }
  statusTemplate: |
    {{ $now := Now }}
    phase: Failed
    containerStatuses:
    {{ range $index, $item := .spec.containers }}
    {{ $former := index $.status.containerStatuses $index }}
    - name: {{ $item.name | Quote }}
      image: {{ $former.image | Quote }}
      imageID: {{ $former.imageID | Quote }}
      ready: false
      started: false
      restartCount: {{ add1 $former.restartCount }}
      state:
        terminated: { exitCode: 137, reason: OOMKilled, finishedAt: {{ $now | Quote }}, startedAt: {{ $former.state.running.startedAt | Quote }} }
    {{ end }}`,
  isRunning,
);

describe('Stages of a cluster', () => {
  it('make running pods fail after their delay, and the ReplicaSet makes others', () => {
    const cluster = clusterWith(failing);
    cluster.api.create(workload('apps/v1', 'ReplicaSet', 'x', { replicas: 1 }));
    cluster.advance(4000);
    const [first] = podsOf(cluster, 'x');
    expect(first?.['status'].phase).toBe('Running');
    cluster.advance(4000);
    const failed = podsOf(cluster, 'x').filter((one) => one['status'].phase === 'Failed');
    expect(failed.map(({ metadata }) => metadata.name)).toEqual([first?.metadata.name]);
    expect(failed[0]?.['status'].containerStatuses).toMatchObject([
      {
        name: 'app',
        ready: false,
        restartCount: 1,
        state: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
      },
    ]);
    expect(podsOf(cluster, 'x')).toHaveLength(2);
    expect(eventsAbout(cluster, first?.metadata.name ?? '')).toContain(
      'OOMKilling: Memory cgroup out of memory',
    );
  });

  it('leave objects alone that they do not mean', () => {
    const cluster = clusterWith(failing);
    cluster.api.create(pod('p', {}, { app: 'y' }));
    cluster.advance(60_000);
    expect(get(cluster, 'p')['status'].phase).toBe('Running');
  });

  it('replace the built-in stage of their name', () => {
    const never = stage(
      'pod-ready',
      'next: { statusTemplate: "phase: Running" }',
      '{ matchLabels: { app: none } }',
    );
    const cluster = clusterWith(never);
    cluster.api.create(pod('p', {}, { app: 'x' }));
    cluster.advance(60_000);
    expect(get(cluster, 'p')['status'].phase).toBe('Pending');
    expect(conditions(get(cluster, 'p'))).toContain('PodReadyToStartContainers=False');
  });

  it('take delays and weights from annotations', () => {
    const delayed = stage(
      'evict',
      `
weight: 0
weightFrom: { expressionFrom: '.metadata.annotations["w"]' }
delay:
  durationMilliseconds: 1000
  durationFrom: { expressionFrom: '.metadata.annotations["after"]' }
next: { statusTemplate: 'reason: {{ index .metadata.annotations "after" }}' }`,
      '{ matchLabels: { app: x }, matchExpressions: [{ key: .status.reason, operator: DoesNotExist }] }',
    );
    const cluster = clusterWith(delayed);
    const annotated = pod('p', {}, { app: 'x' });
    annotated.metadata.annotations = { after: '1m0.5s', w: '7' };
    cluster.api.create(annotated);
    cluster.advance(60_000);
    expect(get(cluster, 'p')['status'].reason).toBeUndefined();
    cluster.advance(1000);
    expect(get(cluster, 'p')['status'].reason).toBe('1m0.5s');
  });

  it('keep the time that an object has waited when it changes in between', () => {
    const cluster = clusterWith(failing);
    cluster.api.create(pod('p', {}, { app: 'x' }));
    for (let i = 0; i < 6; i++) {
      cluster.advance(1000);
      cluster.api.patch('pods', 'demo', 'p', 'merge', { metadata: { annotations: { turn: String(i) } } });
    }
    cluster.advance(500);
    expect(get(cluster, 'p')['status'].phase).toBe('Failed');
  });

  it('are chosen by weight', () => {
    const marking = (name: string, weight: number): KubeObject =>
      stage(
        name,
        `weight: ${weight}\nnext: { patches: [{ template: 'metadata: { labels: { mark: ${name} } }' }] }`,
        '{ matchLabels: { app: x }, matchExpressions: [{ key: .metadata.labels.mark, operator: DoesNotExist }, { key: .status.phase, operator: In, values: [Running] }] }',
      );
    const cluster = clusterWith(marking('rare', 1), marking('often', 9), marking('never', 0));
    for (let i = 0; i < 100; i++) cluster.api.create(pod(`p${i}`, {}, { app: 'x' }));
    cluster.advance(5000);
    const marks = cluster.api.list('pods').map(({ metadata }) => metadata.labels?.['mark']);
    const count = (mark: string): number => marks.filter((one) => one === mark).length;
    expect(count('never')).toBe(0);
    expect(count('rare') + count('often')).toBe(100);
    expect(count('rare')).toBeGreaterThan(0);
    expect(count('often')).toBeGreaterThan(count('rare') * 2);
  });

  it('that match again right after themselves are played once a second at most', () => {
    const counting = stage(
      'count',
      `
weight: 1
next:
  patches:
    - type: merge
      template: |
        metadata: { annotations: { count: {{ add1 (default "0" (index (default (dict) .metadata.annotations) "count")) | Quote }} } }`,
      isRunning,
    );
    const cluster = clusterWith(counting);
    cluster.api.create(pod('p', {}, { app: 'x' }));
    cluster.advance(11_000);
    const count = Number(get(cluster, 'p').metadata.annotations?.['count']);
    expect(count).toBeGreaterThanOrEqual(9);
    expect(count).toBeLessThanOrEqual(11);
  });

  it('set finalizers, delete objects and apply others', () => {
    const cluster = clusterWith(
      parse(`
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: { name: note }
spec:
  resourceRef: { kind: ConfigMap }
  selector: { matchLabels: { stage: new } }
  steps:
    - finalizers: { add: [{ value: example.com/hold }] }
    - patch: { type: json, root: metadata, template: '[{ op: replace, path: /labels/stage, value: held }]' }
    - apply:
        template: |
          apiVersion: v1
          kind: ConfigMap
          metadata: { name: {{ .metadata.name }}-copy }
          data: { of: {{ .metadata.name | Quote }} }
`) as KubeObject,
      parse(`
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: { name: release }
spec:
  resourceRef: { kind: ConfigMap }
  selector: { matchLabels: { stage: held } }
  delay: { durationMilliseconds: 1000 }
  next: { delete: true, finalizers: { empty: true } }
`) as KubeObject,
    );
    const metadata = { name: 'note', namespace: 'demo', labels: { stage: 'new' } };
    cluster.api.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
    cluster.advance(500);
    expect(cluster.api.get('configmaps', 'demo', 'note').metadata).toMatchObject({
      labels: { stage: 'held' },
      finalizers: ['example.com/hold'],
    });
    expect(cluster.api.get('configmaps', 'demo', 'note-copy')['data']).toEqual({ of: 'note' });
    cluster.advance(1000);
    expect(cluster.api.find('configmaps', 'demo', 'note')).toBeUndefined();
  });

  it('make nodes fail, which taints them', () => {
    const cluster = clusterWith(
      parse(`
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: { name: node-not-ready }
spec:
  resourceRef: { apiGroup: v1, kind: Node }
  selector:
    matchLabels: { disk: ssd }
    matchExpressions:
      - { key: '.status.conditions[] | select(.type == "Ready") | .status', operator: In, values: ['True'] }
  delay: { durationMilliseconds: 30000 }
  next:
    statusTemplate: |
      conditions:
      {{ range NodeConditions }}
      {{ if eq .type "Ready" }}
      - { type: Ready, status: "False", reason: KubeletNotReady, message: container runtime is down }
      {{ end }}
      {{ end }}
`) as KubeObject,
    );
    cluster.advance(20_000);
    expect(conditions(cluster.api.get('nodes', undefined, 'n1'))).toContain('Ready=True/KubeletReady');
    cluster.advance(15_000);
    expect(conditions(cluster.api.get('nodes', undefined, 'n1'))).toContain('Ready=False/KubeletNotReady');
    expect(cluster.api.get('nodes', undefined, 'n1')['spec'].taints).toEqual(
      expect.arrayContaining([expect.objectContaining({ key: 'node.kubernetes.io/not-ready' })]),
    );
    expect(conditions(cluster.api.get('nodes', undefined, 'n2'))).toContain('Ready=True/KubeletReady');
  });
});

describe('a Stage', () => {
  it('is told by its kind and group', () => {
    expect(isStage(failing)).toBe(true);
    expect(isStage({ apiVersion: 'example.com/v1', kind: 'Stage', metadata: { name: 'x' } })).toBe(false);
  });

  it.each([
    ['weight: -1', 'spec.weight: must be a whole number, zero or more'],
    ['delay: { duration: 5 }', 'spec.delay.duration: unknown field'],
    ['nxt: {}', 'spec.nxt: unknown field'],
    [
      'next: { statusTemplate: "{{ lookup }}" }',
      'spec.next.statusTemplate: the template function lookup is not supported',
    ],
    ['next: { event: { type: Odd } }', 'spec.next.event.type: must be Normal or Warning'],
    [
      'steps: [{ patch: { type: odd, template: x } }]',
      'spec.steps[0].patch.type: must be json, merge or strategic',
    ],
    ['weightFrom: { expressionFrom: ".a[" }', 'spec.weightFrom.expressionFrom: unexpected end in ".a["'],
    [
      'delay: { durationFrom: { cel: { expression: x } } }',
      'spec.delay.durationFrom.cel: is not supported; write the expression in jq',
    ],
  ])('is refused with %s', (spec, message) => {
    expect(() => compileStage(stage('s', spec))).toThrow(`Stage s: ${message}`);
  });

  it.each([
    [
      '{ matchExpressions: [{ key: .a, operator: In }] }',
      'matchExpressions[0].values: must not be empty with operator In',
    ],
    [
      '{ matchExpressions: [{ key: .a, operator: Exists, values: [b] }] }',
      'matchExpressions[0].values: must be empty with operator Exists',
    ],
    [
      '{ matchExpressions: [{ key: .a, operator: Near }] }',
      'matchExpressions[0].operator: must be In, NotIn, Exists or DoesNotExist',
    ],
    ['{ matchLabels: { a: 1 } }', 'matchLabels: must be a map of texts'],
  ])('is refused with the selector %s', (selector, message) => {
    expect(() => compileStage(stage('s', '', selector))).toThrow(`Stage s: spec.selector.${message}`);
  });
});
