import { describe, expect, it } from 'vitest';
import { SteveFixture } from './support/steve-fixture.js';

const behindRancher = {
  'x-api-url-prefix': '/k8s/clusters/c-m-abcdefgh',
  'x-forwarded-host': 'rancher.example',
  'x-forwarded-proto': 'https',
};
const root = 'https://rancher.example/k8s/clusters/c-m-abcdefgh';

const ids = (body: { data: { id: string }[] }): string[] => body.data.map(({ id }) => id);

function withPods(): SteveFixture {
  const fixture = SteveFixture.fake();
  const { cluster } = fixture;
  cluster.add('v1', 'Namespace', 'a', { metadata: { labels: { 'field.cattle.io/projectId': 'p-1' } } });
  cluster.add('v1', 'Namespace', 'b', {
    metadata: { annotations: { 'field.cattle.io/projectId': 'c-1:p-2' } },
  });
  const pod = (namespace: string, name: string, app: string, image: string): unknown =>
    cluster.add(
      'v1',
      'Pod',
      name,
      { metadata: { labels: { app } }, spec: { containers: [{ image }] }, status: { phase: 'Running' } },
      namespace,
    );
  pod('b', 'web-2', 'web', 'nginx:1.25');
  pod('a', 'web-1', 'web', 'nginx:1.25');
  pod('a', 'db-1', 'db', 'postgres:16');
  pod('b', 'db-2', 'db', 'postgres:15');
  return fixture;
}

describe('get', () => {
  it("answers steve's form with links below Rancher's address", async () => {
    await using fixture = SteveFixture.fake();
    fixture.cluster.add(
      'apps/v1',
      'Deployment',
      'web',
      { spec: { replicas: 1 }, status: { replicas: 1, updatedReplicas: 1, availableReplicas: 1 } },
      'default',
    );
    const { status, body } = await fixture.request('/v1/apps.deployments/default/web', {
      headers: behindRancher,
    });
    const self = `${root}/v1/apps.deployments/default/web`;
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: 'default/web',
      type: 'apps.deployment',
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      links: {
        self,
        update: self,
        patch: self,
        remove: self,
        view: `${root}/apis/apps/v1/namespaces/default/deployments/web`,
      },
      metadata: {
        name: 'web',
        fields: ['web', 'Deployment'],
        state: {
          name: 'active',
          error: false,
          transitioning: false,
          message: 'Deployment is available. Replicas: 1',
        },
        relationships: [],
      },
    });
  });

  it('finds types by id and by plural, in any case', async () => {
    await using fixture = SteveFixture.fake();
    fixture.cluster.add('v1', 'Node', 'n1');
    for (const type of ['node', 'nodes', 'Node', 'NODES']) {
      expect((await fixture.request(`/v1/${type}/n1`)).body).toMatchObject({ id: 'n1', type: 'node' });
    }
    expect((await fixture.request('/v1/nodes/none')).body).toMatchObject({
      code: 'NotFound',
      status: 404,
      message: 'nodes "none" not found',
    });
  });

  it("moves fields that steve's own names hide", async () => {
    await using fixture = SteveFixture.fake();
    fixture.cluster.add('v1', 'Secret', 's', { type: 'Opaque', data: { k: 'dg==' } }, 'default');
    const { body } = await fixture.request('/v1/secrets/default/s');
    expect(body).toMatchObject({ type: 'secret', _type: 'Opaque', data: { k: 'dg==' } });
  });

  it('leaves out what exclude names, empties excludeValues and keeps only include', async () => {
    await using fixture = SteveFixture.fake();
    fixture.cluster.add(
      'v1',
      'Secret',
      's',
      { metadata: { managedFields: [{}], labels: { 'a.b/c': 'x' } }, data: { k: 'dg==' } },
      'default',
    );
    const excluded = await fixture.request(
      '/v1/secrets/default/s?exclude=metadata.managedFields&exclude=metadata.labels[a.b/c]&excludeValues=data',
    );
    expect(excluded.body.metadata).not.toHaveProperty('managedFields');
    expect(excluded.body.metadata.labels).toEqual({});
    expect(excluded.body.data).toEqual({ k: '' });
    const included = await fixture.request(
      '/v1/secrets/default/s?include=metadata.name&include=nothing.here',
    );
    expect(included.body).toEqual({
      id: 'default/s',
      type: 'secret',
      links: excluded.body.links,
      metadata: { name: 's' },
    });
  });
});

