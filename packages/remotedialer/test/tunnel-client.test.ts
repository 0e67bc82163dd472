import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { HandshakeError, SessionNotFoundError, TunnelClient, type TunnelClientStatus } from '../src/index.js';
import { startClient, startPair, startServer } from './helpers/tunnel.js';

const keep = (): void => undefined;

function makeClient(options: Partial<ConstructorParameters<typeof TunnelClient>[0]>): TunnelClient {
  const client = new TunnelClient({
    endpoint: () => ({ url: 'ws://127.0.0.1:1/', headers: {} }),
    onConnect: keep,
    backoff: { initialMs: 1, maxMs: 1 },
    ...options,
  });
  onTestFinished(() => client.destroy());
  return client;
}

test('a refusal is a HandshakeError with the status and the text of the server', async () => {
  const { url } = await startServer({
    authorize: (request) => {
      if (request.headers['x-bad'] !== undefined) throw new Error('cluster not found');
      return null;
    },
  });
  const unknown = makeClient({ endpoint: () => ({ url, headers: {} }) });
  unknown.start();
  const [error] = (await once(unknown, 'attemptFailed')) as [HandshakeError];
  expect(error).toBeInstanceOf(HandshakeError);
  expect([error.status, error.body]).toEqual([401, 'failed authentication']);
  const bad = makeClient({ endpoint: () => ({ url, headers: { 'x-bad': '1' } }) });
  bad.start();
  const [other] = (await once(bad, 'attemptFailed')) as [HandshakeError];
  expect([other.status, other.body]).toEqual([400, 'cluster not found']);
});

