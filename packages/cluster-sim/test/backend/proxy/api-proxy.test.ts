import { once } from 'node:events';
import {
  createServer as createHttp,
  request as httpRequest,
  type IncomingMessage,
  type Server,
} from 'node:http';
import { createServer as createHttps, type Server as HttpsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { ApiError, createAuthority, createServerCertificate } from '@scale-cluster/memory-apiserver';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RequestInfo } from '../../../src/backend/backend.js';
import { ApiProxy, type ApiProxyOptions } from '../../../src/backend/proxy/api-proxy.js';

const authority = createAuthority();
const leaf = createServerCertificate(authority, ['127.0.0.1']);
const tokens = { agent: { username: 'the-agent', groups: ['g1', 'g2'] } };

/** A kube-apiserver that the test plays, the proxy, and a port in front of it. */
describe('ApiProxy', () => {
  let upstream: HttpsServer;
  let front: Server;
  let proxy: ApiProxy;
  let seen: RequestInfo[];
  let unreachable: number;
  const sockets = new Set<Socket>();

  const start = async (options: Partial<ApiProxyOptions> = {}): Promise<void> => {
    proxy = new ApiProxy({
      credentials: {
        server: `https://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
        caCert: authority.cert,
        clientCert: leaf.cert,
        clientKey: leaf.key,
      },
      tokens,
      onRequest: (request) => seen.push(request),
      onUnreachable: () => (unreachable += 1),
      ...options,
    });
    front = createHttp((request, response) => proxy.handle(request, response));
    front.on('upgrade', (request, socket, head) => proxy.handleUpgrade(request, socket, head));
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
  };

  beforeEach(async () => {
    seen = [];
    unreachable = 0;
    upstream = createHttps({ ...leaf, requestCert: true, rejectUnauthorized: false });
    upstream.on('secureConnection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
    });
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
  });

  afterEach(() => {
    proxy.close();
    front.closeAllConnections();
    front.close();
    for (const socket of sockets) socket.destroy();
    upstream.close();
  });

  const ask = (path: string, headers: Record<string, string | string[]> = {}, method = 'GET') => {
    const { port } = front.address() as AddressInfo;
    const request = httpRequest({ port, path, method, headers, agent: false });
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.once('error', reject);
    });
    return { request, answer };
  };
  const textOf = async (answer: IncomingMessage): Promise<string> => {
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) text += chunk as string;
    return text;
  };
  const fingerprint = (request: IncomingMessage): string | undefined =>
    (request.socket as TLSSocket).getPeerCertificate().fingerprint256;

  it('passes a known token on as its user with the certificate, bodies in both directions as they are', async () => {
    upstream.on('request', (request, response) => {
      const who = [request.headers['impersonate-user'], request.headersDistinct['impersonate-group']];
      const facts = {
        who,
        certified: fingerprint(request) !== undefined,
        token: request.headers.authorization,
      };
      response.setHeader('x-facts', JSON.stringify(facts));
      response.statusCode = 201;
      request.pipe(response);
    });
    await start();
    const { request, answer } = ask(
      '/api/v1/pods',
      { authorization: 'Bearer agent', 'user-agent': 'ua' },
      'POST',
    );
    request.end('a body');
    const got = await answer;
    expect(got.statusCode).toBe(201);
    expect(JSON.parse(String(got.headers['x-facts']))).toEqual({
      who: ['the-agent', ['g1', 'g2']],
      certified: true,
    });
    expect(await textOf(got)).toBe('a body');
    const counted = { verb: 'create', resource: 'pods', userAgent: 'ua', code: 201, bytes: 6 };
    await expect.poll(() => seen).toEqual([counted]);
  });

  it('does not lend the certificate to an unknown token, nor to one that is a word of JavaScript', async () => {
    upstream.on('request', (request, response) =>
      response.end(`${fingerprint(request) === undefined} ${request.headers.authorization}`),
    );
    await start();
    for (const token of ['other', 'constructor', '__proto__']) {
      const { request, answer } = ask('/api', { authorization: `Bearer ${token}` });
      request.end();
      expect(await textOf(await answer)).toBe(`true Bearer ${token}`);
    }
  });

  it('streams an answer while it is made, and ends upstream what the client gives up', async () => {
    const gone = new Promise<void>((resolve) => {
      upstream.on('request', (_request, response) => {
        response.write('first');
        response.once('close', resolve);
      });
    });
    await start();
    const { request, answer } = ask('/api/v1/pods?watch=true');
    request.on('error', () => undefined);
    request.end();
    const [chunk] = (await once(await answer, 'data')) as [Buffer];
    expect(chunk.toString()).toBe('first');
    request.destroy();
    await gone;
    await expect.poll(() => seen).toMatchObject([{ verb: 'watch', bytes: 5 }]);
  });

  it('breaks an answer off that the kube-apiserver breaks off', async () => {
    upstream.on('request', (request, response) => {
      response.write('half', () => request.socket.destroy());
    });
    await start();
    const { request, answer } = ask('/api/v1/pods?watch=true');
    request.end();
    await expect(answer.then(textOf)).rejects.toThrow('aborted');
  });

  it('answers 503 with a Status, and says so, when nobody listens', async () => {
    await start();
    upstream.close();
    const { request, answer } = ask('/api/v1/pods');
    request.end();
    const got = await answer;
    expect(got.statusCode).toBe(503);
    expect(JSON.parse(await textOf(got))).toMatchObject({ kind: 'Status', reason: 'ServiceUnavailable' });
    expect(unreachable).toBe(1);
  });

  it('lets faults in: a wait, an error of choice, a connection that ends without an answer', async () => {
    upstream.on('request', (_request, response) => response.end('ok'));
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await start({
      admit: ({ url }) => {
        if (url === '/late') return held;
        if (url === '/busy') return Promise.reject(new ApiError(429, 'TooManyRequests', 'slow down'));
        return url === '/cut' ? Promise.reject(new Error('cut')) : undefined;
      },
    });
    const [late, busy, cut, plain] = ['/late', '/busy', '/cut', '/plain'].map((path) => {
      const { request, answer } = ask(path);
      request.end();
      return answer;
    }) as [
      Promise<IncomingMessage>,
      Promise<IncomingMessage>,
      Promise<IncomingMessage>,
      Promise<IncomingMessage>,
    ];
    await expect(cut).rejects.toThrow();
    expect((await busy).statusCode).toBe(429);
    expect(await textOf(await plain)).toBe('ok');
    release();
    expect(await textOf(await late)).toBe('ok');
  });

  it.each(['websocket', 'SPDY/3.1'])('joins both ends of an upgrade to %s', async (protocol) => {
    upstream.on('upgrade', (request: IncomingMessage, socket: Socket) => {
      const user = String(request.headers['impersonate-user']);
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nX-User: ${user}\r\n\r\nhello`,
      );
      socket.on('data', (chunk: Buffer) => socket.write(`echo ${chunk.toString()}`));
    });
    await start();
    const { port } = front.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    let text = '';
    socket.on('data', (chunk: string) => (text += chunk));
    socket.write(
      `POST /api/v1/namespaces/n/pods/p/exec HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer agent\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`,
    );
    await expect.poll(() => text).toContain('hello');
    expect(text).toMatch(/^HTTP\/1\.1 101 .*\r\n/);
    expect(text).toContain('X-User: the-agent');
    socket.write('ping');
    await expect.poll(() => text).toContain('echo ping');
    expect(seen).toMatchObject([{ verb: 'create', resource: 'pods/exec', code: 101 }]);
    socket.destroy();
  });

  it('passes the refusal of an upgrade on', async () => {
    upstream.on('request', (_request, response) => response.writeHead(403, { 'x-why': 'not you' }).end('no'));
    await start();
    const { request, answer } = ask('/exec', { connection: 'Upgrade', upgrade: 'websocket' });
    request.end();
    const got = await answer;
    expect([got.statusCode, got.headers['x-why'], await textOf(got)]).toEqual([403, 'not you', 'no']);
  });
});
