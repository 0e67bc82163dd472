import { beforeEach, describe, expect, it } from 'vitest';
import type { ClusterApi, KubeObject } from '../../src/index.js';
import { ApiServer } from '../../src/index.js';

let api: ClusterApi;
beforeEach(() => {
  const server = new ApiServer({ controllers: [] });
  api = server.createCluster({ name: 'c', uid: 'c', base: server.emptyBase, caCert: 'PEM' }).api;
});

const deployment = (): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    selector: { matchLabels: { app: 'x' } },
    template: {
      metadata: { labels: { app: 'x' } },
      spec: { containers: [{ name: 'main', image: 'nginx' }] },
    },
  },
});
const find = (): KubeObject | undefined => api.list('deployments.apps')[0];

describe('answers of writes', () => {
  it('are the caller’s own, whose changes nobody else sees', () => {
    const created = api.create(deployment());
    const seen = JSON.stringify(find());
    (created['spec'] as { replicas: number }).replicas = 7;
    created.metadata.labels = { changed: 'yes' };
    expect(JSON.stringify(find())).toBe(seen);
    expect(JSON.stringify(api.shared.find('deployments.apps', 'default', 'web'))).toBe(seen);
  });

  it('are those that readers share if the caller asks for it', () => {
    const created = api.create(deployment(), { sharesAnswer: true });
    expect(created).toBe(api.shared.find('deployments.apps', 'default', 'web'));
    const body = { metadata: { labels: { a: 'b' } } };
    const patched = api.patch('deployments.apps', 'default', 'web', 'merge', body, { sharesAnswer: true });
    expect(patched).toBe(api.shared.find('deployments.apps', 'default', 'web'));
    expect(patched).toEqual(find());
    expect(created.metadata.labels).toBeUndefined();
  });

  it('of a try are not what is stored', () => {
    api.create(deployment());
    const body = { spec: { replicas: 3 } };
    const options = { dryRun: true, sharesAnswer: true };
    const tried = api.patch('deployments.apps', 'default', 'web', 'merge', body, options);
    expect(tried['spec']).toMatchObject({ replicas: 3 });
    expect(find()?.['spec']).toMatchObject({ replicas: 1 });
  });
});

describe('an update of the status', () => {
  it('shares what it leaves alone with the state before, and takes nothing else of what was sent', () => {
    const before = api.create(deployment(), { sharesAnswer: true });
    const sent = { ...before, spec: { replicas: -1 }, status: { replicas: 2, readyReplicas: 0 } };
    const after = api.update(sent, { subresource: 'status', sharesAnswer: true });
    expect(after['spec']).toBe(before['spec']);
    // Zeros aren't written, as Go omits them.
    expect(after['status']).toEqual({ replicas: 2 });
    expect(after.metadata.generation).toBe(1);
    expect(find()).toEqual(after);
  });

  it('refuses metadata that are not valid', () => {
    const before = api.create(deployment());
    const annotations = { 'not a key': '' };
    const sent = { ...before, metadata: { ...before.metadata, annotations }, status: { replicas: 1 } };
    expect(() => api.update(sent, { subresource: 'status' })).toThrow(/metadata\.annotations/);
  });
});
