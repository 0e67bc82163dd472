import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { makeCertificate } from './helpers/certificate.js';
import { rawServer, unmask } from './helpers/raw-websocket.js';
import { startClient } from './helpers/tunnel.js';

test.each([
  ['wss', undefined, 'random'],
  ['wss', 'zero-in-tls', 'zero'],
  ['ws', 'zero-in-tls', 'random'],
] as const)('over %s, with masking: %s, the masks of frames are %s', async (scheme, masking, expected) => {
  const sockets: Socket[] = [];
  const secure = scheme === 'wss' ? await makeCertificate('127.0.0.1') : undefined;
  const url = await rawServer((socket) => sockets.push(socket), secure);
  const client = await startClient(url, () => undefined, {
    ...(masking && { masking }),
    ...(secure && { tls: { ca: secure.cert } }),
  });
  const received = buffer(sockets[0]!);
  for (let dial = 0; dial < 10; dial++) client.dial('tcp', 'x:1');
  await client.close();
  const messages = unmask(await received).filter(({ opcode }) => opcode === 2);
  // Ten Connects and ten Errors.
  expect(messages).toHaveLength(20);
  const masks = new Set(messages.map(({ mask }) => mask));
  if (expected === 'zero') expect([...masks]).toEqual([0]);
  else expect(masks.size).toBeGreaterThan(15);
});
