import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import {
  encodeConnect,
  encodeData,
  encodeError,
  RemoteError,
  TunnelDisconnectedError,
  type Connection,
} from '../src/index.js';
import { createRawPair, createSessionPair, type RawPair } from '../src/testing/index.js';

const settle = async (): Promise<void> => void (await setImmediate());

function openOne(): RawPair & { connection: Connection } {
  const opened: Connection[] = [];
  const pair = createRawPair({ onConnect: (connection) => opened.push(connection) });
  pair.peer.send(encodeConnect(2, 'tcp', 'x:1'));
  return { ...pair, connection: opened[0]! };
}

test('12: a close sends exactly one Error, however it is asked for', async () => {
  const { connection, peer } = openOne();
  connection.end('bye');
  connection.end();
  await settle();
  connection.destroy();
  connection.destroy(new Error('again'));
  await settle();
  expect(peer.take()).toEqual(['Data 2 (3 bytes)', 'Error 2 "EOF"']);
});

test('12: an Error is not echoed, and a second one is ignored', async () => {
  const { connection, peer } = openOne();
  peer.send(encodeError(2, 'EOF'), encodeError(2, 'EOF'), encodeError(2, 'use of closed network connection'));
  connection.resume();
  await once(connection, 'close');
  expect(peer.take()).toEqual([]);
});

test('12: late Data for a closed connection is dropped quietly, also for one that we dialled', async () => {
  const { connection, peer, session } = openOne();
  connection.destroy();
  session.dial('tcp', 'y:1').destroy();
  await settle();
  peer.take();
  peer.send(encodeData(2, Buffer.from('late')), encodeData(-1, Buffer.from('late')));
  await settle();
  expect(peer.take()).toEqual([]);
});

test('12: Data for an id that never was is answered with the Go text', async () => {
  const client = createRawPair();
  client.peer.send(encodeData(42, Buffer.from('?')));
  await settle();
  expect(client.peer.take()).toEqual(['Error 42 "connection not found client/0/42"']);
  const server = createRawPair({ role: 'server', clientKey: 'c-abc12', sessionKey: '5577006791947779410' });
  server.peer.send(encodeData(42, Buffer.from('?')));
  await settle();
  expect(server.peer.take()).toEqual(['Error 42 "connection not found c-abc12/5577006791947779410/42"']);
});

test('12: Errors, Pause and Resume for unknown ids are ignored', async () => {
  const { peer, session } = createRawPair();
  peer.send(encodeError(7, 'EOF'), encodeError(2n ** 62n, 'EOF'));
  await settle();
  expect(peer.take()).toEqual([]);
  expect(session.ended).toBe(false);
});

test('13: what came before the end is read before the end', async () => {
  const { connection, peer } = openOne();
  peer.send(
    encodeData(2, Buffer.from('first, ')),
    encodeData(2, Buffer.from('second')),
    encodeError(2, 'EOF'),
  );
  expect(await text(connection)).toBe('first, second');
});

test('13: what came before an error is read before the error', async () => {
  const { connection, peer } = openOne();
  peer.send(encodeData(2, Buffer.from('all of it')), encodeError(2, 'connection reset by peer'));
  await settle();
  expect(connection.destroyed).toBe(false);
  const chunks: string[] = [];
  connection.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  const [error] = (await once(connection, 'error')) as [Error];
  expect(chunks).toEqual(['all of it']);
  expect(error).toBeInstanceOf(RemoteError);
  expect(error.message).toBe('connection reset by peer');
});

test('14: ids count up from 2 and are never used twice; a client counts down from -1', () => {
  const server = createRawPair({ role: 'server' }).session;
  const ids = [1, 2, 3].map(() => {
    const connection = server.dial('tcp', 'x:1');
    connection.destroy();
    return connection.id;
  });
  expect(ids).toEqual([2, 3, 4]);
  const client = createRawPair().session;
  expect([client.dial('tcp', 'x:1').id, client.dial('tcp', 'x:1').id]).toEqual([-1, -2]);
});

test('14: dials from both ends at once never mix their bytes', async () => {
  const echo = (connection: Connection): void => void connection.pipe(connection);
  const pair = createSessionPair({ client: { onConnect: echo }, server: { onConnect: echo } });
  const streams = [pair.server, pair.client, pair.server, pair.client].map((session) =>
    session.dial('tcp', 'echo:1'),
  );
  const answers = streams.map((stream) => once(stream, 'data'));
  streams.forEach((stream, index) => stream.write(`stream ${index}`));
  expect((await Promise.all(answers)).map(String)).toEqual(['stream 0', 'stream 1', 'stream 2', 'stream 3']);
});

