import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  encodeConnect,
  encodeData,
  encodeError,
  encodePause,
  encodeResume,
  type Connection,
} from '../src/index.js';
import { createRawPair, createSessionPair, type RawPair } from '../src/testing/index.js';

// Numbers in names are the items of the protocol description's list of subtle behaviours (docs/protocol.md).

const KiB = 1024;
const MiB = 1024 * KiB;

/** A session under test with one connection, opened by the peer. */
function openOne(onConnect?: (connection: Connection) => void): RawPair & { connection: Connection } {
  let connection: Connection | undefined;
  const pair = createRawPair({
    onConnect: (opened) => {
      connection = opened;
      onConnect?.(opened);
    },
  });
  pair.peer.send(encodeConnect(2, 'tcp', 'x:1'));
  if (connection === undefined) throw new Error('Connect was not served');
  return { ...pair, connection };
}

/** Lets everything that was queued happen. */
const settle = async (): Promise<void> => void (await setImmediate());

test('1: a Resume that ends a pause is answered by a Resume at once, before the Data that waited', async () => {
  const { connection, peer } = openOne();
  peer.send(encodePause(2));
  connection.write('waits');
  await settle();
  expect(peer.take()).toEqual([]);
  peer.send(encodeResume(2));
  await settle();
  expect(peer.take()).toEqual(['Resume 2', 'Data 2 (5 bytes)']);
});

const goId = 7268572364190551204n;

test('1: a Pause of a Go end that may have crossed our answer is confirmed at once, so that its Resume comes', async () => {
  const { connection, peer } = openOne();
  peer.send(encodePause(2, goId));
  connection.write('abc');
  peer.send(encodeResume(2, goId + 1n), encodePause(2, goId + 2n));
  await settle();
  peer.take();
  connection.write('def');
  await settle();
  expect(peer.take()).toEqual(['Pause 2', 'Data 2 (1 bytes)']);
  peer.send(encodeResume(2, goId + 3n));
  await settle();
  expect(peer.take()).toEqual(['Resume 2', 'Data 2 (2 bytes)']);
});

test('1: the first Pause of a Go end, and any of an end with two flags, is obeyed without a word', async () => {
  const first = openOne();
  first.peer.send(encodePause(2, goId));
  first.connection.write('abc');
  await settle();
  expect(first.peer.take()).toEqual([]);
  const ours = openOne();
  ours.peer.send(encodePause(2), encodeResume(2), encodePause(2));
  ours.connection.write('abc');
  await settle();
  expect(ours.peer.take()).toEqual(['Resume 2']);
});

test('1: a pause without Resume is probed after a second with Pause and one byte, and let go after 300 ms', async () => {
  const { connection, peer, clock } = openOne();
  peer.send(encodePause(2));
  connection.write('abc');
  clock.advance(900);
  await settle();
  expect(peer.take()).toEqual([]);
  clock.advance(200);
  await settle();
  expect(peer.take()).toEqual(['Pause 2', 'Data 2 (1 bytes)']);
  clock.advance(400);
  await settle();
  expect(peer.take()).toEqual(['Resume 2']);
  clock.advance(1_000);
  await settle();
  expect(peer.take()).toEqual(['Pause 2', 'Data 2 (1 bytes)']);
  peer.send(encodeResume(2));
  await settle();
  expect(peer.take()).toEqual(['Resume 2', 'Data 2 (1 bytes)']);
  clock.advance(4_000);
  await settle();
  expect(peer.take()).toEqual([]);
});

test('1: while there is nothing to send nothing is probed, but a Go writer that its own Pause holds is let go', async () => {
  const { connection, peer, clock } = openOne();
  peer.send(encodePause(2));
  clock.advance(900);
  await settle();
  expect(peer.take()).toEqual([]);
  clock.advance(50_000);
  await settle();
  expect(peer.take()).toEqual(['Resume 2']);
  // Its flag is clear now, so it will not send Resume of its own accord.
  connection.write('abc');
  clock.advance(100);
  await settle();
  expect(peer.take()).toEqual(['Pause 2', 'Data 2 (1 bytes)']);
  peer.send(encodeResume(2));
  await settle();
  expect(peer.take()).toEqual(['Resume 2', 'Data 2 (2 bytes)']);
});

