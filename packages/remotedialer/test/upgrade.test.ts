import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { TunnelClient } from '../src/index.js';
import { acceptValue, makeKey, upgradeProblem } from '../src/upgrade.js';
import { startServer } from './helpers/tunnel.js';

const keep = (): void => undefined;
const good = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': makeKey(),
};

test('the accept value is that of the example in RFC 6455', () => {
  expect(acceptValue('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
});

test.each([
  ['is fine', 'GET', {}, undefined],
  ['has another method', 'POST', {}, 'the method must be GET'],
  ['asks for another protocol', 'GET', { upgrade: 'h2c' }, 'the Upgrade header must be websocket'],
  ['has another version', 'GET', { 'sec-websocket-version': '8' }, 'Sec-WebSocket-Version must be 13'],
  ['has a key of 3 bytes', 'GET', { 'sec-websocket-key': 'abcd' }, 'invalid Sec-WebSocket-Key'],
])('a request that %s', (_what, method, headers, problem) => {
  expect(upgradeProblem({ method, headers: { ...good, ...headers } } as unknown as IncomingMessage)).toBe(
    problem,
  );
});

test('a malformed upgrade is answered with 400 and the reason, before anybody is asked', async () => {
  let asked = 0;
  const { url } = await startServer({
    authorize: () => {
      asked++;
      return null;
    },
  });
  const req = request(url.replace('ws', 'http'), {
    headers: { ...good, 'sec-websocket-version': '12' },
  }).end();
  const [response] = (await once(req, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(400);
  expect(String((await once(response, 'data'))[0])).toBe('Sec-WebSocket-Version must be 13');
  expect(asked).toBe(0);
});

async function urlOf(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/connect`;
}

async function failureOf(url: string, handshakeTimeoutMs = 5_000): Promise<Error> {
  const client = new TunnelClient({
    endpoint: () => ({ url, headers: {} }),
    onConnect: keep,
    handshakeTimeoutMs,
    backoff: { initialMs: 60_000, maxMs: 60_000 },
  });
  onTestFinished(() => client.destroy());
  client.start();
  return ((await once(client, 'attemptFailed')) as [Error])[0];
}

test.each([
  ['the wrong accept value', 'Sec-WebSocket-Accept: AAAA', 'invalid Sec-WebSocket-Accept header'],
  ['no accept value', 'X: y', 'invalid Sec-WebSocket-Accept header'],
])('a 101 with %s is refused', async (_what, header, message) => {
  const server = createServer().on('upgrade', (_request, socket) => {
    socket.on('error', keep);
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${header}\r\n\r\n`,
    );
  });
  expect((await failureOf(await urlOf(server))).message).toBe(message);
});

test('a subprotocol or extension that nobody asked for is refused', async () => {
  for (const extra of ['Sec-WebSocket-Extensions: permessage-deflate', 'Sec-WebSocket-Protocol: chat']) {
    const server = createServer().on('upgrade', ({ headers }, socket) => {
      socket.on('error', keep);
      const accept = acceptValue(headers['sec-websocket-key'] ?? '');
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          `Sec-WebSocket-Accept: ${accept}\r\n${extra}\r\n\r\n`,
      );
    });
    expect((await failureOf(await urlOf(server))).message).toContain('nobody asked for');
  }
});

test('a server that never answers fails the attempt after the handshake timeout', async () => {
  const server = createTcpServer((socket) => void socket.on('error', keep).resume());
  const error = await failureOf(await urlOf(server), 50);
  expect(error).toMatchObject({ code: 'ERR_RD_TIMEOUT', message: 'the handshake has timed out' });
});
