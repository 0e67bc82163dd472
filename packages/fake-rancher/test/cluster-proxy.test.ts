import type http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ask, until, type AnyJson } from './support/api-client.js';
import { allActive, cleanUpAfterEach, startCluster, startRancher } from './support/setup.js';

cleanUpAfterEach();

describe('/k8s/clusters/<id>', () => {
  it('passes requests and their bodies on to the cluster and its answers back', async () => {
    const rancher = await startRancher();
    const cluster = await startCluster(rancher);
    await allActive(rancher);
    const base = `/k8s/clusters/${cluster.id}`;
    expect((await ask(rancher, 'GET', `${base}/api/v1/nodes?limit=1`)).json.items[0].metadata.name).toBe(
      'node-0',
    );
    const body = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c' },
      data: { big: 'x'.repeat(200_000) },
    };
    const made = await ask(rancher, 'POST', `${base}/api/v1/namespaces/default/configmaps`, {
      body,
      headers: { 'Content-Type': 'application/json' },
    });
    expect(made.status).toBe(201);
    expect((cluster.api.api.get('configmaps', 'default', 'c') as AnyJson).data.big).toHaveLength(200_000);
    expect(await ask(rancher, 'GET', `${base}/api/v1/namespaces/default/configmaps/none`)).toMatchObject({
      status: 404,
      json: { kind: 'Status' },
    });
    expect(rancher.violations()).toEqual([]);
  });

  it('goes as the impersonated caller, whatever the caller claims to be', async () => {
    const rancher = await startRancher();
    const seen: http.IncomingHttpHeaders[] = [];
    const cluster = await startCluster(rancher, {
      intercept: (request) => {
        if (request.url === '/livez') seen.push(request.headers);
        return false;
      },
    });
    await allActive(rancher);
    await ask(rancher, 'GET', `/k8s/clusters/${cluster.id}/livez`, {
      headers: { 'Impersonate-User': 'root', Cookie: 'a=b' },
    });
    expect(seen[0]).toMatchObject({
      'impersonate-user': expect.stringMatching(/^user-/),
      'impersonate-group': 'system:authenticated, system:cattle:authenticated',
      authorization: expect.stringMatching(/^Bearer /),
    });
    expect(seen[0]?.authorization).not.toContain(rancher.token);
    expect(seen[0]?.cookie).toBeUndefined();
  });

  it('ends the request behind the tunnel when the caller goes away', async () => {
    const rancher = await startRancher();
    const cluster = await startCluster(rancher);
    await allActive(rancher);
    const before = cluster.api.watchCount();
    const request = https.get(`${rancher.url}/k8s/clusters/${cluster.id}/api/v1/pods?watch=true`, {
      ca: rancher.caCert,
      agent: false,
      headers: { Authorization: `Bearer ${rancher.token}` },
    });
    request.on('error', () => {});
    await until(
      () => cluster.api.watchCount(),
      (count) => count === before + 1,
    );
    request.destroy();
    await until(
      () => cluster.api.watchCount(),
      (count) => count === before,
    );
  });

  it('joins upgraded connections byte by byte', async () => {
    const rancher = await startRancher();
    const cluster = await startCluster(rancher, {
      upgrade: (request, socket) => {
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`,
        );
        socket.pipe(socket);
      },
    });
    await allActive(rancher);
    const request = https.request(
      `${rancher.url}/k8s/clusters/${cluster.id}/api/v1/namespaces/default/pods/p/exec?command=x`,
      {
        method: 'POST',
        ca: rancher.caCert,
        agent: false,
        headers: { Authorization: `Bearer ${rancher.token}`, Connection: 'Upgrade', Upgrade: 'SPDY/3.1' },
      },
    );
    request.end();
    const socket = await new Promise<Duplex>((resolve, reject) => {
      request.once('upgrade', (response, upgraded: Duplex) => {
        expect(response.headers.upgrade).toBe('SPDY/3.1');
        resolve(upgraded);
      });
      request.once('error', reject);
    });
    let echoed = '';
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => (echoed += text));
    socket.write('hello');
    await until(
      () => echoed,
      (text) => text === 'hello',
    );
    socket.destroy();
  });

  it('passes /v1 on to the agent over the steve tunnel', async () => {
    const rancher = await startRancher();
    const cluster = await startCluster(rancher, {
      interceptSteve: (request, response) => {
        if (request.url !== '/v1/schemas') return false;
        response.end(
          JSON.stringify({ host: request.headers.host, prefix: request.headers['x-api-url-prefix'] }),
        );
        return true;
      },
    });
    await allActive(rancher);
    const { json } = await ask(rancher, 'GET', `/k8s/clusters/${cluster.id}/v1/schemas`);
    expect(json).toEqual({ host: '127.0.0.1:6080', prefix: `/k8s/clusters/${cluster.id}` });
  });

  it('refuses strangers and unknown clusters', async () => {
    const rancher = await startRancher();
    expect((await ask(rancher, 'GET', '/k8s/clusters/c-none/api', { token: null })).status).toBe(401);
    expect((await ask(rancher, 'GET', '/k8s/clusters/c-none/api')).status).toBe(404);
  });
});

describe('a cluster that cannot be asked', () => {
  it('is unavailable, and says why', async () => {
    const rancher = await startRancher();
    const cluster = await startCluster(rancher, {
      intercept: (request, response) => {
        if (request.method !== 'POST' || !request.url?.endsWith('/serviceaccounts')) return false;
        request.resume();
        response.writeHead(507).end('{"message":"no room"}');
        return true;
      },
    });
    const answer = await ask(rancher, 'GET', `/k8s/clusters/${cluster.id}/api`);
    expect(answer).toMatchObject({ status: 503, json: { code: 'ClusterUnavailable' } });
    expect(answer.json.message).toMatch(/serviceaccounts: 507 no room$/);
  });
});