describe('list', () => {
  it('holds all namespaces or one, ordered, with count and revision', async () => {
    await using fixture = withPods();
    const all = (await fixture.request('/v1/pods')).body;
    expect(all).toMatchObject({ type: 'collection', resourceType: 'pod', count: 4, revision: '106' });
    expect(ids(all)).toEqual(['a/db-1', 'a/web-1', 'b/db-2', 'b/web-2']);
    expect(ids((await fixture.request('/v1/pods/b')).body)).toEqual(['b/db-2', 'b/web-2']);
  });

  it.each([
    ['labelSelector=app=db', ['a/db-1', 'b/db-2']],
    ['filter=metadata.name=WEB', ['a/web-1', 'b/web-2']],
    ["filter=metadata.name='db'", []],
    ["filter=metadata.name='db-1'", ['a/db-1']],
    ['filter=metadata.name!=web', ['a/db-1', 'b/db-2']],
    ['filter=metadata.name=db-1,metadata.name=web-2', ['a/db-1', 'b/web-2']],
    ['filter=metadata.labels[app]=db&filter=metadata.namespace=b', ['b/db-2']],
    ['filter=spec.containers.image=nginx', ['a/web-1', 'b/web-2']],
    ['filter=metadata.namespace in (a,c)', ['a/db-1', 'a/web-1']],
    ["filter=metadata.namespace notin ('a',c)", ['b/db-2', 'b/web-2']],
    ['filter=metadata.fields[0]~db-2', ['b/db-2']],
    ['filter=metadata.state.name=running&filter=id!~web', ['a/db-1', 'b/db-2']],
    ['projectsornamespaces=p-1', ['a/db-1', 'a/web-1']],
    ['projectsornamespaces=p-2,a', ['a/db-1', 'a/web-1', 'b/db-2', 'b/web-2']],
    ['projectsornamespaces!=p-2', ['a/db-1', 'a/web-1']],
    ['namespaces=b', ['b/db-2', 'b/web-2']],
    ['sort=-metadata.name', ['b/web-2', 'a/web-1', 'b/db-2', 'a/db-1']],
    ['sort=metadata.labels[app],-metadata.namespace', ['b/db-2', 'a/db-1', 'b/web-2', 'a/web-1']],
  ])('obeys %s', async (query, expected) => {
    await using fixture = withPods();
    const { body } = await fixture.request(`/v1/pods?${encodeURI(query)}`);
    expect(ids(body)).toEqual(expected);
    expect(body.count).toBe(expected.length);
  });

  it('cuts pages by page and pagesize and says how many there are', async () => {
    await using fixture = withPods();
    const first = (await fixture.request('/v1/pods?pagesize=3')).body;
    expect([ids(first), first.pages, first.count]).toEqual([['a/db-1', 'a/web-1', 'b/db-2'], 2, 4]);
    expect(ids((await fixture.request('/v1/pods?pagesize=3&page=2&revision=106')).body)).toEqual(['b/web-2']);
    expect(ids((await fixture.request('/v1/pods?pagesize=3&page=9')).body)).toEqual([]);
  });

  it('cuts chunks by limit and continue', async () => {
    await using fixture = withPods();
    const first = (await fixture.request('/v1/pods?limit=3')).body;
    expect(ids(first)).toEqual(['a/db-1', 'a/web-1', 'b/db-2']);
    const second = (await fixture.request(`/v1/pods?limit=3&continue=${first.continue}`)).body;
    expect(ids(second)).toEqual(['b/web-2']);
    expect(second).not.toHaveProperty('continue');
  });
});