test('a server that speaks plain HTTP is a HandshakeError too, and a long body is cut', async () => {
  const http = createServer((_request, response) => response.writeHead(404).end('x'.repeat(100_000)));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => void http.close());
  const client = makeClient({
    endpoint: () => ({ url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`, headers: {} }),
  });
  client.start();
  const [error] = (await once(client, 'attemptFailed')) as [HandshakeError];
  expect([error.status, error.body.length]).toEqual([404, 4096]);
});

test('the endpoint is asked anew before each attempt, so a rotated token is picked up', async () => {
  const { url, tunnels } = await startServer();
  const tokens = ['', '', 'alice'];
  const client = makeClient({
    endpoint: () => {
      const token = tokens.shift();
      return Promise.resolve({ url, headers: token === '' ? {} : { 'x-tunnel-id': token! } });
    },
  });
  const failures: number[] = [];
  client.on('attemptFailed', (error) => failures.push((error as HandshakeError).status));
  client.start();
  await once(client, 'connected');
  expect(failures).toEqual([401, 401]);
  expect(tunnels.hasSession('alice')).toBe(true);
});

test('a failing endpoint counts as a failed attempt', async () => {
  const client = makeClient({ endpoint: () => Promise.reject(new Error('no token yet')) });
  client.start();
  const [error, retryInMs] = (await once(client, 'attemptFailed')) as [Error, number];
  expect(error.message).toBe('no token yet');
  expect(retryInMs).toBe(0);
  expect(client.status).toBe('waiting');
});

test('delays grow with full jitter up to the limit', async () => {
  const delays: number[] = [];
  const client = makeClient({ backoff: { initialMs: 2, maxMs: 10 }, random: () => 0.999 });
  client.on('attemptFailed', (_error, retryInMs) => delays.push(retryInMs));
  client.start();
  await expect.poll(() => delays.length, { timeout: 5_000 }).toBeGreaterThanOrEqual(5);
  expect(delays.slice(0, 5)).toEqual([1, 3, 7, 9, 9]);
});

test('a session that ends at once does not reset the backoff', async () => {
  const { tunnels, url } = await startServer();
  tunnels.on('session', (clientKey) => tunnels.disconnect(clientKey, 'cut'));
  const client = makeClient({
    endpoint: () => ({ url, headers: { 'x-tunnel-id': 'alice' } }),
    backoff: { initialMs: 1, maxMs: 1_000 },
  });
  let lost = 0;
  client.on('disconnected', () => lost++);
  client.start();
  await expect.poll(() => lost, { timeout: 5_000 }).toBeGreaterThanOrEqual(3);
  expect(client.debugInfo().failures).toBeGreaterThanOrEqual(3);
});

test('a lost session is replaced by a new one', async () => {
  const { tunnels, client } = await startPair(keep);
  const again = once(client, 'connected');
  const lost = once(client, 'disconnected');
  expect(tunnels.disconnect('alice', 'cut')).toBe(1);
  expect((await lost)[0]).toBeInstanceOf(Error);
  await again;
  await expect.poll(() => tunnels.hasSession('alice')).toBe(true);
});

test('retryNow() ends the wait between attempts, and has no effect at other times', async () => {
  const { url, tunnels } = await startServer();
  const tokens = ['', 'alice', 'bob'];
  const client = makeClient({
    endpoint: () => {
      const token = tokens.shift()!;
      return { url, headers: token === '' ? {} : { 'x-tunnel-id': token } };
    },
    backoff: { initialMs: 3_600_000, maxMs: 3_600_000 },
    random: () => 0.5,
  });
  client.retryNow();
  expect(client.status).toBe('idle');
  client.start();
  await once(client, 'attemptFailed');
  client.retryNow();
  client.retryNow();
  await once(client, 'connected');
  client.retryNow();
  expect([client.status, client.debugInfo().failures]).toEqual(['connected', 1]);
  await expect.poll(() => tunnels.clients()).toEqual(['alice']);
  await client.close();
  client.retryNow();
  expect([client.status, tokens]).toEqual(['closed', ['bob']]);
});

test('the statuses are passed in order, and closed is for good', async () => {
  const { url, tunnels } = await startServer();
  const statuses: TunnelClientStatus[] = [];
  const client = makeClient({ endpoint: () => ({ url, headers: { 'x-tunnel-id': 'alice' } }) });
  expect(client.status).toBe('idle');
  client.on('status', (status) => statuses.push(status));
  client.start();
  client.start();
  await once(client, 'connected');
  const ended = once(tunnels, 'sessionEnd');
  await client.close();
  await client.close();
  client.start();
  await ended;
  expect(statuses).toEqual(['connecting', 'connected', 'closed']);
  expect(tunnels.hasSession('alice')).toBe(false);
});

test('close() while connecting or waiting ends the loop', async () => {
  const connecting = makeClient({ endpoint: () => new Promise(() => undefined) });
  connecting.start();
  await connecting.close();
  expect(connecting.status).toBe('closed');
  const waiting = makeClient({ backoff: { initialMs: 60_000, maxMs: 60_000 }, random: () => 0.9 });
  waiting.start();
  await once(waiting, 'attemptFailed');
  await waiting.close();
  expect(waiting.status).toBe('closed');
});

test('a close while the endpoint is being asked opens no session afterwards', async () => {
  const { url, tunnels } = await startServer();
  let answer: (endpoint: { url: string; headers: Record<string, string> }) => void = keep;
  const client = makeClient({ endpoint: () => new Promise((resolve) => (answer = resolve)) });
  client.start();
  await client.close();
  let sessions = 0;
  tunnels.on('session', () => sessions++);
  answer({ url, headers: { 'x-tunnel-id': 'alice' } });
  await startClient(url, keep, { key: 'bob' });
  expect(sessions).toBe(1);
});

test('a close during the handshake drops its socket at once', async () => {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const client = makeClient({ endpoint: () => ({ url: `ws://127.0.0.1:${port}/`, headers: {} }) });
  client.start();
  const [socket] = (await once(server, 'connection')) as [Socket];
  // The request has come; it is never answered.
  await once(socket, 'data');
  const closed = once(socket, 'close');
  await client.close();
  await closed;
  expect(client.status).toBe('closed');
});

test('a client whose endpoint has moved connects to the new place', async () => {
  const [first, second] = [await startServer(), await startServer()];
  const urls = [`${first.url}?a=1`, `${second.url}?b=2`];
  const paths: (string | undefined)[] = [];
  for (const { http } of [first, second]) http.on('upgrade', (request) => paths.push(request.url));
  const client = makeClient({
    endpoint: () => ({ url: urls.shift()!, headers: { 'x-tunnel-id': 'alice' } }),
  });
  client.start();
  await once(client, 'connected');
  const again = once(client, 'connected');
  client.session?.destroy();
  await again;
  await expect.poll(() => second.tunnels.hasSession('alice')).toBe(true);
  expect(paths).toEqual(['/connect?a=1', '/connect?b=2']);
});

test('dial() without a session throws', () => {
  expect(() => makeClient({}).dial('tcp', 'x:1')).toThrow(SessionNotFoundError);
});

test('debugInfo() shows the session and its connections', async () => {
  const { tunnels, client } = await startPair((connection) => connection.pipe(connection));
  const connection = tunnels.dial('alice', 'tcp', 'echo:7');
  connection.write('ping');
  await once(connection, 'data');
  expect(client.debugInfo()).toMatchObject({
    status: 'connected',
    session: {
      role: 'client',
      connections: [{ id: 2, address: 'echo:7', bytesRead: 4, bytesWritten: 4, flow: 'free' }],
    },
  });
  expect(tunnels.debugInfo()).toMatchObject([
    { clientKey: 'alice', role: 'server', connections: [{ bytesRead: 4 }] },
  ]);
});
