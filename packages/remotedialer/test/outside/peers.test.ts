import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, inject, test } from 'vitest';
import type { Connection } from '../../src/index.js';
import { byteHash, byteSource, MiB, readHash } from '../helpers/bytes.js';
import { startClient, startServer, type TestServer } from '../helpers/tunnel.js';
import { GoPeer, GoServer } from './go-peer.js';
import { exchange, startClientOf, startTarget } from './targets.js';

const peers = Object.entries(inject('peers'));

describe.each(peers)('our server and a Go server %s as peers', (_version, program) => {
  /** Two servers that share their clients, with links in both directions. */
  async function startPeers(): Promise<{ ours: TestServer; theirs: GoServer }> {
    const ours = await startServer({ peer: { id: 'ours', token: 'token-of-ours' } });
    const theirs = await GoServer.start(program, { id: 'theirs', token: 'token-of-theirs' });
    ours.tunnels.addPeer({ id: 'theirs', token: 'token-of-theirs', url: theirs.tunnelUrl });
    await theirs.addPeer({ id: 'ours', token: 'token-of-ours', url: ours.url });
    return { ours, theirs };
  }

  test('our client of the Go server is dialled through our server', async () => {
    const { ours, theirs } = await startPeers();
    const opened: Connection[] = [];
    await startClientOf(theirs, (connection) => opened.push(connection));
    await expect.poll(() => ours.tunnels.hasSession('alice'), { timeout: 20_000 }).toBe(true);
    const near = ours.tunnels.dial('alice', 'tcp', 'anything:1');
    await expect.poll(() => opened.length).toBe(1);
    await exchange([near, opened[0]!], 16 * MiB);
    near.destroy();
  });

  test('a Go client of the Go server is dialled through our server', async () => {
    const { ours, theirs } = await startPeers();
    const client = await GoPeer.start(program, 'client', theirs.tunnelUrl, 'alice');
    await expect.poll(() => ours.tunnels.hasSession('alice'), { timeout: 20_000 }).toBe(true);
    expect(ours.tunnels.clients()).toEqual([]);
    let accept: (socket: Socket) => void = () => undefined;
    const accepted = new Promise<Socket>((resolve) => (accept = resolve));
    const port = await startTarget((socket) => accept(socket));
    const near = ours.tunnels.dial('alice', 'tcp', `127.0.0.1:${port}`);
    const far = await accepted;
    // One direction after the other: between two Go ends a stream in both directions at once may lock up.
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      byteSource(16 * MiB).pipe(from, { end: false });
      expect(await readHash(to, 16 * MiB)).toBe(byteHash(16 * MiB));
    }
    near.destroy();
    await client.kill();
    await expect.poll(() => ours.tunnels.hasSession('alice'), { timeout: 20_000 }).toBe(false);
  });

  test('our client of our server is dialled through the Go server', async () => {
    const { ours, theirs } = await startPeers();
    const opened: Connection[] = [];
    const client = await startClient(ours.url, (connection) => opened.push(connection));
    await expect.poll(() => theirs.hasClient('alice'), { timeout: 20_000 }).toBe(true);
    const near = await theirs.dial('alice', 'tcp', 'anything:1');
    await expect.poll(() => opened.length).toBe(1);
    expect([opened[0]!.protocol, opened[0]!.address]).toEqual(['tcp', 'anything:1']);
    await exchange([near, opened[0]!], 16 * MiB);
    near.destroy();
    await client.close();
    await expect.poll(() => theirs.hasClient('alice'), { timeout: 20_000 }).toBe(false);
  });

  test('a dial that fails behind the Go server comes through with its text', async () => {
    const { ours, theirs } = await startPeers();
    await GoPeer.start(program, 'client', theirs.tunnelUrl, 'alice');
    await expect.poll(() => ours.tunnels.hasSession('alice'), { timeout: 20_000 }).toBe(true);
    const refused = ours.tunnels.dial('alice', 'tcp', '127.0.0.1:1');
    const [error] = (await once(refused, 'error')) as [Error];
    expect(error.message).toContain('connection refused');
  });

  test('removePeer() makes the Go server forget our clients, and ours forget its clients', async () => {
    const { ours, theirs } = await startPeers();
    await startClient(ours.url, () => undefined);
    await GoPeer.start(program, 'client', theirs.tunnelUrl, 'bob');
    await expect.poll(() => theirs.hasClient('alice'), { timeout: 20_000 }).toBe(true);
    await expect.poll(() => ours.tunnels.hasSession('bob'), { timeout: 20_000 }).toBe(true);
    ours.tunnels.removePeer('theirs');
    await expect.poll(() => theirs.hasClient('alice'), { timeout: 20_000 }).toBe(false);
    expect(ours.tunnels.hasSession('bob')).toBe(false);
  });
});
