import { describe, expect, it } from 'vitest';
import { SteveFixture } from './support/steve-fixture.js';

const root = 'http://127.0.0.1:6080';

describe('/v1', () => {
  it('leads to schemas, collections and the subscription', async () => {
    await using fixture = SteveFixture.fake();
    const { body } = await fixture.request('/v1');
    expect(body).toMatchObject({
      id: 'v1',
      type: 'apiRoot',
      links: {
        self: `${root}/v1`,
        schemas: `${root}/v1/schemas`,
        subscribe: `${root}/v1/subscribe`,
        nodes: `${root}/v1/nodes`,
      },
    });
  });
});

describe('schemas', () => {
  it('describe each Kubernetes type once, in its preferred version, with methods and columns', async () => {
    await using fixture = SteveFixture.fake();
    const { body } = await fixture.request('/v1/schemas');
    const schemas = body.data as { id: string }[];
    const byId = new Map(schemas.map((schema) => [schema.id, schema]));
    expect(byId.size).toBe(schemas.length);
    expect(byId.get('apps.deployment')).toMatchObject({
      type: 'schema',
      pluralName: 'apps.deployments',
      resourceMethods: ['GET', 'DELETE', 'PUT', 'PATCH'],
      collectionMethods: ['GET', 'POST'],
      links: { self: `${root}/v1/schemas/apps.deployment`, collection: `${root}/v1/apps.deployments` },
      attributes: {
        group: 'apps',
        version: 'v1',
        kind: 'Deployment',
        resource: 'deployments',
        namespaced: true,
        columns: [
          { name: 'Name', type: 'string', format: 'name', field: '$.metadata.fields[0]' },
          { name: 'Kind', type: 'string', field: '$.metadata.fields[1]' },
        ],
      },
    });
    expect(byId.get('autoscaling.horizontalpodautoscaler')).toMatchObject({ attributes: { version: 'v2' } });
    for (const id of ['count', 'subscribe', 'userpreference', 'management.cattle.io.cluster'])
      expect(byId.has(id)).toBe(true);
  });

  it('can be read one by one', async () => {
    await using fixture = SteveFixture.fake();
    expect((await fixture.request('/v1/schemas/node')).body).toMatchObject({ id: 'node', type: 'schema' });
    expect((await fixture.request('/v1/schemas/none')).status).toBe(404);
    expect((await fixture.request('/v1/schemas', { method: 'POST', body: {} })).status).toBe(405);
  });
});

describe('counts', () => {
  it('sum up every type that can be listed, by namespace and state', async () => {
    await using fixture = SteveFixture.fake();
    const failed = { status: { conditions: [{ type: 'Failed', status: 'True', message: 'broken' }] } };
    fixture.cluster.add('v1', 'Pod', 'p1', { status: { phase: 'Running' } }, 'a');
    fixture.cluster.add('v1', 'Pod', 'p2', failed, 'a');
    fixture.cluster.add('v1', 'Pod', 'p3', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }, 'b');
    const { counts } = (await fixture.request('/v1/counts')).body.data[0];
    expect(counts.pod).toEqual({
      summary: { count: 3, errors: 1, transitioning: 1, states: { error: 1, 'in-progress': 1 } },
      namespaces: {
        a: { count: 2, errors: 1, states: { error: 1 } },
        b: { count: 1, transitioning: 1, states: { 'in-progress': 1 } },
      },
    });
    expect(counts.node).toEqual({ summary: {}, namespaces: {} });
    expect(counts).not.toHaveProperty(['authorization.k8s.io.selfsubjectaccessreview']);
  });
});

describe('management.cattle.io.clusters', () => {
  it('shows the cluster as local with its version', async () => {
    await using fixture = SteveFixture.fake();
    const { body } = await fixture.request('/v1/management.cattle.io.clusters/local');
    expect(body).toMatchObject({
      id: 'local',
      status: {
        version: { major: '1', minor: '28', gitVersion: 'v1.28.5+k3s1' },
        provider: 'k3s',
        driver: 'local',
      },
    });
    expect((await fixture.request('/v1/management.cattle.io.clusters')).body.data).toHaveLength(1);
  });
});

describe('userpreferences', () => {
  it('keep what a user stores, apart from other users', async () => {
    await using fixture = SteveFixture.fake();
    const as = (user: string): { headers: Record<string, string> } => ({
      headers: { 'impersonate-user': user },
    });
    const put = await fixture.request('/v1/userpreferences/u-1', {
      ...as('u-1'),
      method: 'PUT',
      body: { data: { theme: 'dark' } },
    });
    expect(put.status).toBe(200);
    expect((await fixture.request('/v1/userpreferences', as('u-1'))).body.data[0]).toMatchObject({
      id: 'u-1',
      data: { theme: 'dark' },
    });
    expect((await fixture.request('/v1/userpreferences', as('u-2'))).body.data[0]).toMatchObject({
      id: 'u-2',
      data: {},
    });
    expect((await fixture.request('/v1/userpreferences/u-1', as('u-2'))).status).toBe(404);
  });
});
