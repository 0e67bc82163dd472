import { beforeEach, describe, expect, it } from 'vitest';
import type { Cluster, ClusterApi, JournalEntry, KubeObject } from '../../src/index.js';
import { ApiServer } from '../../src/index.js';
import { idleController } from './idle-controller.js';

let server: ApiServer;
let cluster: Cluster;
let api: ClusterApi;
beforeEach(() => {
  server = new ApiServer({ controllers: [] });
  cluster = server.createCluster({ name: 'c', uid: 'c', base: server.emptyBase, caCert: 'PEM' });
  api = cluster.api;
});

type Fields = Record<string, unknown>;
const object = (
  apiVersion: string,
  kind: string,
  name: string,
  fields: Fields = {},
  metadata: Fields = {},
): KubeObject => ({
  apiVersion,
  kind,
  ...fields,
  metadata: { name, namespace: 'default', ...metadata },
});
const map = (name: string, fields: Fields = {}, metadata: Fields = {}): KubeObject =>
  object('v1', 'ConfigMap', name, fields, metadata);
const template = {
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'main', image: 'nginx' }] },
};
const deployment = (name = 'web'): KubeObject =>
  object('apps/v1', 'Deployment', name, {
    spec: { replicas: 1, selector: { matchLabels: { app: 'x' } }, template },
  });
const service = (name: string, spec: Fields = {}): KubeObject =>
  object('v1', 'Service', name, { spec: { ports: [{ port: 80 }], ...spec } });

