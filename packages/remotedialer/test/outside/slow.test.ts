import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import type { Connection, SyncMode } from '../../src/index.js';
import { startClient, startServer } from '../helpers/tunnel.js';
import { GoPeer, GoServer } from './go-peer.js';

/** These take minutes: `INTEROP_SLOW=1 npm run interop`. */
const slow = process.env.INTEROP_SLOW === '1';
const peers = Object.entries(inject('peers'));

/** Writes as fast as the stream takes it and counts what it took. */
function flood(to: Duplex): { readonly bytes: number } {
  const state = { bytes: 0 };
  const block = Buffer.alloc(64 * 1024);
  const fill = (): void => {
    let more = true;
    while (more && to.writable) {
      more = to.write(block);
      state.bytes += block.length;
    }
  };
  to.on('drain', fill);
  fill();
  return state;
}

/** Reads `bytesPerTurn` every 10 ms and counts, until the stream closes. */
function readSlowly(from: Duplex, bytesPerTurn: number): { readonly bytes: number } {
  const state = { bytes: 0 };
  from.pause();
  const timer = setInterval(() => {
    for (let left = bytesPerTurn; left > 0;) {
      const chunk = (from.read(Math.min(left, from.readableLength || 1)) ?? from.read()) as Buffer | null;
      if (chunk === null) return;
      state.bytes += chunk.length;
      left -= chunk.length;
    }
  }, 10);
  from.on('close', () => clearInterval(timer));
  return state;
}

/** One direction is flooded to a slow reader while the other trickles: both must go on for 14 s. */
async function bothWaysFor14Seconds(flooding: Duplex, reading: Duplex): Promise<void> {
  flood(flooding);
  const flooded = readSlowly(reading, 400 * 1024);
  const trickled = readSlowly(flooding, 400 * 1024);
  const trickle = setInterval(() => reading.writable && reading.write(Buffer.alloc(1024)), 1);
  let [floodedBefore, trickledBefore] = [0, 0];
  for (let period = 0; period < 7; period++) {
    await sleep(2_000);
    expect(flooded.bytes, `flood stopped in period ${period}`).toBeGreaterThan(floodedBefore);
    expect(trickled.bytes, `trickle stopped in period ${period}`).toBeGreaterThan(trickledBefore);
    [floodedBefore, trickledBefore] = [flooded.bytes, trickled.bytes];
  }
  clearInterval(trickle);
  flooding.destroy();
}

describe.skipIf(!slow).each(peers)('slow, Go %s', (_version, program) => {
  async function goServer(
    sync: SyncMode = 'safe',
  ): Promise<{ near: Socket; far: Connection; server: GoServer }> {
    const server = await GoServer.start(program);
    const opened = new Promise<Connection>(
      (resolve) => void startClient(server.tunnelUrl, resolve, { sync }),
    );
    await expect.poll(() => server.hasClient('alice')).toBe(true);
    const near = await server.dial('alice', 'tcp', 'x:1');
    near.on('error', () => undefined);
    return { near, far: await opened, server };
  }

  async function goClient(): Promise<{ near: Connection; far: Socket }> {
    const { tunnels, url } = await startServer();
    const session = once(tunnels, 'session');
    await Promise.all([GoPeer.start(program, 'client', url, 'alice'), session]);
    const target = createServer({ noDelay: true }).listen(0, '127.0.0.1');
    onTestFinished(() => void target.close());
    await once(target, 'listening');
    const accepted = once(target, 'connection');
    const near = tunnels.dial('alice', 'tcp', `127.0.0.1:${(target.address() as AddressInfo).port}`);
    const [far] = (await accepted) as [Socket];
    far.on('error', () => undefined);
    return { near, far };
  }

  test('1: both directions of a stream through a Go server go on, we flood', async () => {
    const { near, far } = await goServer();
    await bothWaysFor14Seconds(far, near);
  });

  test('1: both directions of a stream through a Go server go on, we read slowly', async () => {
    const { near, far } = await goServer();
    await bothWaysFor14Seconds(near, far);
  });

  test('1: both directions of a stream through a Go client go on, we flood', async () => {
    const { near, far } = await goClient();
    await bothWaysFor14Seconds(near, far);
  });

  test('1: both directions of a stream through a Go client go on, we read slowly', async () => {
    const { near, far } = await goClient();
    await bothWaysFor14Seconds(far, near);
  });

  test('4: closing connections that we have paused leaks no goroutine of a Go server', async () => {
    const { server } = await goServer();
    const before = await server.goroutines();
    const far: Connection[] = [];
    await startClient(server.tunnelUrl, (connection) => far.push(connection), { key: 'bob' });
    const port = await server.forward('bob', 'tcp', 'x:1');
    const idle = await server.goroutines();
    const near = Array.from({ length: 10 }, () => server.connect(port).on('error', () => undefined));
    for (const socket of near) flood(socket);
    await expect
      .poll(() => far.filter(({ flow }) => flow === 'pausing the other end').length, { timeout: 20_000 })
      .toBe(10);
    for (const connection of far) connection.destroy();
    await expect.poll(() => server.goroutines(), { timeout: 10_000 }).toBeLessThanOrEqual(idle);
    expect(idle).toBeGreaterThanOrEqual(before);
  });

  test('3: a Sync after 60 s spares live connections and those that are dialled at that moment', async () => {
    const { near, far, server } = await goServer();
    far.pipe(far);
    let failed = 0;
    let opened = 0;
    await startClient(server.tunnelUrl, (connection) => connection.pipe(connection), { key: 'bob' });
    const port = await server.forward('bob', 'tcp', 'x:1');
    const until = performance.now() + 66_000;
    const dialAgain = async (): Promise<void> => {
      while (performance.now() < until) {
        const socket = server.connect(port);
        socket.on('error', () => undefined);
        socket.write('x');
        opened++;
        const answered = await Promise.race([
          once(socket, 'data').then(() => true),
          once(socket, 'close').then(() => false),
        ]);
        if (!answered) failed++;
        socket.destroy();
      }
    };
    await Promise.all(Array.from({ length: 16 }, dialAgain));
    expect(opened).toBeGreaterThan(1_000);
    expect(failed).toBe(0);
    near.write('still there');
    expect(String((await once(near, 'data'))[0])).toBe('still there');
  }, 120_000);
});