describe('create, update, patch, delete', () => {
  const configMap = { type: 'configmap', metadata: { name: 'c', namespace: 'default' }, data: { a: '1' } };

  it("create stores the Kubernetes object without steve's additions", async () => {
    await using fixture = SteveFixture.fake();
    const body = {
      ...configMap,
      _type: 'x',
      links: {},
      metadata: { ...configMap.metadata, state: { name: 'active' }, fields: [], relationships: [] },
    };
    const { status, body: answer } = await fixture.request('/v1/configmaps', { method: 'POST', body });
    expect(status).toBe(201);
    expect(answer).toMatchObject({ id: 'default/c', type: 'configmap', _type: 'x' });
    expect(fixture.cluster.find('configmaps', 'default', 'c')).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      type: 'x',
      metadata: { name: 'c', namespace: 'default', resourceVersion: '101' },
      data: { a: '1' },
    });
  });

  it('create takes the namespace of the path, and refuses a namespaced object without one', async () => {
    await using fixture = SteveFixture.fake();
    const body = { metadata: { name: 'c' } };
    expect((await fixture.request('/v1/configmaps/other', { method: 'POST', body })).body).toMatchObject({
      id: 'other/c',
    });
    expect((await fixture.request('/v1/configmaps', { method: 'POST', body })).body).toMatchObject({
      code: 'MissingRequired',
      status: 422,
    });
  });

  it('update writes what a get showed, and reports a conflict', async () => {
    await using fixture = SteveFixture.fake();
    const { body } = await fixture.request('/v1/configmaps', { method: 'POST', body: configMap });
    const path = '/v1/configmaps/default/c';
    const updated = await fixture.request(path, { method: 'PUT', body: { ...body, data: { a: '2' } } });
    expect(updated.body).toMatchObject({ data: { a: '2' } });
    const late = await fixture.request(path, { method: 'PUT', body });
    expect(late.body).toMatchObject({ status: 409, code: 'Conflict' });
  });

  it('reads YAML', async () => {
    await using fixture = SteveFixture.fake();
    const options = { method: 'POST', headers: { 'content-type': 'application/yaml' } };
    await fixture.request('/v1/configmaps', {
      ...options,
      body: 'metadata:\n  name: y\n  namespace: default\ndata: {a: "1"}\n',
    });
    expect(fixture.cluster.find('configmaps', 'default', 'y')?.['data']).toEqual({ a: '1' });
    expect((await fixture.request('/v1/configmaps', { ...options, body: 'a: [' })).body).toMatchObject({
      code: 'InvalidBodyContent',
      status: 422,
    });
  });

  it.each([
    ['application/json-patch+json', 'json'],
    ['application/merge-patch+json', 'merge'],
    ['application/strategic-merge-patch+json', 'strategic'],
    ['application/apply-patch+yaml', 'apply'],
    ['application/json', 'strategic'],
  ])('patch with content type %s is of kind %s', async (contentType, kind) => {
    await using fixture = SteveFixture.fake();
    await fixture.request('/v1/configmaps', { method: 'POST', body: configMap });
    const reply = await fixture.request('/v1/configmaps/default/c', {
      method: 'PATCH',
      headers: { 'content-type': contentType },
      body: { data: { b: '2' } },
    });
    expect(reply.status).toBe(200);
    expect(fixture.cluster.patches[0]?.slice(0, 5)).toEqual([
      'configmaps',
      'default',
      'c',
      kind,
      { data: { b: '2' } },
    ]);
  });

  it('delete answers 204, or the object while a finalizer keeps it', async () => {
    await using fixture = SteveFixture.fake();
    fixture.cluster.add('v1', 'ConfigMap', 'plain', {}, 'default');
    fixture.cluster.add(
      'v1',
      'ConfigMap',
      'kept',
      { metadata: { finalizers: ['controller.cattle.io/x'] } },
      'default',
    );
    expect((await fixture.request('/v1/configmaps/default/plain', { method: 'DELETE' })).status).toBe(204);
    const kept = await fixture.request('/v1/configmaps/default/kept', { method: 'DELETE' });
    expect(kept.body.metadata.state).toEqual({
      name: 'removing',
      error: false,
      transitioning: true,
      message: 'waiting on x',
    });
  });

  it.each([
    ['POST', '/v1/configmaps', 'not json', 422],
    ['POST', '/v1/configmaps', '[]', 422],
    ['PUT', '/v1/configmaps', '{}', 405],
    ['GET', '/v1/authorization.k8s.io.selfsubjectaccessreviews', undefined, 405],
    ['POST', '/v1/nodes/n1', '{}', 405],
    ['POST', '/v1/nodes/n1?action=drain', '{}', 404],
    ['POST', '/v1/configmaps', JSON.stringify({ big: 'x'.repeat(3 * 1024 * 1024) }), 413],
  ])('%s %s is refused', async (method, path, body, status) => {
    await using fixture = SteveFixture.fake();
    const reply = await fixture.request(path, { method, body });
    expect(reply.body).toMatchObject({ type: 'error', status });
    expect(fixture.cluster.stored.size).toBe(0);
  });
});
