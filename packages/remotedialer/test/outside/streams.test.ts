import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, inject, test } from 'vitest';
import { tcpTarget, type Connection } from '../../src/index.js';
import { byteHash, byteSource, MiB, readHash } from '../helpers/bytes.js';
import { startClient } from '../helpers/tunnel.js';
import { GoServer } from './go-peer.js';
import { exchange, readTag, startClientOf, startGoClient, startTarget, tag } from './targets.js';

const peers = Object.entries(inject('peers'));
const CONNECTIONS = 1_000;

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

  test('keeps 1,000 concurrent connections apart', async () => {
    const server = await GoServer.start(program);
    const far = new Map<number, Connection>();
    await startClientOf(server, (connection) => {
      void readTag(connection).then((number) => far.set(number, connection));
    });
    const port = await server.forward('alice', 'tcp', 'in-process:1');
    const near = Array.from({ length: CONNECTIONS }, (_, number) => {
      const socket = server.connect(port);
      socket.write(tag(number));
      return socket;
    });
    await expect.poll(() => far.size, { timeout: 30_000 }).toBe(CONNECTIONS);
    await Promise.all(
      near.map((socket, number) => exchange([socket, far.get(number)!], 64 * 1024, number * 2)),
    );
    for (const socket of near) socket.destroy();
    await expect.poll(() => [...far.values()].every((connection) => connection.destroyed)).toBe(true);
  });

  test('a dial that fails here resets the connection there, and the session lives on', async () => {
    const server = await GoServer.start(program);
    const client = await startClientOf(server, (connection, { address }) => {
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
    await startClientOf(server, (connection, { address }) => {
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

  test('close() withdraws the client at once', async () => {
    const server = await GoServer.start(program);
    const client = await startClientOf(server, () => undefined);
    await client.close();
    await expect.poll(() => server.hasClient('alice')).toBe(false);
  });
});

describe.each(peers)('our server with a Go client %s', (_version, program) => {
  test('exchanges 100 MiB each way at the same time without a wrong byte', async () => {
    const { tunnels } = await startGoClient(program);
    let port = 0;
    const far = new Promise<Socket>((resolve) => {
      void startTarget(resolve).then((free) => (port = free));
    });
    await expect.poll(() => port).toBeGreaterThan(0);
    const near = tunnels.dial('alice', 'tcp', `127.0.0.1:${port}`);
    await exchange([near, await far], 100 * MiB);
    near.destroy();
  });

  test('keeps 1,000 concurrent connections apart', async () => {
    const { tunnels } = await startGoClient(program);
    const far = new Map<number, Socket>();
    const port = await startTarget(
      (socket) => void readTag(socket).then((number) => far.set(number, socket)),
    );
    const near = Array.from({ length: CONNECTIONS }, (_, number) => {
      const connection = tunnels.dial('alice', 'tcp', `127.0.0.1:${port}`);
      connection.write(tag(number));
      return connection;
    });
    await expect.poll(() => far.size, { timeout: 30_000 }).toBe(CONNECTIONS);
    await Promise.all(
      near.map((stream, number) => exchange([stream, far.get(number)!], 64 * 1024, number * 2)),
    );
    for (const connection of near) connection.destroy();
    await expect.poll(() => [...far.values()].every((socket) => socket.destroyed)).toBe(true);
  });

  test('a dial that fails there shows up as an error with its text', async () => {
    const { tunnels } = await startGoClient(program);
    const [error] = (await once(tunnels.dial('alice', 'tcp', '127.0.0.1:1'), 'error')) as [Error];
    expect(error.message).toBe('dial tcp 127.0.0.1:1: connect: connection refused');
    expect(tunnels.hasSession('alice')).toBe(true);
  });

  test('a target that resets shows up as an error after its last byte', async () => {
    const { tunnels } = await startGoClient(program);
    const port = await startTarget((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const connection = tunnels.dial('alice', 'tcp', `127.0.0.1:${port}`);
    connection.write('now');
    const [error] = (await once(connection, 'error')) as [Error];
    expect(error.message).toMatch(/read: conne$/);
  });

  test(':port means localhost at the Go client', async () => {
    const { tunnels } = await startGoClient(program);
    const port = await startTarget((socket) => socket.end('local'));
    const connection = tunnels.dial('alice', 'tcp', `:${port}`);
    expect(String((await once(connection, 'data'))[0])).toBe('local');
  });
});

test('our client serves a Go server by TCP sockets', async ({ skip }) => {
  const [peer] = peers;
  if (peer === undefined) return skip();
  const server = await GoServer.start(peer[1]);
  await startClientOf(server, tcpTarget());
  const port = await startTarget((socket) => socket.pipe(socket));
  const near = await server.dial('alice', 'tcp', `127.0.0.1:${port}`);
  byteSource(4 * MiB).pipe(near, { end: false });
  expect(await readHash(near, 4 * MiB)).toBe(byteHash(4 * MiB));
  near.destroy();
});
