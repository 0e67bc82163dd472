import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { tcpTarget, type Connection } from '../../src/index.js';
import { byteHash, byteSource, MiB, readHash } from '../helpers/bytes.js';
import { startClient, startServer } from '../helpers/tunnel.js';
import { GoPeer, GoServer } from './go-peer.js';

const peers = Object.entries(inject('peers'));

/** A TCP server on a free port that hands each socket to `serve`. */
async function startTarget(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Sends `size` bytes and reads as many back at the same time; both ends check every byte. */
async function exchange(ends: [Duplex, Duplex], size: number, seed = 1): Promise<void> {
  const [left, right] = ends;
  byteSource(size, seed).pipe(left, { end: false });
  byteSource(size, seed + 1).pipe(right, { end: false });
  const [atRight, atLeft] = await Promise.all([readHash(right, size), readHash(left, size)]);
  expect(atRight).toBe(byteHash(size, seed));
  expect(atLeft).toBe(byteHash(size, seed + 1));
}

/** Lets the first four bytes of a stream tell who it is. */
async function readTag(stream: Duplex): Promise<number> {
  while (stream.readableLength < 4) await once(stream, 'readable');
  return (stream.read(4) as Buffer).readUInt32BE();
}

function tag(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

describe.each(peers)('our client with a Go server %s', (_version, program) => {
  test('exchanges 100 MiB each way at the same time without a wrong byte', async () => {
    const server = await GoServer.start(program);
    const connected = new Promise<Connection>((resolve) => {
      void startClient(server.tunnelUrl, resolve);
    });
    await expect.poll(() => server.hasClient('alice')).toBe(true);
    const near = await server.dial('alice', 'tcp', 'in-process:1');
    await exchange([near, await connected], 100 * MiB);
    near.destroy();
  });

  test('keeps 200 concurrent connections apart', async () => {
    const server = await GoServer.start(program);
    const far = new Map<number, Connection>();
    await startClient(server.tunnelUrl, (connection) => {
      void readTag(connection).then((number) => far.set(number, connection));
    });
    const port = await server.forward('alice', 'tcp', 'in-process:1');
    const near = Array.from({ length: 200 }, (_, number) => {
      const socket = server.connect(port);
      socket.write(tag(number));
      return socket;
    });
    await expect.poll(() => far.size, { timeout: 20_000 }).toBe(200);
    await Promise.all(
      near.map((socket, number) => exchange([socket, far.get(number)!], 128 * 1024, number * 2)),
    );
    for (const socket of near) socket.destroy();
    await expect.poll(() => [...far.values()].every((connection) => connection.destroyed)).toBe(true);
  });

  test('a dial that fails here resets the connection there, and the session lives on', async () => {
    const server = await GoServer.start(program);
    const client = await startClient(server.tunnelUrl, (connection, { address }) => {
      if (address === 'echo:1') connection.pipe(connection);
      else connection.destroy(new Error(`dial tcp ${address}: connect: connection refused`));
    });
    const refused = await server.dial('alice', 'tcp', 'nothing:1');
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
    const fine = await server.dial('alice', 'tcp', 'echo:1');
    fine.write('still here');
    expect(String((await once(fine, 'data'))[0])).toBe('still here');
    fine.destroy();
    expect(client.status).toBe('connected');
  });

  test('an end on either side reaches the other after the last byte', async () => {
    const server = await GoServer.start(program);
    const ends: string[] = [];
    await startClient(server.tunnelUrl, (connection, { address }) => {
      if (address === 'talks:1') return void connection.end('goodbye');
      connection.on('data', (chunk: Buffer) => ends.push(chunk.toString()));
      connection.on('end', () => ends.push('end'));
    });
    const talked = await server.dial('alice', 'tcp', 'talks:1');
    const received: Buffer[] = [];
    talked.on('data', (chunk: Buffer) => received.push(chunk));
    await once(talked, 'end');
    expect(Buffer.concat(received).toString()).toBe('goodbye');
    const talker = await server.dial('alice', 'tcp', 'listens:1');
    talker.end('hello');
    await expect.poll(() => ends).toEqual(['hello', 'end']);
  });

  test('a server that dies is noticed, and a new one is found with a new endpoint', async () => {
    const first = await GoServer.start(program);
    let url = first.tunnelUrl;
    const open: Connection[] = [];
    const client = await startClient(url, (connection) => open.push(connection), {
      endpoint: () => ({ url, headers: { 'x-tunnel-id': 'alice' } }),
    });
    const near = await first.dial('alice', 'tcp', 'x:1');
    near.on('error', () => undefined);
    await expect.poll(() => open.length).toBe(1);
    const failed = once(open[0]!, 'error');
    await first.peer.kill();
    expect(String((await failed)[0])).toContain('tunnel disconnect');
    const second = await GoServer.start(program);
    url = second.tunnelUrl;
    await expect.poll(() => client.status).toBe('connected');
    expect(await second.hasClient('alice')).toBe(true);
  });

  test('close() withdraws the client at once', async () => {
    const server = await GoServer.start(program);
    const client = await startClient(server.tunnelUrl, () => undefined);
    await client.close();
    await expect.poll(() => server.hasClient('alice')).toBe(false);
  });
});

describe.each(peers)('our server with a Go client %s', (_version, program) => {
  async function startGoClient(): Promise<Awaited<ReturnType<typeof startServer>> & { peer: GoPeer }> {
    const server = await startServer();
    const session = once(server.tunnels, 'session');
    const [peer] = await Promise.all([GoPeer.start(program, 'client', server.url, 'alice'), session]);
    return { ...server, peer };
  }

  test('exchanges 100 MiB each way at the same time without a wrong byte', async () => {
    const { tunnels } = await startGoClient();
    let port = 0;
    const far = new Promise<Socket>((resolve) => {
      void startTarget(resolve).then((free) => (port = free));
    });
    await expect.poll(() => port).toBeGreaterThan(0);
    const near = tunnels.dial('alice', 'tcp', `127.0.0.1:${port}`);
    await exchange([near, await far], 100 * MiB);
    near.destroy();
  });

  test('keeps 200 concurrent connections apart', async () => {
    const { tunnels } = await startGoClient();
    const far = new Map<number, Socket>();
    const port = await startTarget(
      (socket) => void readTag(socket).then((number) => far.set(number, socket)),
    );
    const near = Array.from({ length: 200 }, (_, number) => {
      const connection = tunnels.dial('alice', 'tcp', `127.0.0.1:${port}`);
      connection.write(tag(number));
      return connection;
    });
    await expect.poll(() => far.size, { timeout: 20_000 }).toBe(200);
    await Promise.all(
      near.map((stream, number) => exchange([stream, far.get(number)!], 128 * 1024, number * 2)),
    );
    for (const connection of near) connection.destroy();
    await expect.poll(() => [...far.values()].every((socket) => socket.destroyed)).toBe(true);
  });

  test('a dial that fails there shows up as an error with its text', async () => {
    const { tunnels } = await startGoClient();
    const [error] = (await once(tunnels.dial('alice', 'tcp', '127.0.0.1:1'), 'error')) as [Error];
    expect(error.message).toBe('dial tcp 127.0.0.1:1: connect: connection refused');
    expect(tunnels.hasSession('alice')).toBe(true);
  });

  test('a target that resets shows up as an error after its last byte', async () => {
    const { tunnels } = await startGoClient();
    const port = await startTarget((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const connection = tunnels.dial('alice', 'tcp', `127.0.0.1:${port}`);
    connection.write('now');
    const [error] = (await once(connection, 'error')) as [Error];
    expect(error.message).toMatch(/read: conne$/);
  });

  test(':port means localhost at the Go client', async () => {
    const { tunnels } = await startGoClient();
    const port = await startTarget((socket) => socket.end('local'));
    const connection = tunnels.dial('alice', 'tcp', `:${port}`);
    expect(String((await once(connection, 'data'))[0])).toBe('local');
  });

  test('a client that dies takes its connections with it', async () => {
    const { tunnels, peer } = await startGoClient();
    const port = await startTarget(() => undefined);
    const connection = tunnels.dial('alice', 'tcp', `127.0.0.1:${port}`);
    const failed = once(connection, 'error');
    await peer.kill();
    expect(String((await failed)[0])).toContain('tunnel disconnect');
    expect(tunnels.hasSession('alice')).toBe(false);
  });
});

test('our client serves a Go server by TCP sockets', async ({ skip }) => {
  const [peer] = peers;
  if (peer === undefined) return skip();
  const server = await GoServer.start(peer[1]);
  await startClient(server.tunnelUrl, tcpTarget());
  const port = await startTarget((socket) => socket.pipe(socket));
  const near = await server.dial('alice', 'tcp', `127.0.0.1:${port}`);
  byteSource(4 * MiB).pipe(near, { end: false });
  expect(await readHash(near, 4 * MiB)).toBe(byteHash(4 * MiB));
  near.destroy();
});
