import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { describe, expect, inject, test } from 'vitest';
import { TunnelDisconnectedError, type Connection, type TunnelServer } from '../../src/index.js';
import { byteSource, MiB, PrefixReader } from '../helpers/bytes.js';
import { startServer } from '../helpers/tunnel.js';
import { GoPeer, GoServer } from './go-peer.js';
import { exchange, startClientOf, startGoClient, startTarget } from './targets.js';

const peers = Object.entries(inject('peers'));
const ignore = (): void => undefined;

/** Lets data fly both ways until some of it has arrived at both ends, cuts the session, and checks what arrived. */
async function cutInFlight(ends: readonly [Duplex, Duplex], cut: () => unknown): Promise<void> {
  const readers = ends.map((end, index) => {
    byteSource(1024 * MiB, index).pipe(end.on('error', ignore), { end: false });
    return new PrefixReader(1 - index);
  });
  const done = ends.map((end, index) => readers[index]!.read(end));
  await expect.poll(() => readers.every(({ bytes }) => bytes > 8 * MiB), { timeout: 30_000 }).toBe(true);
  await cut();
  await Promise.all(done);
  expect(readers.map(({ intact }) => intact)).toEqual([true, true]);
  // Loss it was: the sources had more to give.
  for (const { bytes } of readers) expect(bytes).toBeLessThan(1024 * MiB);
}

describe.each(peers)('our client with a Go server %s', (_version, program) => {
  test('the server restarts with data in flight: no byte was wrong, and the next session carries everything', async () => {
    const first = await GoServer.start(program);
    const opened: Connection[] = [];
    const client = await startClientOf(first, (connection) => opened.push(connection));
    const near = await first.dial('alice', 'tcp', 'x:1');
    await expect.poll(() => opened.length).toBe(1);
    await cutInFlight([near, opened[0]!], () => first.peer.kill());
    expect(opened[0]!.errored).toBeInstanceOf(TunnelDisconnectedError);

    const second = await GoServer.start(program, { port: first.port });
    await expect.poll(() => second.hasClient('alice'), { timeout: 10_000 }).toBe(true);
    // The server knows the client before its answer is here.
    await expect.poll(() => client.status).toBe('connected');
    const again = await second.dial('alice', 'tcp', 'x:1');
    await expect.poll(() => opened.length).toBe(2);
    await exchange([again, opened[1]!], 8 * MiB);
    again.destroy();
  });

  test('our end restarts with data in flight: no byte was wrong, and the new client serves the same port', async () => {
    const server = await GoServer.start(program);
    const opened: Connection[] = [];
    const old = await startClientOf(server, (connection) => opened.push(connection));
    const port = await server.forward('alice', 'tcp', 'x:1');
    const near = server.connect(port);
    await expect.poll(() => opened.length).toBe(1);
    await cutInFlight([near, opened[0]!], () => old.destroy());

    await expect.poll(() => server.hasClient('alice'), { timeout: 10_000 }).toBe(false);
    await startClientOf(server, (connection) => opened.push(connection));
    const again = server.connect(port);
    await expect.poll(() => opened.length).toBe(2);
    await exchange([again, opened[1]!], 8 * MiB);
    again.destroy();
  });
});

describe.each(peers)('our server with a Go client %s', (_version, program) => {
  /** A stream through the Go client to a target of this process. */
  async function openStream(tunnels: TunnelServer): Promise<[Connection, Duplex]> {
    let accept: (socket: Duplex) => void = ignore;
    const accepted = new Promise<Duplex>((resolve) => (accept = resolve));
    const port = await startTarget((socket) => accept(socket));
    return [tunnels.dial('alice', 'tcp', `127.0.0.1:${port}`), await accepted];
  }

  test('the client restarts with data in flight: no byte was wrong, and the next session carries everything', async () => {
    const { tunnels, url, peer } = await startGoClient(program);
    const ends = await openStream(tunnels);
    await cutInFlight(ends, () => peer.kill());
    expect(ends[0].errored).toBeInstanceOf(TunnelDisconnectedError);
    expect(tunnels.hasSession('alice')).toBe(false);

    const session = once(tunnels, 'session');
    await Promise.all([GoPeer.start(program, 'client', url, 'alice'), session]);
    const again = await openStream(tunnels);
    await exchange(again, 8 * MiB);
    again[0].destroy();
  });

  test('our end restarts with data in flight: no byte was wrong, and the client finds the new server', async () => {
    const { tunnels, url, http } = await startGoClient(program);
    await cutInFlight(await openStream(tunnels), async () => {
      await tunnels.close();
      await new Promise((resolve) => http.close(resolve));
    });

    const second = await startServer({ port: Number(new URL(url).port) });
    await once(second.tunnels, 'session');
    const again = await openStream(second.tunnels);
    await exchange(again, 8 * MiB);
    again[0].destroy();
  });

  test('a cut session is replaced by a new one', async () => {
    const { tunnels } = await startGoClient(program);
    const ends = await openStream(tunnels);
    const session = once(tunnels, 'session');
    await cutInFlight(ends, () => tunnels.disconnect('alice', 'cut'));
    await session;
    const again = await openStream(tunnels);
    await exchange(again, MiB);
    again[0].destroy();
  });
});
