import { FleetClosedError, StateError } from '@scale-cluster/cluster-sim';
import { describe, expect, it } from 'vitest';
import { buildApp } from '../build-app.js';

const create = (payload: object) => ({ method: 'POST' as const, url: '/clusters', payload });

describe('routes of the earlier program', () => {
  it('answers /healthz with "ok" and /health with JSON', async () => {
    const { app } = await buildApp();
    expect((await app.inject('/healthz')).body).toBe('ok');
    const health = await app.inject('/health');
    expect(health.json()).toMatchObject({ status: 'ok', uptimeSec: 12, clusters: { total: 0, active: 0 } });
    expect(health.headers['content-type']).toContain('application/json');
  });

  it('creates a cluster and tells the id that Rancher gave it', async () => {
    const { app } = await buildApp();
    const answer = await app.inject(create({ name: 'test-cluster-012' }));
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toEqual({
      success: true,
      message: 'Cluster test-cluster-012 created successfully',
      clusterID: 'c-m-abcdefgh',
    });
  });

  it('says that registration goes on when Rancher has not given an id in time', async () => {
    const { app, fleet } = await buildApp();
    fleet.rancherId = Promise.resolve(undefined);
    const answer = await app.inject(create({ name: 'a' }));
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toEqual({
      success: true,
      message: 'Cluster a created; its registration with Rancher goes on in the background',
      clusterID: '',
    });
  });

  it('answers a waiting creation when the agent shuts down', async () => {
    const { app, fleet } = await buildApp();
    fleet.rancherId = new Promise(() => undefined);
    await app.listen({ port: 0 });
    const { port } = app.server.address() as { port: number };
    const pending = fetch(`http://127.0.0.1:${port}/clusters`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"a"}',
    });
    while (!fleet.views.has('a')) await new Promise((resolve) => setImmediate(resolve));
    await app.close();
    expect((await pending).status).toBe(201);
  });

  it('takes the JSON of a curl that calls it a form', async () => {
    const { app } = await buildApp();
    const answer = await app.inject({
      ...create({}),
      payload: '{"name":"a"}',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(answer.statusCode).toBe(201);
  });

  it.each([
    ['no JSON', '{name', 400, 'Invalid request body', undefined],
    ['no body', '', 400, 'Invalid request body', undefined],
    ['no name', '{}', 400, 'Cluster name is required', 'name'],
    ['an empty name', '{"name":""}', 400, 'Cluster name is required', 'name'],
    ['an impossible name', '{"name":"A B"}', 400, "'A B' can't be a name", 'name'],
  ])('refuses a creation with %s', async (_what, payload, status, error, field) => {
    const { app } = await buildApp();
    const answer = await app.inject({
      ...create({}),
      payload,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject(field === undefined ? { error } : { error, field });
    expect(answer.json().code).toMatch(/^(ERR|FST_ERR)_/);
  });

  it('answers 409 for a name that exists', async () => {
    const { app } = await buildApp();
    await app.inject(create({ name: 'a' }));
    const answer = await app.inject(create({ name: 'a' }));
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toEqual({
      error: "Cluster with name 'a' already exists",
      code: 'ERR_FLEET_CLUSTER_EXISTS',
      field: 'name',
    });
  });

  it('lists names and their count, also when there are none', async () => {
    const { app } = await buildApp();
    expect((await app.inject('/clusters')).json()).toEqual({ clusters: [], count: 0 });
    await app.inject(create({ name: 'a' }));
    expect((await app.inject('/clusters')).json()).toEqual({ clusters: ['a'], count: 1 });
  });

  it('shows what is in a cluster, whatever its objects carry', async () => {
    const { app } = await buildApp();
    await app.inject(create({ name: 'a' }));
    expect((await app.inject('/clusters/a')).json()).toEqual({
      name: 'a',
      clusterID: 'c-m-abcdefgh',
      status: 'ready',
      nodes: [{ name: 'a-node1', roles: ['master'], capacity: { cpu: '4' } }],
    });
  });

  it('tells a missing name from an unknown one', async () => {
    const { app } = await buildApp();
    expect((await app.inject('/clusters/')).json()).toMatchObject({ error: 'missing name' });
    expect((await app.inject('/clusters/')).statusCode).toBe(400);
    expect((await app.inject('/clusters/x')).statusCode).toBe(404);
  });

  it('deletes a cluster, and refuses what is not there or can not be', async () => {
    const { app } = await buildApp();
    await app.inject(create({ name: 'a' }));
    const remove = (name: string) => app.inject({ method: 'DELETE', url: `/clusters/${name}` });
    expect((await remove('a')).json()).toEqual({ success: true });
    expect((await remove('a')).statusCode).toBe(404);
    expect((await remove('')).statusCode).toBe(400);
    expect((await remove('template')).json()).toMatchObject({ error: 'invalid cluster name', field: 'name' });
  });

  it('answers 503 while the fleet shuts down and 500 when its state cannot be written', async () => {
    const { app, fleet } = await buildApp();
    fleet.failure = new FleetClosedError();
    expect((await app.inject(create({ name: 'a' }))).statusCode).toBe(503);
    fleet.failure = new StateError('state.json could not be written: disk full');
    expect((await app.inject(create({ name: 'a' }))).json()).toMatchObject({ code: 'ERR_FLEET_STATE' });
  });

  it('tells nothing of the inside when there is a bug', async () => {
    const { app, fleet } = await buildApp();
    fleet.failure = new TypeError('secret is not a function');
    const answer = await app.inject(create({ name: 'a' }));
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret');
    expect(answer.json().code).toBe('ERR_AGENT_INTERNAL');
  });
});
