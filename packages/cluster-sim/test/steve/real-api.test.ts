import type { Cluster } from '@scale-cluster/memory-apiserver';
import { ApiServer, builtinCatalog } from '@scale-cluster/memory-apiserver';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryObjects } from '../../src/backend/memory-objects.js';
import type { SteveCluster } from '../../src/steve/types.js';
import { printTable } from './support/fake-cluster.js';
import { SteveFixture } from './support/steve-fixture.js';

let server: ApiServer;
let cluster: Cluster;
let fixture: SteveFixture<SteveCluster>;

beforeEach(() => {
  server = new ApiServer({ version: 'v1.28.5+k3s1' });
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: '{{cluster-name}}-node-1' },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  };
  const base = server.createBase([node]);
  const tokens = { trusted: { username: 'admin', groups: ['system:masters'] } };
  cluster = server.createCluster({ name: 'one', uid: 'u-1', base, tokens });
  fixture = new SteveFixture(
    {
      name: 'one',
      objects: new MemoryObjects(cluster.api),
      catalog: builtinCatalog(),
      version: 'v1.28.5+k3s1',
      handle: (request, response) => {
        request.headers.authorization = 'Bearer trusted';
        cluster.handle(request, response);
      },
    },
    { printTable },
  );
});

afterEach(async () => {
  await fixture[Symbol.asyncDispose]();
  await server.close();
});

const configMap = { metadata: { name: 'c', namespace: 'default' }, data: { a: '1' } };

describe('steve over the real API', () => {
  it('shows the objects of the base, all built-in schemas and their counts', async () => {
    const nodes = (await fixture.request('/v1/nodes')).body;
    expect(nodes).toMatchObject({
      count: 1,
      data: [{ id: 'one-node-1', metadata: { state: { name: 'active' } } }],
    });
    const schemas = (await fixture.request('/v1/schemas')).body.data as { id: string }[];
    expect(schemas.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        'pod',
        'apps.deployment',
        'networking.k8s.io.ingress',
        'batch.cronjob',
        'event',
      ]),
    );
    const { counts } = (await fixture.request('/v1/counts')).body.data[0];
    expect(counts.node.summary).toEqual({ count: 1 });
    expect(counts.namespace.summary.count).toBeGreaterThanOrEqual(4);
  });

  it('creates, updates, patches and deletes as a Kubernetes client would', async () => {
    const path = '/v1/configmaps/default/c';
    const created = await fixture.request('/v1/configmaps', { method: 'POST', body: configMap });
    expect(created).toMatchObject({ status: 201, body: { id: 'default/c', data: { a: '1' } } });
    const updated = await fixture.request(path, {
      method: 'PUT',
      body: { ...created.body, data: { a: '2' } },
    });
    expect(updated).toMatchObject({ status: 200, body: { data: { a: '2' } } });
    expect(await fixture.request(path, { method: 'PUT', body: created.body })).toMatchObject({
      status: 409,
      body: { code: 'Conflict' },
    });
    const headers = { 'content-type': 'application/merge-patch+json' };
    const patched = await fixture.request(path, { method: 'PATCH', headers, body: { data: { b: '3' } } });
    expect(patched.body.data).toEqual({ a: '2', b: '3' });
    expect(cluster.api.get('configmaps', 'default', 'c')['data']).toEqual({ a: '2', b: '3' });
    expect((await fixture.request(path, { method: 'DELETE' })).status).toBe(204);
    expect((await fixture.request(path)).body).toMatchObject({ status: 404, code: 'NotFound' });
  });

  it("gives the Kubernetes API's own refusals on", async () => {
    expect(
      (await fixture.request('/v1/configmaps/nowhere', { method: 'POST', body: { metadata: { name: 'c' } } }))
        .body,
    ).toMatchObject({
      status: 404,
      message: 'namespaces "nowhere" not found',
    });
    await fixture.request('/v1/configmaps', { method: 'POST', body: configMap });
    expect(await fixture.request('/v1/configmaps', { method: 'POST', body: configMap })).toMatchObject({
      status: 409,
      body: { code: 'AlreadyExists', message: 'configmaps "c" already exists' },
    });
  });

  it('streams from the revision of a list, an empty one included, without losing anything', async () => {
    const { revision } = (await fixture.request('/v1/secrets?labelSelector=app%3Dnone')).body;
    cluster.api.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'between', namespace: 'default', labels: { app: 'none' } },
    });
    const client = await fixture.subscribe();
    client.send({ resourceType: 'secret', selector: 'app=none', resourceVersion: revision });
    expect((await client.next()).name).toBe('resource.start');
    expect(await client.next()).toMatchObject({ name: 'resource.change', data: { id: 'default/between' } });
    cluster.api.delete('secrets', 'default', 'between');
    expect(await client.next()).toMatchObject({ name: 'resource.remove', data: { id: 'default/between' } });
  });

  it('lets Kubernetes paths through', async () => {
    const reply = await fixture.request('/version');
    expect(JSON.parse(reply.text)).toMatchObject({ gitVersion: 'v1.28.5+k3s1' });
    const view = (await fixture.request('/v1/nodes/one-node-1')).body.links.view as string;
    const node = await fixture.request(new URL(view).pathname);
    expect(JSON.parse(node.text)).toMatchObject({ kind: 'Node', metadata: { name: 'one-node-1' } });
  });
});
