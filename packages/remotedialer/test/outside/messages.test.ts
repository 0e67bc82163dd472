import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, inject, test } from 'vitest';
import { WebSocket } from 'ws';
import { decodeMessage, encodeData, MessageType } from '../../src/index.js';
import { MiB } from '../helpers/bytes.js';
import { startServer } from '../helpers/tunnel.js';
import { GoPeer, GoServer } from './go-peer.js';
import { startClientOf } from './targets.js';

const peers = Object.entries(inject('peers'));
const sizes = [4_080, 4_096, 65_536, MiB, 5 * MiB];

/** Hashes of what a Go end wrote in one go and of what came back: one message, as its library makes no smaller ones. */
interface Echo {
  readonly sent: string;
  readonly received: string;
}

describe.each(peers)('messages of a Go end %s', (_version, program) => {
  test.each(sizes)(
    '15: a Go server sends %i bytes in one frame, and they come back unchanged',
    async (size) => {
      const server = await GoServer.start(program);
      await startClientOf(server, (connection) => connection.pipe(connection));
      const { sent, received } = (await server.echo('alice', 'echo:1', size)) as Echo;
      expect(received).toBe(sent);
      expect(sent).toMatch(/^[0-9a-f]{64}$/);
    },
  );

  test.each(sizes)(
    '15: a Go client sends %i bytes in fragments of 4 KiB, and they come back unchanged',
    async (size) => {
      const hash = createHash('sha256');
      const { url } = await startServer({
        onConnect: (connection) => {
          connection.on('data', (chunk: Buffer) => hash.update(chunk));
          connection.pipe(connection);
        },
      });
      const peer = await GoPeer.start(program, 'client', `-send=${size}`, url, 'alice');
      await expect.poll(() => peer.lines.length, { timeout: 20_000 }).toBe(2);
      const { sent, received } = peer.lines[1] as unknown as Echo;
      expect([received, hash.digest('hex')]).toEqual([sent, sent]);
    },
  );

  test('15: a Go server joins the fragments of a message, whatever their sizes', async () => {
    const server = await GoServer.start(program);
    const ws = new WebSocket(server.tunnelUrl, {
      headers: { 'x-tunnel-id': 'raw' },
      perMessageDeflate: false,
    });
    await once(ws, 'open');
    await expect.poll(() => server.hasClient('raw')).toBe(true);
    const connected = once(ws, 'message');
    const near = await server.dial('raw', 'tcp', 'x:1');
    const connect = decodeMessage((await connected)[0] as Buffer);
    if (connect.type !== MessageType.Connect) throw new Error('not a Connect');
    const payload = randomBytes(MiB);
    const message = encodeData(connect.connectionId, payload);
    const cuts = [1, 2, 3, 4_096, 70_000, 70_001, message.length];
    let from = 0;
    for (const to of cuts) {
      ws.send(message.subarray(from, to), { binary: true, fin: to === message.length });
      from = to;
    }
    const chunks: Buffer[] = [];
    near.on('data', (chunk: Buffer) => chunks.push(chunk));
    await expect.poll(() => chunks.reduce((sum, { length }) => sum + length, 0)).toBe(payload.length);
    expect(Buffer.concat(chunks).equals(payload)).toBe(true);
    ws.terminate();
  });
});
