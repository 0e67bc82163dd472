import { describe, expect, it } from 'vitest';
import { buildApp } from '../build-app.js';

const post = (url: string, payload: object) => ({ method: 'POST' as const, url, payload });

describe('/api/v1/clusters', () => {
  it('shows stages with the milliseconds each took from the creation', async () => {
    const { app, fleet } = await buildApp();
    await fleet.create('a');
    const body = (await app.inject('/api/v1/clusters/a')).json();
    expect(body).toMatchObject({
      name: 'a',
      phase: 'active',
      tunnels: { steve: { status: 'connected' } },
      nodes: 2,
    });
    expect(body.stages.registered).toBe('2026-01-01T00:00:01.000Z');
    expect(body.timings).toEqual({
      registered: 1000,
      token: 2000,
      provisioned: 3000,
      tunnels: 4000,
      connected: 5000,
      active: 6000,
    });
  });

  it('pages through the list until there is no next page', async () => {
    const { app, fleet } = await buildApp();
    await fleet.createMany(['a', 'b', 'c']);
    const first = (await app.inject('/api/v1/clusters?limit=2')).json();
    expect(first).toMatchObject({ total: 3, next: 'b' });
    const second = (await app.inject(`/api/v1/clusters?limit=2&after=${first.next}`)).json();
    expect(second.items.map((item: { name: string }) => item.name)).toEqual(['c']);
    expect(second).not.toHaveProperty('next');
  });

  it.each([
    ['/api/v1/clusters?limit=0', 'limit'],
    ['/api/v1/clusters?phase=happy', 'phase'],
  ])('refuses %s and names the field', async (url, field) => {
    const { app } = await buildApp();
    const answer = await app.inject(url);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'FST_ERR_VALIDATION', field });
  });

  it('passes on the refusal of a label selector', async () => {
    const { app } = await buildApp();
    expect((await app.inject('/api/v1/clusters?label=%3D')).statusCode).toBe(400);
  });

  it('gives a kubeconfig as YAML that nothing may keep', async () => {
    const { app, fleet } = await buildApp();
    await fleet.create('a');
    const answer = await app.inject('/api/v1/clusters/a/kubeconfig');
    expect(answer.headers['content-type']).toContain('application/yaml');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toContain('kind: Config');
    expect((await app.inject('/api/v1/clusters/x/kubeconfig')).statusCode).toBe(404);
  });
});

describe('bulk requests', () => {
  it('creates numbered clusters, the same names for the same request', async () => {
    const { app, fleet } = await buildApp();
    const answer = await app.inject(post('/api/v1/clusters', { prefix: 'edge', count: 3, start: 9 }));
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({ succeeded: 3, failed: 0 });
    expect(fleet.names()).toEqual(['edge-0009', 'edge-0010', 'edge-0011']);
  });

  it('reports each name for itself when some are refused', async () => {
    const { app } = await buildApp();
    const answer = await app.inject(post('/api/v1/clusters', { names: ['a', 'a', 'B!'] }));
    expect(answer.statusCode).toBe(207);
    expect(answer.json()).toMatchObject({
      succeeded: 1,
      failed: 2,
      results: [
        { name: 'a', status: 201 },
        { name: 'a', status: 409, code: 'ERR_FLEET_CLUSTER_EXISTS' },
        { name: 'B!', status: 400, code: 'ERR_FLEET_INVALID_NAME' },
      ],
    });
  });

  it('deletes by names, by prefix, or all', async () => {
    const { app, fleet } = await buildApp();
    await fleet.createMany(['a-1', 'a-2', 'b-1', 'b-2', 'c-1']);
    expect((await app.inject(post('/api/v1/clusters/delete', { names: ['c-1', 'c-1'] }))).statusCode).toBe(
      202,
    );
    expect((await app.inject(post('/api/v1/clusters/delete', { prefix: 'a-' }))).json()).toMatchObject({
      succeeded: 2,
    });
    expect(fleet.names()).toEqual(['b-1', 'b-2']);
    await app.inject(post('/api/v1/clusters/delete', { all: true }));
    expect(fleet.names()).toEqual([]);
    expect((await app.inject(post('/api/v1/clusters/delete', { names: ['x'] }))).statusCode).toBe(207);
  });

  it.each([
    ['/api/v1/clusters', {}],
    ['/api/v1/clusters', { prefix: 'a' }],
    ['/api/v1/clusters', { names: ['a'], count: 2 }],
    ['/api/v1/clusters', { names: [] }],
    ['/api/v1/clusters', { prefix: 'a', count: 10_001 }],
    ['/api/v1/clusters', { prefix: 'a', count: 1, colour: 'red' }],
    ['/api/v1/clusters/delete', {}],
    ['/api/v1/clusters/delete', { all: false }],
    ['/api/v1/clusters/delete', { all: true, prefix: 'a' }],
  ])('refuses POST %s %j', async (url, payload) => {
    const { app, fleet } = await buildApp();
    await fleet.create('keep');
    expect((await app.inject(post(url, payload))).statusCode).toBe(400);
    expect(fleet.names()).toEqual(['keep']);
  });
});

