import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createServer as createTlsServer } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { allowing, rancherAgentRule, tcpTarget, tlsTarget, unixTarget } from '../src/index.js';
import { byteHash, byteSource, MiB, readHash } from './helpers/bytes.js';
import { makeCertificate } from './helpers/certificate.js';
import { startPair, startClient, startServer } from './helpers/tunnel.js';

async function listen(server: Server, place: object = { port: 0, host: '127.0.0.1' }): Promise<number> {
  server.on('connection', (socket: Socket) => socket.on('error', () => undefined));
  server.listen(place);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test('tcpTarget() dials the address that was asked for', async () => {
  const port = await listen(createServer((socket) => socket.end('hello')));
  const { tunnels } = await startPair(tcpTarget());
  expect(await text(tunnels.dial('alice', 'tcp', `127.0.0.1:${port}`))).toBe('hello');
});

test('25: tcpTarget() takes :port for localhost', async () => {
  const port = await listen(
    createServer((socket) => socket.end('local')),
    { port: 0, host: 'localhost' },
  );
  const { tunnels } = await startPair(tcpTarget());
  expect(await text(tunnels.dial('alice', 'tcp', `:${port}`))).toBe('local');
});

test('tcpTarget(fixed) serves every address from one place', async () => {
  const port = await listen(createServer((socket) => socket.end('fixed')));
  const { tunnels } = await startPair(tcpTarget({ host: '127.0.0.1', port }));
  expect(await text(tunnels.dial('alice', 'tcp', 'not-used:80'))).toBe('fixed');
});

test('a failed dial carries the words of Go', async () => {
  const { tunnels } = await startPair(tcpTarget());
  const failure = async (protocol: 'tcp' | 'unix', address: string): Promise<string> =>
    ((await once(tunnels.dial('alice', protocol, address), 'error')) as [Error])[0].message;
  expect(await failure('tcp', '127.0.0.1:1')).toBe('dial tcp 127.0.0.1:1: connect: connection refused');
  expect(await failure('tcp', 'no-port')).toBe('dial tcp: address no-port: missing port in address');
  expect(await failure('unix', '/var/run/docker.sock')).toBe('dial unix: unknown network unix');
});

test('27: the end of the dialler closes the target for good, after the last byte', async () => {
  const sockets: Socket[] = [];
  let received = 0;
  let closed = false;
  const port = await listen(
    createServer({ allowHalfOpen: true }, (socket) => {
      sockets.push(socket);
      socket.on('data', (chunk) => (received += chunk.length));
      socket.on('close', () => (closed = true));
    }),
  );
  const { tunnels } = await startPair(tcpTarget());
  const connection = tunnels.dial('alice', 'tcp', `127.0.0.1:${port}`).resume();
  connection.end('x'.repeat(500_000));
  await once(connection, 'close');
  await expect.poll(() => received).toBe(500_000);
  // The target keeps its half open, so only a socket that is closed for good lets it notice when it writes.
  await expect
    .poll(() => {
      for (const socket of sockets) socket.write('too late');
      return closed;
    })
    .toBe(true);
});

test('a target that resets is an error after what it sent', async () => {
  const port = await listen(createServer((socket) => socket.once('data', () => socket.resetAndDestroy())));
  const { tunnels } = await startPair(tcpTarget());
  const connection = tunnels.dial('alice', 'tcp', `127.0.0.1:${port}`);
  connection.write('go');
  const [error] = (await once(connection, 'error')) as [Error];
  expect(error.message).toContain('ECONNRESET');
});

test('a stream of 20 MiB passes a target in both directions at once', async () => {
  const port = await listen(createServer((socket) => socket.pipe(socket)));
  const { tunnels } = await startPair(tcpTarget());
  const connection = tunnels.dial('alice', 'tcp', `127.0.0.1:${port}`);
  byteSource(20 * MiB).pipe(connection, { end: false });
  expect(await readHash(connection, 20 * MiB)).toBe(byteHash(20 * MiB));
  connection.destroy();
});

test('a dialler that gives up before the target answers leaves no socket behind', async () => {
  const port = await listen(createServer());
  const { tunnels, client } = await startPair(tcpTarget());
  tunnels.dial('alice', 'tcp', `127.0.0.1:${port}`).destroy();
  await expect.poll(() => client.session?.counters.connectionsClosed).toBe(1);
});

test('unixTarget() dials a unix socket', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rd-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 's');
  await listen(
    createServer((socket) => socket.end('unix')),
    { path },
  );
  const { tunnels, url } = await startServer({ allowDial: () => true });
  await startClient(url, unixTarget());
  expect(await text(tunnels.dial('alice', 'unix', path))).toBe('unix');
  const [error] = (await once(tunnels.dial('alice', 'unix', join(folder, 'gone')), 'error')) as [Error];
  expect(error.message).toContain('no such file or directory');
});

test('tlsTarget() speaks TLS to the target, plain text to the dialler', async () => {
  const { key, cert } = await makeCertificate('cluster.test');
  const port = await listen(createTlsServer({ key, cert }, (socket) => socket.end('secure')));
  const { tunnels } = await startPair(tlsTarget({ ca: cert, servername: 'cluster.test' }));
  expect(await text(tunnels.dial('alice', 'tcp', `127.0.0.1:${port}`))).toBe('secure');
});

test('allowing() refuses one dial and keeps the session', async () => {
  const port = await listen(createServer((socket) => socket.end('allowed')));
  const { tunnels } = await startPair(
    allowing(({ address }) => address.startsWith('127.0.0.1:'), tcpTarget()),
  );
  const [error] = (await once(tunnels.dial('alice', 'tcp', `localhost:${port}`), 'error')) as [Error];
  expect(error.message).toBe('connect not allowed');
  expect(await text(tunnels.dial('alice', 'tcp', `127.0.0.1:${port}`))).toBe('allowed');
});

test.each([
  ['tcp', '10.43.0.1:443', true],
  ['unix', '/var/run/docker.sock', true],
  ['npipe', '//./pipe/docker_engine', true],
  ['unix', '/etc/passwd', false],
  ['udp', '10.43.0.1:53', false],
  ['tcp4', '10.43.0.1:443', false],
])('rancherAgentRule: %s %s is %s', (protocol, address, allowed) => {
  expect(rancherAgentRule({ protocol, address })).toBe(allowed);
});
