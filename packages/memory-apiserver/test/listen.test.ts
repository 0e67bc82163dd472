import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer, request as plainRequest } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ApiServer, Cluster, LocalServer } from '../src/index.js';
import { createApiServer } from '../src/index.js';

interface Answer {
  status: number;
  body: string;
}

function get(
  { url, caCert, token }: Pick<LocalServer, 'url' | 'caCert' | 'token'>,
  path: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    request(`${url}${path}`, { ca: caCert, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

let server: ApiServer;
let cluster: Cluster;
let folder: string;

beforeEach(() => {
  server = createApiServer();
  cluster = server.createCluster();
  folder = mkdtempSync(join(tmpdir(), 'memory-apiserver-'));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

describe('createCluster', () => {
  it('needs to be told nothing', () => {
    expect(cluster.name).toBe('kubernetes');
    expect(cluster.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(cluster.api.find('namespaces', undefined, 'kube-system')).toBeDefined();
    expect(server.createCluster().uid).not.toBe(cluster.uid);
  });

  it('tells pods of the CA that clusters listen with', async () => {
    await server.idle();
    const { data } = cluster.api.get('configmaps', 'default', 'kube-root-ca.crt') as unknown as {
      data: Record<string, string>;
    };
    expect(data['ca.crt']).toBe(server.authority.cert);
  });

  it('gives a handler for any server of node:http', async () => {
    const http = createServer(cluster.handler).listen(0, '127.0.0.1');
    await new Promise((resolve) => http.once('listening', resolve));
    const { port } = http.address() as AddressInfo;
    const status = await new Promise((resolve) =>
      plainRequest({ port, path: '/healthz', agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end(),
    );
    expect(status).toBe(200);
    await new Promise((resolve) => http.close(resolve));
  });
});

describe('listen', () => {
  it('serves the cluster to its administrator by HTTPS', async () => {
    const local = await cluster.listen();
    const { status, body } = await get(local, '/api/v1/namespaces/default');
    expect(status).toBe(200);
    expect((JSON.parse(body) as { metadata: { name: string } }).metadata.name).toBe('default');
    expect((await get({ ...local, token: 'another' }, '/api/v1/namespaces/default')).status).toBe(401);
    await local.close();
  });

  it('is not trusted by who trusts the CA of another server', async () => {
    const [local, other] = [await cluster.listen(), createApiServer()];
    await expect(get({ ...local, caCert: other.authority.cert }, '/healthz')).rejects.toThrow(/certificate/);
    await local.close();
  });

  it('writes a kubeconfig that only its owner can read', async () => {
    const kubeconfigFile = join(folder, 'kubeconfig');
    writeFileSync(kubeconfigFile, 'an old one', { mode: 0o644 });
    const local = await cluster.listen({ kubeconfigFile, token: 'secret' });
    expect(statSync(kubeconfigFile).mode & 0o777).toBe(0o600);
    const text = readFileSync(kubeconfigFile, 'utf8');
    expect(text).toBe(local.kubeconfig);
    const ca = Buffer.from(local.caCert).toString('base64');
    expect(parse(text)).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'kubernetes', cluster: { server: local.url, 'certificate-authority-data': ca } }],
      users: [{ name: 'kubernetes-admin', user: { token: 'secret' } }],
      contexts: [{ name: 'kubernetes', context: { cluster: 'kubernetes', user: 'kubernetes-admin' } }],
      'current-context': 'kubernetes',
    });
    await local.close();
  });

  it('listens no longer when it cannot write the kubeconfig', async () => {
    const first = await cluster.listen();
    const port = Number(new URL(first.url).port);
    await first.close();
    const kubeconfigFile = join(folder, 'no-folder', 'kubeconfig');
    await expect(cluster.listen({ port, kubeconfigFile })).rejects.toThrow(/ENOENT/);
    await (await cluster.listen({ port })).close();
  });

  it('lets go of watches and of its token when it is closed, while the cluster lives on', async () => {
    const local = await cluster.listen({ token: 'secret' });
    const ended = new Promise<IncomingHttpHeaders>((resolve, reject) => {
      const path = '/api/v1/configmaps?watch=true';
      const headers = { authorization: 'Bearer secret' };
      request(`${local.url}${path}`, { ca: local.caCert, headers, agent: false }, (response) => {
        response.on('close', () => resolve(response.headers)).on('error', () => undefined);
        void local.close();
      })
        .on('error', reject)
        .end();
    });
    expect((await ended)['content-type']).toBe('application/json');
    await expect(get(local, '/healthz')).rejects.toThrow(/ECONNREFUSED/);
    const again = await cluster.listen();
    expect((await get({ ...again, token: 'secret' }, '/api')).status).toBe(401);
    await again.close();
  });

  it('listens on IPv6, and rejects a port that is taken', async () => {
    const local = await cluster.listen({ host: '::1' });
    expect(local.url).toMatch(/^https:\/\/\[::1\]:\d+$/);
    expect((await get(local, '/readyz')).status).toBe(200);
    const port = Number(new URL(local.url).port);
    await expect(cluster.listen({ host: '::1', port })).rejects.toThrow(/EADDRINUSE/);
    await local.close();
  });

  it('drops what speaks no TLS', async () => {
    const local = await cluster.listen();
    const socket = connect(Number(new URL(local.url).port), '127.0.0.1', () =>
      socket.write('GET / HTTP/1.1\r\n\r\n'),
    );
    await new Promise((resolve) =>
      socket
        .on('error', () => undefined)
        .once('close', resolve)
        .resume(),
    );
    expect((await get(local, '/healthz')).status).toBe(200);
    await local.close();
  });
});
