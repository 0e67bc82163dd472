import { describe, expect, it } from 'vitest';
import { buildApp } from '../build-app.js';

describe('API key', () => {
  const apiKey = 'correct-horse-battery';

  it('guards everything but health', async () => {
    const { app } = await buildApp({ apiKey });
    for (const url of ['/health', '/healthz']) expect((await app.inject(url)).statusCode).toBe(200);
    for (const url of [
      '/clusters',
      '/api/v1/shards',
      '/api/v1/shards/{index}/crash',
      '/api/v1/summary',
      '/metrics',
      '/docs/json',
      '/docs/',
      '/nothing',
      '/health/x',
    ]) {
      const answer = await app.inject(url);
      expect([url, answer.statusCode]).toEqual([url, 401]);
      expect(answer.json()).toMatchObject({ code: 'ERR_AGENT_UNAUTHORIZED' });
      expect(answer.headers['www-authenticate']).toContain('Bearer');
    }
  });

  it.each([
    [{ authorization: `Bearer ${apiKey}` }, 200],
    [{ authorization: `bearer ${apiKey}` }, 200],
    [{ 'x-api-key': apiKey }, 200],
    [{ authorization: `Bearer ${apiKey}x` }, 401],
    [{ authorization: 'Bearer' }, 401],
    [{ authorization: `Basic ${apiKey}` }, 401],
    [{ 'x-api-key': '' }, 401],
  ])('with %j answers %i', async (headers, status) => {
    const { app } = await buildApp({ apiKey });
    expect((await app.inject({ url: '/clusters', headers })).statusCode).toBe(status);
  });
});

describe('pages of other sites', () => {
  it('may not command the agent from a browser', async () => {
    const { app, fleet } = await buildApp();
    const answer = await app.inject({
      method: 'POST',
      url: '/clusters',
      headers: { origin: 'https://evil.example', 'content-type': 'text/plain', host: 'localhost:9090' },
      payload: '{"name":"a"}',
    });
    expect(answer.statusCode).toBe(403);
    expect(fleet.names()).toEqual([]);
  });

  it.each([
    ['localhost:9090', 200],
    ['127.0.0.1:9090', 200],
    ['[::1]:9090', 200],
    ['evil.example:9090', 403],
  ])('a request to host %s is answered with %i when there is no key', async (host, status) => {
    const { app } = await buildApp();
    expect((await app.inject({ url: '/clusters', headers: { host } })).statusCode).toBe(status);
  });

  it("the agent's own page may use it", async () => {
    const { app } = await buildApp();
    const headers = { host: 'localhost:9090', origin: 'http://localhost:9090' };
    expect((await app.inject({ url: '/clusters', headers })).statusCode).toBe(200);
  });
});

describe('unknown routes and methods', () => {
  it('are told apart, in JSON', async () => {
    const { app } = await buildApp();
    const unknown = await app.inject('/nothing?x=1');
    expect(unknown.statusCode).toBe(404);
    expect(unknown.json()).toEqual({
      error: 'no such path: /nothing; see /docs',
      code: 'ERR_AGENT_ROUTE_NOT_FOUND',
    });

    const wrong = await app.inject({ method: 'PUT', url: '/clusters/a' });
    expect(wrong.statusCode).toBe(405);
    expect(wrong.headers.allow).toBe('DELETE, GET, HEAD');
    expect(wrong.json().code).toBe('ERR_AGENT_METHOD_NOT_ALLOWED');
  });

  it('a body that is too large or of an unknown type is refused in JSON', async () => {
    const { app } = await buildApp();
    const large = await app.inject({
      method: 'POST',
      url: '/api/v1/clusters',
      payload: { names: ['x'.repeat(2 ** 21)] },
    });
    expect(large.statusCode).toBe(413);
    const headers = { 'content-type': 'application/xml' };
    expect(
      (await app.inject({ method: 'POST', url: '/clusters', headers, payload: '<a/>' })).statusCode,
    ).toBe(415);
  });
});

describe('OpenAPI', () => {
  it('describes every route, and its page is served', async () => {
    const { app } = await buildApp({ apiKey: 'correct-horse' });
    const headers = { 'x-api-key': 'correct-horse' };
    const document = (await app.inject({ url: '/docs/json', headers })).json();
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/api/v1/backends',
      '/api/v1/clusters',
      '/api/v1/clusters/delete',
      '/api/v1/clusters/{name}',
      '/api/v1/clusters/{name}/kubeconfig',
      '/api/v1/events',
      '/api/v1/shards',
      '/api/v1/shards/{index}/crash',
      '/api/v1/summary',
      '/api/v1/templates',
      '/clusters',
      '/clusters/{name}',
      '/health',
      '/healthz',
      '/metrics',
    ]);
    expect(document.components.securitySchemes).toHaveProperty('bearer');
    const page = await app.inject({ url: '/docs/', headers });
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('swagger-ui');
  });
});
