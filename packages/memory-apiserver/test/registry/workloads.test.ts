import { beforeEach, describe, expect, it } from 'vitest';
import type { ClusterApi, KubeObject } from '../../src/index.js';
import { ApiServer } from '../../src/index.js';

let api: ClusterApi;
beforeEach(() => {
  const server = new ApiServer({ controllers: [] });
  ({ api } = server.createCluster({ name: 'c', uid: 'c', base: server.emptyBase }));
});

type Fields = Record<string, unknown>;
const object = (
  apiVersion: string,
  kind: string,
  name: string,
  fields: Fields,
  metadata: Fields = {},
): KubeObject => ({ apiVersion, kind, ...fields, metadata: { name, namespace: 'default', ...metadata } });
const template = {
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'main', image: 'nginx' }] },
};

describe('creating a workload', () => {
  const revised = { template: { spec: { containers: [{ name: 'main', image: 'other' }] } } };

  it('counts the templates of a DaemonSet in an annotation', () => {
    const annotation = 'deprecated.daemonset.template.generation';
    const set = object('apps/v1', 'DaemonSet', 'agent', {
      spec: { selector: { matchLabels: { app: 'x' } }, template },
    });
    expect(api.create(set).metadata.annotations).toEqual({ [annotation]: '1' });
    const patch = (body: unknown): KubeObject =>
      api.patch('daemonsets.apps', 'default', 'agent', 'strategic', body);
    expect(patch({ spec: { minReadySeconds: 5 } }).metadata).toMatchObject({
      generation: 2,
      annotations: { [annotation]: '1' },
    });
    expect(patch({ spec: revised }).metadata).toMatchObject({
      generation: 3,
      annotations: { [annotation]: '2' },
    });
    // Only the server counts, and a manifest without the annotation leaves it.
    expect(patch({ metadata: { annotations: { [annotation]: '9' } } }).metadata.annotations).toEqual({
      [annotation]: '2',
    });
    const { generation, annotations } = api.update(set).metadata;
    expect(annotations).toEqual({ [annotation]: '3' });
    expect(generation).toBe(4);
  });

  it('gives a Job without labels those of its template', () => {
    const job = (name: string, metadata: Fields = {}): KubeObject =>
      api.create(
        object(
          'batch/v1',
          'Job',
          name,
          { spec: { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } } },
          metadata,
        ),
      );
    const created = job('a');
    expect(created.metadata.labels).toEqual({
      app: 'x',
      'batch.kubernetes.io/controller-uid': created.metadata.uid,
      'batch.kubernetes.io/job-name': 'a',
      'controller-uid': created.metadata.uid,
      'job-name': 'a',
    });
    expect(job('b', { labels: { own: 'yes' } }).metadata.labels).toEqual({ own: 'yes' });
  });

  it('counts generations of EndpointSlices, by their labels too', () => {
    const slice = object('discovery.k8s.io/v1', 'EndpointSlice', 's', {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'] }],
      ports: [],
    });
    expect(api.create(slice).metadata.generation).toBe(1);
    const labelled = { metadata: { labels: { a: 'b' } } };
    const storage = 'endpointslices.discovery.k8s.io';
    expect(api.patch(storage, 'default', 's', 'merge', labelled).metadata.generation).toBe(2);
    expect(api.patch(storage, 'default', 's', 'merge', { endpoints: [] }).metadata.generation).toBe(3);
  });
});

describe('binding a pod', () => {
  const pod = (name: string): KubeObject =>
    api.create(object('v1', 'Pod', name, { spec: { containers: [{ name: 'main', image: 'nginx' }] } }));
  const bind = (name: string, metadata: Fields = {}): KubeObject =>
    api.create(object('v1', 'Binding', name, { target: { kind: 'Node', name: 'n1' } }, metadata));

  it('puts it on the node and leaves its generation', () => {
    pod('a');
    bind('a');
    const { metadata, spec, status } = api.get('pods', 'default', 'a');
    expect(metadata.generation).toBe(1);
    expect(spec.nodeName).toBe('n1');
    expect(status.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
    expect(api.count('bindings')).toBe(0);
  });

  it('is refused if it is on one, or isn’t the one that is meant', () => {
    const { uid } = pod('a').metadata;
    expect(() => bind('a', { uid: 'other' })).toThrow('UID in precondition: other');
    bind('a', { uid });
    expect(() => bind('a')).toThrow('pod a is already assigned to node "n1"');
  });
});
