import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect, onTestFinished } from 'vitest';
import type { ConnectHandler, TunnelClient } from '../../src/index.js';
import { startClient, startServer, type StartClientOptions, type TestServer } from '../helpers/tunnel.js';
import { byteHash, byteSource, readHash } from '../helpers/bytes.js';
import { GoPeer, type GoServer } from './go-peer.js';

/** A TCP server on a free port that hands each socket to `serve`. Ends with the test. */
export async function startTarget(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Our server with a Go client `alice`. */
export async function startGoClient(program: string): Promise<TestServer & { peer: GoPeer }> {
  const server = await startServer();
  const session = once(server.tunnels, 'session');
  const [peer] = await Promise.all([GoPeer.start(program, 'client', server.url, 'alice'), session]);
  return { ...server, peer };
}

/**
 * A client of ours that a Go server can dial. Such a server answers the upgrade before it writes down who came, so a
 * dial right after `connected` may find nobody.
 */
export async function startClientOf(
  server: GoServer,
  onConnect: ConnectHandler,
  options: StartClientOptions = {},
): Promise<TunnelClient> {
  const client = await startClient(server.tunnelUrl, onConnect, options);
  await expect.poll(() => server.hasClient(options.key ?? 'alice')).toBe(true);
  return client;
}

/** Waits for what a dial leads to; rejects when the dialled stream closes first. */
export async function reached<T>(near: Duplex, far: Promise<T>): Promise<T> {
  const failed = new Promise<never>((_, reject) => {
    near.once('close', () => reject(new Error('the dial came to nothing')));
  });
  return Promise.race([far, failed]);
}

/** Sends `size` bytes each way at the same time; both ends check every byte by its hash. */
export async function exchange(ends: readonly [Duplex, Duplex], size: number, seed = 1): Promise<void> {
  const [left, right] = ends;
  byteSource(size, seed).pipe(left, { end: false });
  byteSource(size, seed + 1).pipe(right, { end: false });
  const [atRight, atLeft] = await Promise.all([readHash(right, size), readHash(left, size)]);
  expect(atRight).toBe(byteHash(size, seed));
  expect(atLeft).toBe(byteHash(size, seed + 1));
}

/** Lets the first four bytes of a stream tell who it is. */
export async function readTag(stream: Duplex): Promise<number> {
  while (stream.readableLength < 4) await once(stream, 'readable');
  return (stream.read(4) as Buffer).readUInt32BE();
}

export function tag(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}