describe('creating', () => {
  it('fills what the server knows, and takes nothing over that only it may say', () => {
    const created = api.create(
      map('a', {}, { uid: 'mine', creationTimestamp: '2000-01-01T00:00:00Z', generation: 7 }),
    );
    expect(created.metadata).toMatchObject({ name: 'a', namespace: 'default' });
    expect(created.metadata.uid).not.toBe('mine');
    expect(created.metadata.creationTimestamp).not.toBe('2000-01-01T00:00:00Z');
    // Kinds that count no generations keep what they are given, as upstream.
    expect(created.metadata.generation).toBe(7);
    expect(Number(created.metadata.resourceVersion)).toBeGreaterThan(0);
  });

  it('makes names from generateName', () => {
    const names = Array.from(
      { length: 5 },
      () => api.create(map('', {}, { generateName: 'g-' })).metadata.name,
    );
    expect(new Set(names).size).toBe(5);
    for (const name of names) expect(name).toMatch(/^g-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it('is refused twice, without a namespace, or in one that is going', () => {
    api.create(map('a'));
    expect(() => api.create(map('a'))).toThrow('configmaps "a" already exists');
    expect(() => api.create(map('a', {}, { namespace: 'nowhere' }))).toThrow(
      'namespaces "nowhere" not found',
    );
    api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going' } });
    api.delete('namespaces', undefined, 'going');
    expect(() => api.create(map('a', {}, { namespace: 'going' }))).toThrow(
      'unable to create new content in namespace going because it is being terminated',
    );
  });

  it('leaves the status to the server', () => {
    const created = api.create({ ...deployment(), status: { replicas: 5 } });
    expect(created.status).toEqual({});
    expect(created.metadata.generation).toBe(1);
  });

  it('hands out copies', () => {
    const given = map('a', { data: { a: 'b' } });
    api.create(given).data.a = 'changed';
    given.data.a = 'changed too';
    expect(api.get('configmaps', 'default', 'a').data).toEqual({ a: 'b' });
  });
});

describe('updating', () => {
  it('is refused with an older version', () => {
    const first = api.create(map('a'));
    api.update({ ...first, data: { a: '1' } });
    expect(() => api.update({ ...first, data: { a: '2' } })).toThrow(
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    );
  });

  it('to the same state changes nothing and tells nobody', () => {
    const created = api.create(deployment());
    const events: string[] = [];
    api.watch('deployments.apps', {}, (type) => events.push(type));
    expect(api.update(created)).toEqual(created);
    expect(events).toEqual([]);
  });

  it('counts generations of the spec only', () => {
    const created = api.create(deployment());
    const labelled = api.update({ ...created, metadata: { ...created.metadata, labels: { a: 'b' } } });
    expect(labelled.metadata.generation).toBe(1);
    const scaled = api.update({ ...labelled, spec: { ...labelled.spec, replicas: 2 } });
    expect(scaled.metadata.generation).toBe(2);
    const reported = api.update({ ...scaled, spec: {}, status: { replicas: 2 } }, { subresource: 'status' });
    expect(reported.metadata.generation).toBe(2);
    expect(reported.spec.replicas).toBe(2);
    expect(reported.status.replicas).toBe(2);
    expect(api.update({ ...reported, status: { replicas: 9 } }).status.replicas).toBe(2);
  });

  it('leaves immutable fields alone', () => {
    const created = api.create(deployment());
    const other = structuredClone(created);
    other.spec.selector.matchLabels = { app: 'y' };
    other.spec.template.metadata.labels = { app: 'y' };
    expect(() => api.update(other)).toThrow('field is immutable');
    const secret = api.create(
      object('v1', 'Secret', 's', { type: 'Opaque', immutable: true, data: { a: 'YQ==' } }),
    );
    expect(() => api.update({ ...secret, type: 'other' })).toThrow('field is immutable');
    expect(() => api.update({ ...secret, data: {} })).toThrow('field is immutable when `immutable` is set');
  });
});

describe('deleting', () => {
  it('waits for finalizers', () => {
    const held = api.create(map('a', {}, { finalizers: ['example.com/x'] }));
    expect(api.delete('configmaps', 'default', 'a')?.metadata.deletionTimestamp).toBeDefined();
    const leaving = api.get('configmaps', 'default', 'a');
    expect(() =>
      api.update({
        ...leaving,
        metadata: { ...leaving.metadata, finalizers: ['example.com/x', 'example.com/y'] },
      }),
    ).toThrow('no new finalizers can be added if the object is being deleted');
    api.update({ ...leaving, metadata: { ...leaving.metadata, finalizers: [] } });
    expect(api.find('configmaps', 'default', 'a')).toBeUndefined();
    expect(held.metadata.uid).toBe(leaving.metadata.uid);
  });

  it('checks preconditions', () => {
    api.create(map('a'));
    expect(() => api.delete('configmaps', 'default', 'a', { preconditions: { uid: 'other' } })).toThrow(
      'the UID in the precondition (other) does not match',
    );
  });

  it('of a namespace leaves it Terminating until it is finalized', () => {
    api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });
    expect(api.delete('namespaces', undefined, 'n')?.status).toEqual({ phase: 'Terminating' });
    expect(() => api.delete('namespaces', undefined, 'default')).toThrow('this namespace may not be deleted');
    const finalize = [{ op: 'replace', path: '/spec/finalizers', value: [] }];
    api.patch('namespaces', undefined, 'n', 'json', finalize, { subresource: 'finalize' });
    expect(api.find('namespaces', undefined, 'n')).toBeUndefined();
  });

  it('of base objects hides them in this cluster only', () => {
    const other = server.createCluster({ name: 'd', uid: 'd', base: server.emptyBase });
    api.delete('services', 'default', 'kubernetes');
    expect(api.find('services', 'default', 'kubernetes')).toBeUndefined();
    expect(other.api.find('services', 'default', 'kubernetes')).toBeDefined();
  });
});

describe('admission', () => {
  it('fills the Secret of a service account token at once', () => {
    const controllers = [idleController('service-account-token')];
    const filling = new ApiServer({ controllers });
    const base = filling.emptyBase;
    const { api } = filling.createCluster({ name: 'c', uid: 'c', base, caCert: 'PEM' });
    const account = api.create(object('v1', 'ServiceAccount', 'robot'));
    const annotations = { 'kubernetes.io/service-account.name': 'robot' };
    const type = 'kubernetes.io/service-account-token';
    const secret = api.create(
      object('v1', 'Secret', '', { type }, { generateName: 'robot-token-', annotations, name: '' }),
    );
    expect(secret.metadata.annotations?.['kubernetes.io/service-account.uid']).toBe(account.metadata.uid);
    const decoded = Object.fromEntries(
      Object.entries(secret.data as Record<string, string>).map(([key, value]) => [
        key,
        Buffer.from(value, 'base64').toString(),
      ]),
    );
    expect(decoded).toEqual({
      'ca.crt': 'PEM',
      namespace: 'default',
      token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    });
  });

  it('gives Services addresses and ports, and keeps them over updates', () => {
    const one = api.create(service('one', { type: 'NodePort' }));
    const two = api.create(service('two', { type: 'NodePort' }));
    expect(one.spec.clusterIP).toMatch(/^10\.43\.\d+\.\d+$/);
    expect(one.spec).toMatchObject({
      clusterIPs: [one.spec.clusterIP],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    });
    expect(two.spec.clusterIP).not.toBe(one.spec.clusterIP);
    expect(two.spec.ports[0].nodePort).not.toBe(one.spec.ports[0].nodePort);
    const again = api.update(service('one', { type: 'NodePort' }));
    expect(again.spec.clusterIP).toBe(one.spec.clusterIP);
    expect(again.spec.ports[0].nodePort).toBe(one.spec.ports[0].nodePort);
    expect(() => api.create(service('three', { clusterIP: one.spec.clusterIP }))).toThrow(
      'provided IP is already allocated',
    );
    expect(() => api.update(service('one', { clusterIP: '10.43.9.9' }))).toThrow('may not change once set');
    expect(api.create(service('headless', { clusterIP: 'None' })).spec.clusterIP).toBe('None');
    expect(
      api.create(service('out', { type: 'ExternalName', externalName: 'example.com', ports: [] })).spec
        .clusterIP,
    ).toBeUndefined();
  });

  it('labels namespaces with their name', () => {
    const created = api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });
    expect(created.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'n' });
    expect(created).toMatchObject({ spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } });
  });

  it('gives Jobs a selector of their own', () => {
    const spec = { template: { spec: { ...template.spec, restartPolicy: 'Never' } } };
    const job = api.create(object('batch/v1', 'Job', 'j', { spec }));
    expect(job.spec.selector.matchLabels).toEqual({ 'batch.kubernetes.io/controller-uid': job.metadata.uid });
    expect(job.spec.template.metadata.labels['job-name']).toBe('j');
  });
});