describe('/api/v1/events', () => {
  async function listen() {
    const { app, fleet } = await buildApp();
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    return { app, fleet, url: `${url}/api/v1/events` };
  }

  async function readUntil(response: Response, text: string): Promise<string> {
    let seen = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      seen += Buffer.from(chunk).toString();
      if (seen.includes(text)) break;
    }
    return seen;
  }

  it('streams what happens, numbered, and resumes after the id seen last', async () => {
    const { fleet, url } = await listen();
    const first = await fetch(url);
    expect(first.headers.get('content-type')).toContain('text/event-stream');
    fleet.announce({ type: 'created', cluster: 'a', phase: 'pending' });
    fleet.announce({ type: 'stage', cluster: 'a', phase: 'registering', stage: 'registered' });
    expect(await readUntil(first, 'id: 1\n')).toContain('event: created\ndata: {"seq":1,');

    const second = await fetch(url, { headers: { 'last-event-id': '1' } });
    expect(await readUntil(second, 'registered')).not.toContain('id: 1\n');
  });

  it('ends the streams when the agent shuts down', async () => {
    const { app, url } = await listen();
    const response = await fetch(url);
    await app.close();
    expect(await response.text()).toContain(': connected');
  });

  it('refuses an id that is none', async () => {
    const { url } = await listen();
    expect((await fetch(url, { headers: { 'last-event-id': 'x' } })).status).toBe(400);
  });
});

describe('/api/v1/summary', () => {
  it('shows the fleet in numbers', async () => {
    const { app, fleet } = await buildApp();
    await fleet.create('a');
    expect((await app.inject('/api/v1/summary')).json()).toEqual(JSON.parse(JSON.stringify(fleet.summary())));
  });
});

describe('a choice of backend and template', () => {
  it('is passed on and shown, for one cluster and for many', async () => {
    const { app, fleet } = await buildApp();
    await app.inject(post('/clusters', { name: 'a', backend: 'kwok-shared', template: 'edge' }));
    const choice = { backend: 'kwok-dedicated', template: 'big' };
    await app.inject(post('/api/v1/clusters', { prefix: 'b', count: 2, ...choice }));
    await app.inject(post('/api/v1/clusters', { names: ['c'] }));
    expect([...fleet.views.values()].map(({ backend, template }) => [backend, template])).toEqual([
      ['kwok-shared', 'edge'],
      ['kwok-dedicated', 'big'],
      ['kwok-dedicated', 'big'],
      ['memory', 'default'],
    ]);
    expect((await app.inject('/api/v1/clusters/a')).json()).toMatchObject({
      backend: 'kwok-shared',
      template: 'edge',
    });
  });

  it.each([
    ['/clusters', { name: 'a', backend: 'docker' }],
    ['/api/v1/clusters', { names: ['a', 'b'], backend: 'docker' }],
  ])('is refused as a whole by POST %s when it is not there', async (url, body) => {
    const { app, fleet } = await buildApp();
    const answer = await app.inject(post(url, body));
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toEqual({
      error: 'there is no backend "docker"; known are memory, kwok-shared, kwok-dedicated',
      code: 'ERR_FLEET_UNKNOWN_BACKEND',
      field: 'backend',
    });
    expect(fleet.views.size).toBe(0);
  });

  it('is refused when it is no text, and the name is not blamed for it', async () => {
    const { app } = await buildApp();
    const answer = await app.inject(post('/clusters', { name: 'a', template: {} }));
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'FST_ERR_VALIDATION', field: 'template' });
  });

  it('can be looked up: backends with their progress, templates with what is wrong with them', async () => {
    const { app } = await buildApp();
    const backends = (await app.inject('/api/v1/backends')).json().items;
    expect(backends[1]).toMatchObject({
      kind: 'kwok-shared',
      default: false,
      phase: 'starting',
      message: 'creating main-cluster',
      since: '2026-01-01T00:00:00.000Z',
    });
    const templates = (await app.inject('/api/v1/templates')).json().items;
    expect(templates[0]).toMatchObject({ name: 'default', version: 'v1.28.5+k3s1', nodes: 2 });
    expect(templates[1]).toEqual({
      name: 'broken',
      clusters: 0,
      error: 'broken.yaml:3: nodes[0].name: is missing',
    });
  });
});

describe('shards', () => {
  it('show their threads’ load, and can be made to crash', async () => {
    const { app } = await buildApp();
    const crash = (index: number | string) =>
      app.inject({ method: 'POST', url: `/api/v1/shards/${index}/crash` });
    expect((await crash(0)).statusCode).toBe(204);
    const { items } = (await app.inject('/api/v1/shards')).json();
    expect(items).toMatchObject([
      { index: 0, phase: 'running', restarts: 1, eventLoop: { p99Ms: 12 }, memory: { heapUsedBytes: 1000 } },
    ]);
    const missing = await crash(3);
    expect(missing.statusCode).toBe(404);
    expect(missing.json()).toEqual({
      error: 'there is no shard 3: they are 0 to 0',
      code: 'ERR_FLEET_SHARD_NOT_FOUND',
    });
    expect((await crash('x')).statusCode).toBe(400);
  });
});
