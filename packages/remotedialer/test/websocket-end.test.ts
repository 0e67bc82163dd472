import { once } from 'node:events';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { decodeMessage, encodeConnect, formatMessage } from '../src/index.js';
import { frame, rawClient, rawServer, unmask } from './helpers/raw-websocket.js';
import { startClient, startServer } from './helpers/tunnel.js';

const keep = (): void => undefined;

test('5: close() ends the WebSocket in order: the last Errors, a Close frame 1000, then the socket', async () => {
  const sockets: Socket[] = [];
  const url = await rawServer((socket) => sockets.push(socket));
  let opened = keep;
  const served = new Promise<void>((resolve) => (opened = resolve));
  const client = await startClient(url, opened);
  const received = buffer(sockets[0]!);
  sockets[0]!.write(frame(2, encodeConnect(2, 'tcp', 'x:1')));
  await served;
  await client.close();
  const frames = unmask(await received);
  expect(frames.map(({ opcode }) => opcode)).toEqual([2, 8]);
  expect(formatMessage(decodeMessage(frames[0]!.payload))).toBe('Error 2 "tunnel disconnect"');
  expect(frames[1]!.payload.toString('hex')).toBe('03e8');
});

test('5: a server sees an orderly end as no error, and a broken socket as one', async () => {
  const { tunnels, url } = await startServer();
  const errors: (string | undefined)[] = [];
  tunnels.on('sessionEnd', (_key, _id, error) => errors.push(error?.message));
  const orderly = await startClient(url, keep);
  await orderly.close();
  await expect.poll(() => errors).toEqual([undefined]);
  const broken = await rawClient(url);
  await expect.poll(() => tunnels.hasSession('alice')).toBe(true);
  broken.destroy();
  await expect.poll(() => errors).toEqual([undefined, expect.stringContaining('1006')]);
});

test('5: a client sees the orderly end of its server as no error, and comes back', async () => {
  const { tunnels, url } = await startServer();
  const client = await startClient(url, keep);
  await expect.poll(() => tunnels.hasSession('alice')).toBe(true);
  const lost = once(client, 'disconnected');
  const again = once(client, 'connected');
  tunnels.disconnect('alice', 'graceful');
  expect(await lost).toEqual([undefined]);
  await again;
});