describe('subresources', () => {
  it('scale', () => {
    api.create(deployment());
    const scale = api.patch(
      'deployments.apps',
      'default',
      'web',
      'merge',
      { spec: { replicas: 4 } },
      { subresource: 'scale' },
    );
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 4 }, status: { selector: 'app=x' } });
    expect(api.get('deployments.apps', 'default', 'web')).toMatchObject({
      spec: { replicas: 4 },
      metadata: { generation: 2 },
    });
    expect(() =>
      api.patch(
        'deployments.apps',
        'default',
        'web',
        'merge',
        { spec: { replicas: -1 } },
        { subresource: 'scale' },
      ),
    ).toThrow('must be greater than or equal to 0');
  });
});

describe('versions of one object', () => {
  it('of Events', () => {
    const event = object('events.k8s.io/v1', 'Event', 'e', {
      regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
      note: 'said',
      reason: 'Because',
      action: 'Doing',
      type: 'Normal',
      reportingController: 'example.com/tester',
      reportingInstance: 'tester-1',
      eventTime: '2026-01-01T00:00:00.000000Z',
    });
    api.create(event);
    expect(api.get('events', 'default', 'e')).toMatchObject({
      apiVersion: 'v1',
      involvedObject: { name: 'p' },
      message: 'said',
      reportingComponent: 'example.com/tester',
    });
    expect(api.list('events', { fieldSelector: 'involvedObject.name=p' })).toHaveLength(1);
  });

  it('of autoscalers', () => {
    const spec = {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      maxReplicas: 3,
      targetCPUUtilizationPercentage: 70,
    };
    api.create(object('autoscaling/v1', 'HorizontalPodAutoscaler', 'h', { spec }));
    expect(api.get('horizontalpodautoscalers.autoscaling', 'default', 'h').spec.metrics).toEqual([
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
      },
    ]);
  });
});

const definition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};
const widget = (name: string, metadata: Fields = {}): KubeObject =>
  object('example.com/v1', 'Widget', name, {}, metadata);

describe('custom resources', () => {
  it('are served from the definition on, in that cluster only', () => {
    const other = server.createCluster({ name: 'd', uid: 'd', base: server.emptyBase });
    expect(() => api.create(widget('w'))).toThrow('no matches for kind "Widget"');
    const created = api.create(definition);
    expect(created.status.conditions).toMatchObject([
      { type: 'NamesAccepted', status: 'True' },
      { type: 'Established', status: 'True' },
    ]);
    expect(api.create(widget('w')).metadata.generation).toBe(1);
    expect(() => other.api.create(widget('w'))).toThrow('no matches for kind "Widget"');
  });

  it('go with their definition, which waits for those with finalizers', () => {
    api.create(definition);
    api.create(widget('free'));
    const held = api.create(widget('held', { finalizers: ['example.com/x'] }));
    api.delete('customresourcedefinitions.apiextensions.k8s.io', undefined, 'widgets.example.com');
    expect(api.list('widgets.example.com').map(({ metadata }) => metadata.name)).toEqual(['held']);
    api.update({ ...held, metadata: { ...held.metadata, resourceVersion: '', finalizers: [] } });
    expect(
      api.find('customresourcedefinitions.apiextensions.k8s.io', undefined, 'widgets.example.com'),
    ).toBeUndefined();
    expect(() => api.list('widgets.example.com')).toThrow('not found');
  });

  it('of a base are served in all its clusters', () => {
    const base = server.createBase([definition]);
    const clusters = ['one', 'two'].map((name) => server.createCluster({ name, uid: name, base }).api);
    for (const each of clusters) expect(each.create(widget('w')).metadata.name).toBe('w');
  });

  it('come back after a restart', () => {
    const journal: JournalEntry[] = [];
    const onWrite = (entry: JournalEntry): number => journal.push(entry);
    const first = server.createCluster({
      name: 'j',
      uid: 'j',
      base: server.emptyBase,
      createdAt: 1e12,
      onWrite,
    });
    first.api.create(definition);
    const before = first.api.create(widget('w'));
    first.api.delete('services', 'default', 'kubernetes');
    const namespace = first.api.get('namespaces', undefined, 'default');
    const later = new ApiServer({ controllers: [] });
    const again = later.createCluster({
      name: 'j',
      uid: 'j',
      base: later.emptyBase,
      createdAt: 1e12,
      restore: journal,
    });
    expect(again.api.get('widgets.example.com', 'default', 'w')).toEqual(before);
    expect(again.api.find('services', 'default', 'kubernetes')).toBeUndefined();
    expect(again.api.get('namespaces', undefined, 'default')).toEqual(namespace);
    const next = again.api.create(widget('next'));
    expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(Number(before.metadata.resourceVersion));
  });
});
