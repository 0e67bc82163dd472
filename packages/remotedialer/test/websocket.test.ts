import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { encodeConnect, encodeData, encodeError, type Connection } from '../src/index.js';
import { readHash } from './helpers/bytes.js';
import { frame, rawClient, rawServer } from './helpers/raw-websocket.js';
import { startClient, startPair, startServer } from './helpers/tunnel.js';

const keep = (): void => undefined;

/** A server with a bare client, and a connection that was dialled through it. */
async function dialRaw(): Promise<{ socket: Socket; connection: Connection; ended: Promise<unknown[]> }> {
  const { tunnels, url } = await startServer();
  const session = once(tunnels, 'session');
  const socket = await rawClient(url);
  await session;
  const ended = once(tunnels, 'sessionEnd');
  return { socket, connection: tunnels.dial('alice', 'tcp', 'x:1'), ended };
}

test('the upgrade asks for no subprotocol and no extension, like a Go client', async () => {
  const { http, url } = await startServer();
  const upgrade = once(http, 'upgrade');
  await startClient(url, keep);
  const [request] = (await upgrade) as [{ headers: Record<string, string> }];
  expect(request.headers['sec-websocket-protocol']).toBeUndefined();
  expect(request.headers['sec-websocket-extensions']).toBeUndefined();
  expect(request.headers.origin).toBeUndefined();
});

test('a subprotocol and compression that are offered are silently not taken, like a Go server', async () => {
  const { url } = await startServer();
  const ws = new WebSocket(url, {
    headers: { 'x-tunnel-id': 'a', 'sec-websocket-extensions': 'permessage-deflate' },
  });
  const [response] = (await once(ws, 'upgrade')) as [{ headers: Record<string, string> }];
  expect(response.headers['sec-websocket-extensions']).toBeUndefined();
  expect(response.headers['sec-websocket-protocol']).toBeUndefined();
  ws.terminate();
});

test('15: messages in fragments of any size, with control frames between, arrive whole', async () => {
  const { socket, connection } = await dialRaw();
  const cuts = fc.array(fc.nat(5_000), { maxLength: 12 });
  const sizes = fc.integer({ min: 1, max: 40_000 });
  await fc.assert(
    fc.asyncProperty(cuts, sizes, async (positions, size) => {
      const payload = Buffer.alloc(size).map((_, index) => (index * 7) & 255);
      const message = encodeData(2, payload, 7268572364190551205n);
      const points = [
        0,
        ...positions.filter((at) => at < message.length).sort((a, b) => a - b),
        message.length,
      ];
      for (let piece = 0; piece + 1 < points.length; piece++) {
        const [from = 0, to = 0] = points.slice(piece, piece + 2);
        const fin = piece + 2 === points.length;
        socket.write(frame(piece === 0 ? 2 : 0, message.subarray(from, to), { fin, client: true }));
        if (!fin) socket.write(frame(9, Buffer.alloc(0), { client: true }));
      }
      const chunks: Buffer[] = [];
      for (let got = 0; got < size;) {
        const chunk = (connection.read() as Buffer | null) ?? (await once(connection, 'readable'), undefined);
        if (chunk === undefined || chunk === null) continue;
        chunks.push(chunk);
        got += chunk.length;
      }
      expect(Buffer.concat(chunks).equals(payload)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('15: a message of 1 MiB in one frame is delivered', async () => {
  const { tunnels, url } = await startServer();
  const ws = new WebSocket(url, { headers: { 'x-tunnel-id': 'big' } });
  await once(ws, 'open');
  const connection = tunnels.dial('big', 'tcp', 'x:1');
  ws.send(encodeData(connection.id, Buffer.alloc(1024 * 1024, 5)));
  const expected = Buffer.alloc(1024 * 1024, 5);
  expect(await readHash(connection, expected.length)).toBe(
    createHash('sha256').update(expected).digest('hex'),
  );
  ws.terminate();
});

test('a text message ends the session', async () => {
  const { socket, connection, ended } = await dialRaw();
  const failed = once(connection, 'error');
  socket.write(frame(1, Buffer.from('hello'), { client: true }));
  expect(String((await failed)[0])).toContain('tunnel disconnect');
  expect(String((await ended)[2])).toContain('wrong websocket message type');
});

test('a ping is answered though Data waits behind a peer that does not read', async () => {
  const { socket, connection } = await dialRaw();
  socket.pause();
  connection.write(Buffer.alloc(32 * 1024 * 1024));
  socket.write(frame(9, Buffer.from('?'), { client: true }));
  let bytes = 0;
  let tail = Buffer.alloc(0);
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      const seen = Buffer.concat([tail, chunk]);
      if (seen.includes(Buffer.from([0x8a, 0x01, 0x3f]))) resolve();
      tail = seen.subarray(-2);
    });
    socket.resume();
  });
  expect(bytes).toBeLessThan(16 * 1024 * 1024);
});

test('5: a Close frame ends the session at once, though the other end leaves the socket open', async () => {
  const sockets: Socket[] = [];
  const url = await rawServer((socket) => sockets.push(socket));
  const client = await startClient(url, keep, {
    backoff: { initialMs: 60_000, maxMs: 60_000 },
    random: () => 0.5,
  });
  const lost = once(client, 'disconnected');
  const started = performance.now();
  sockets[0]!.write(frame(8, Buffer.from([0x03, 0xe8])));
  await lost;
  expect(performance.now() - started).toBeLessThan(1_000);
});

test('5: close() does not wait for the other end to close its socket', async () => {
  const url = await rawServer(keep);
  const client = await startClient(url, keep);
  const started = performance.now();
  await client.close();
  expect(performance.now() - started).toBeLessThan(500);
});

test('30: a stalled stream does not stall the others of its session', async () => {
  const { tunnels } = await startPair((connection, { address }) => {
    if (address === 'echo:1') connection.pipe(connection);
  });
  const stalled = tunnels.dial('alice', 'tcp', 'never-reads:1');
  let written = 0;
  const fill = (): void => {
    while (stalled.write(Buffer.alloc(256 * 1024))) written++;
    written++;
  };
  stalled.on('drain', fill);
  fill();
  await expect.poll(() => stalled.flow).toBe('paused by the other end');
  const echo = tunnels.dial('alice', 'tcp', 'echo:1');
  echo.write('hello');
  expect(String((await once(echo, 'data'))[0])).toBe('hello');
  expect(written * 256 * 1024).toBeLessThan(16 * 1024 * 1024);
  stalled.destroy();
});

test('data right behind Connect and an early Error are served in order', async () => {
  const served: string[] = [];
  const sockets: Socket[] = [];
  const url = await rawServer((socket) => sockets.push(socket));
  await startClient(url, (connection) => {
    connection.on('data', (chunk: Buffer) => served.push(chunk.toString()));
    connection.on('end', () => served.push('end'));
  });
  const messages = [
    encodeConnect(2, 'tcp', 'x:1'),
    encodeData(2, Buffer.from('early')),
    encodeError(2, 'EOF'),
  ];
  sockets[0]!.write(Buffer.concat(messages.map((message) => frame(2, message))));
  await expect.poll(() => served).toEqual(['early', 'end']);
});