test('1: an other end that we have paused ourselves is not let go', async () => {
  const { peer, clock } = openOne();
  peer.send(encodePause(2), encodeData(2, Buffer.alloc(3 * MiB)));
  await settle();
  expect(peer.take()).toEqual(['Pause 2']);
  clock.advance(10_000);
  await settle();
  expect(peer.take()).toEqual([]);
});

test('1: two ends with these rules never answer each other for ever', async () => {
  let far: Connection | undefined;
  const pair = createSessionPair({ client: { onConnect: (connection) => (far = connection) } });
  const near = pair.server.dial('tcp', 'x:1');
  await settle();
  near.write(Buffer.alloc(6 * MiB));
  await settle();
  const before = pair.client.counters.pausesSent;
  expect(before).toBeGreaterThan(0);
  far!.resume();
  await once(near, 'drain');
  await settle();
  expect([pair.clientTransport.queued, pair.serverTransport.queued]).toEqual([0, 0]);
  expect(far!.bytesRead).toBe(6 * MiB);
});

test('1: a full reader is not flooded by the probes of its writer', async () => {
  let far: Connection | undefined;
  const pair = createSessionPair({ client: { onConnect: (connection) => (far = connection) } });
  const near = pair.server.dial('tcp', 'x:1');
  near.write(Buffer.alloc(8 * MiB));
  await settle();
  const buffered = far!.readableLength;
  for (let second = 0; second < 60; second++) {
    pair.clock.advance(1_000);
    await settle();
  }
  expect(far!.readableLength - buffered).toBeLessThan(100);
  expect(far!.destroyed).toBe(false);
});

test('2: a Resume while not paused is ignored', async () => {
  const { peer } = openOne();
  peer.send(encodeResume(2));
  await settle();
  expect(peer.take()).toEqual([]);
});

test('2: Data after our Pause is accepted, and Pause is repeated after 256 KiB more', async () => {
  const { connection, peer } = openOne();
  const block = Buffer.alloc(64 * KiB, 7);
  for (let sent = 0; sent < 33; sent++) peer.send(encodeData(2, block));
  await settle();
  expect(peer.take()).toEqual(['Pause 2']);
  for (let sent = 0; sent < 8; sent++) peer.send(encodeData(2, block));
  await settle();
  expect(peer.take()).toEqual(['Pause 2', 'Pause 2']);
  let read = 0;
  connection.on('data', (chunk: Buffer) => (read += chunk.length));
  await settle();
  expect(read).toBe(41 * block.length);
  expect(peer.take()).toEqual(['Resume 2']);
});

test('2: a Resume is not answered while we want the other end to stay paused', async () => {
  const { peer } = openOne();
  peer.send(encodePause(2), encodeData(2, Buffer.alloc(2 * MiB + 1)));
  await settle();
  expect(peer.take()).toEqual(['Pause 2']);
  peer.send(encodeResume(2));
  await settle();
  expect(peer.take()).toEqual([]);
});

test('4: a connection that we have paused gets a Resume before its Error', async () => {
  const { connection, peer } = openOne();
  peer.send(encodeData(2, Buffer.alloc(3 * MiB)));
  await settle();
  peer.take();
  connection.destroy();
  await settle();
  expect(peer.take()).toEqual(['Resume 2', 'Error 2 "EOF"']);
});

test('11: Data that comes before anybody reads is kept in order and counts towards Pause', async () => {
  const { connection, peer } = openOne();
  for (let piece = 0; piece < 5; piece++) peer.send(encodeData(2, Buffer.alloc(MiB, piece)));
  await settle();
  expect(peer.take()[0]).toBe('Pause 2');
  let next = 0;
  connection.on('data', (chunk: Buffer) => expect(chunk[0]).toBe(next++));
  await settle();
  expect(next).toBe(5);
});

test('30: a peer that ignores Pause loses the connection at 16 MiB, and nothing else', async () => {
  const opened: Connection[] = [];
  const { peer, session } = createRawPair({ onConnect: (connection) => opened.push(connection) });
  peer.send(encodeConnect(2, 'tcp', 'x:1'), encodeConnect(3, 'tcp', 'x:1'));
  const block = Buffer.alloc(MiB);
  for (let sent = 0; sent < 16; sent++) peer.send(encodeData(2, block));
  expect(opened[0]?.destroyed).toBe(false);
  peer.send(encodeData(2, block));
  await settle();
  expect(opened[0]?.destroyed).toBe(true);
  expect(peer.take().slice(-2)).toEqual(['Resume 2', 'Error 2 "read buffer overflow: Pause was ignored"']);
  peer.send(encodeData(3, Buffer.from('fine')));
  expect(String(opened[1]?.read())).toBe('fine');
  expect(session.ended).toBe(false);
});