test('14: a Connect on a live id closes that connection instead of mixing two streams', async () => {
  const { connection, peer } = openOne();
  peer.send(encodeConnect(2, 'tcp', 'other:1'));
  await settle();
  expect(connection.destroyed).toBe(true);
  expect(peer.take()).toEqual(['Error 2 "connection id is already in use"']);
});

test('14: a connection id beyond 2^53 is refused, not rounded', async () => {
  const { peer } = createRawPair({ onConnect: () => expect.unreachable() });
  peer.send(encodeConnect(2n ** 53n + 1n, 'tcp', 'x:1'));
  await settle();
  expect(peer.take()).toEqual(['Error 9007199254740993 "connection id out of range"']);
});

test('18: the end of a session frees its connections even if the socket never takes another byte', async () => {
  const { connection, session, transport } = openOne();
  transport.hold();
  connection.write(Buffer.alloc(2_000_000));
  const failed = once(connection, 'error');
  session.destroy();
  expect((await failed)[0]).toBeInstanceOf(TunnelDisconnectedError);
  expect(session.connectionCount).toBe(0);
});

test('18: what was received can still be read after the session is lost, then tunnel disconnect is due', async () => {
  const { connection, peer } = openOne();
  peer.send(encodeData(2, Buffer.from('last words')));
  peer.transport.terminate();
  expect(String(connection.read())).toBe('last words');
  const [error] = (await once(connection, 'error')) as [Error];
  expect(error.message).toBe('tunnel disconnect');
  expect(connection.write('nobody there')).toBe(false);
});

test('19: the text of an Error is cut at 100 bytes, never inside a character', async () => {
  const { connection, peer } = openOne();
  connection.destroy(new Error('é'.repeat(80)));
  await settle();
  expect(peer.take()).toEqual([`Error 2 "${'é'.repeat(50)}"`]);
  const other = openOne();
  other.connection.destroy(new Error(`x${'é'.repeat(80)}`));
  await settle();
  expect(other.peer.take()).toEqual([`Error 2 "x${'é'.repeat(49)}"`]);
});

test.each(['EOF ', '', 'eof'])('20: the text %j is an error, not an end', async (message) => {
  const { connection, peer } = openOne();
  const failed = once(connection, 'error');
  peer.send(encodeError(2, message));
  expect(((await failed)[0] as Error).message).toBe(message);
});

test('24: a graceful close tells each connection "tunnel disconnect", then closes the transport', async () => {
  const { connection, peer, session, end } = openOne();
  peer.send(encodeConnect(3, 'tcp', 'x:1'));
  const failed = once(connection, 'error');
  session.close();
  expect(((await failed)[0] as Error).message).toBe('tunnel disconnect');
  expect(peer.take()).toEqual(['Error 2 "tunnel disconnect"', 'Error 3 "tunnel disconnect"']);
  expect(peer.closed).toBe(true);
  expect(end).toEqual({ count: 1, error: undefined });
});

test('27: end() closes both directions after the last byte was written; there is no half close', async () => {
  const { connection, peer } = openOne();
  connection.resume();
  connection.end('the end');
  await once(connection, 'close');
  expect(peer.take()).toEqual(['Data 2 (7 bytes)', 'Error 2 "EOF"']);
});

test('28: an Error EOF at an odd moment ends the connection cleanly, and what is written then goes nowhere', async () => {
  const { connection, peer } = openOne();
  connection.write('before');
  peer.send(encodeError(2, 'EOF'));
  let called = false;
  connection.write('after', () => (called = true));
  connection.resume();
  await once(connection, 'close');
  expect(called).toBe(true);
  expect(connection.errored).toBeNull();
  expect(peer.take()).toEqual(['Data 2 (6 bytes)']);
});

test('an error that nobody listens to closes the connection and does not end the process', async () => {
  const { connection, peer } = openOne();
  const closed = once(connection, 'close').catch(() => undefined);
  connection.removeAllListeners('data');
  peer.send(encodeError(2, 'broken'));
  await closed;
  expect(connection.destroyed).toBe(true);
});