test('30: tiny late pieces do not keep their large receive buffers alive', async () => {
  const { connection, peer } = openOne();
  // The message is a small view of a large buffer, as a socket delivers many messages in one read.
  const large = Buffer.alloc(MiB);
  const message = encodeData(2, Buffer.from('tiny'));
  message.copy(large);
  peer.transport.send(large.subarray(0, message.length));
  peer.transport.deliver();
  expect(connection.readableLength).toBe(4);
  expect((connection.read() as Buffer).buffer.byteLength).toBeLessThan(64 * KiB);
});

test('31: two floods in opposite directions over a tiny transport do not lock up', async () => {
  let far: Connection | undefined;
  const pair = createSessionPair({
    client: { onConnect: (connection) => (far = connection) },
    transport: { capacity: 64 * KiB },
  });
  const near = pair.server.dial('tcp', 'x:1');
  await settle();
  near.write(Buffer.alloc(4 * MiB));
  far!.write(Buffer.alloc(4 * MiB));
  await settle();
  near.resume();
  far!.resume();
  await Promise.all([once(near, 'drain'), once(far!, 'drain')]);
  await settle();
  expect([near.bytesRead, far!.bytesRead]).toEqual([4 * MiB, 4 * MiB]);
});

test('7: control messages are not held back by a saturated transport, and Data is', async () => {
  const { connection, peer, transport } = openOne();
  transport.hold();
  connection.write(Buffer.alloc(4 * MiB));
  await settle();
  expect(transport.queued * 64 * KiB).toBeLessThan(MiB);
  const queued = transport.queued;
  peer.send(encodeData(99, Buffer.from('who?')), encodePause(2), encodeResume(2));
  expect(transport.queued).toBe(queued + 1);
  transport.release();
  await settle();
  await settle();
  expect(peer.data(2).length).toBe(4 * MiB);
});

test('7: waiting connections take turns, so that a short stream is not behind a long one', async () => {
  const opened: Connection[] = [];
  const { peer, transport } = createRawPair({ onConnect: (connection) => opened.push(connection) });
  peer.send(encodeConnect(2, 'tcp', 'x:1'), encodeConnect(3, 'tcp', 'x:1'));
  transport.hold();
  opened[0]!.write(Buffer.alloc(8 * MiB));
  opened[1]!.write('short');
  await settle();
  transport.deliver(12);
  await settle();
  transport.deliver(12);
  expect(peer.take()).toContain('Data 3 (5 bytes)');
  transport.release();
});

test('bytes of a write are not taken back: its callback runs only when the transport has them', async () => {
  const { connection, transport } = openOne();
  transport.hold();
  let written = false;
  connection.write(Buffer.alloc(100 * KiB), () => (written = true));
  await settle();
  expect(written).toBe(false);
  transport.release();
  await settle();
  expect(written).toBe(true);
});

test('a writer that the other end has paused is let go when the connection ends', async () => {
  const { connection, peer } = openOne();
  peer.send(encodePause(2));
  let called = 0;
  connection.write('never sent', () => called++);
  peer.send(encodeError(2, 'EOF'));
  await settle();
  expect(called).toBe(1);
  expect(peer.take()).toEqual([]);
});

test('a reader is given pieces of at most the size that it asks for, and all bytes in order', async () => {
  const { connection, peer } = openOne((opened) => (opened.readPieceBytes = 1000));
  const lengths: number[] = [];
  const chunks: Buffer[] = [];
  connection.on('data', (chunk: Buffer) => {
    lengths.push(chunk.length);
    chunks.push(chunk);
  });
  const sent = Buffer.from(Array.from({ length: 3500 }, (_, index) => index % 251));
  peer.send(encodeData(2, sent));
  peer.send(encodeData(2, sent.subarray(0, 1000)));
  await settle();
  expect(lengths).toEqual([1000, 1000, 1000, 500, 1000]);
  expect(Buffer.concat(chunks).equals(Buffer.concat([sent, sent.subarray(0, 1000)]))).toBe(true);
});
