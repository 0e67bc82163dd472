import { once } from 'node:events';
import { createServer } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  encodeAddClient,
  encodeConnect,
  encodeData,
  encodeError,
  encodeRemoveClient,
  encodeSyncConnections,
  InvalidAddressError,
  MessageType,
  ProtocolError,
  Session,
  TimeoutError,
  type Connection,
  type SessionOptions,
} from '../src/index.js';
import { SessionManager } from '../src/session-manager.js';
import { createRawPair, createTransportPair, RawPeer } from '../src/testing/index.js';

const settle = async (): Promise<void> => void (await setImmediate());
const keep = (): void => undefined;

/** The ids in a `SyncConnections [..]` line. */
const idsOf = (line: string): number[] => (line.match(/-?\d+/g) ?? []).map(Number);

test('3: a Sync does not kill a dial whose Connect may be on the wire, and kills it after the grace time', async () => {
  const { session, peer, clock } = createRawPair({ role: 'server' });
  const connection = session.dial('tcp', 'x:1');
  peer.send(encodeSyncConnections([]));
  expect(connection.destroyed).toBe(false);
  clock.advance(10_000);
  await settle();
  peer.take();
  const failed = once(connection, 'error');
  peer.send(encodeSyncConnections([]));
  expect(((await failed)[0] as Error).message).toBe('sync from client');
  expect(peer.take()).toEqual(['Error 2 "sync from client"']);
  expect(session.counters.connectionsSynced).toBe(1);
});

test('3: a Sync kills at once what the other end has already answered on and now does not list', async () => {
  const { session, peer } = createRawPair({ role: 'server' });
  const [lost, listed] = [session.dial('tcp', 'x:1'), session.dial('tcp', 'x:1')];
  peer.send(encodeData(2, Buffer.from('hi')), encodeData(3, Buffer.from('hi')));
  peer.send(encodeSyncConnections([3, 4, 5]));
  await settle();
  lost.resume();
  expect([lost.destroyed, listed.destroyed]).toEqual([true, false]);
});

test('3: a safe Sync lists live connections, unseen ids in between and the next 256, so that no dial is killed', async () => {
  const { peer, clock } = createRawPair({ onConnect: keep });
  peer.send(encodeConnect(2, 'tcp', 'x:1'), encodeConnect(3, 'tcp', 'x:1'), encodeConnect(6, 'tcp', 'x:1'));
  peer.send(encodeError(3, 'EOF'));
  clock.advance(60_000);
  await settle();
  const lines = peer.take();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^SyncConnections/);
  const next = Array.from({ length: 256 }, (_, index) => 7 + index);
  expect(idsOf(lines[0]!)).toEqual([2, 4, 5, 6, ...next]);
});

test('3: a safe Sync still frees what the server leaked', async () => {
  const { peer, clock } = createRawPair({ onConnect: keep });
  peer.send(encodeConnect(2, 'tcp', 'x:1'), encodeConnect(3, 'tcp', 'x:1'), encodeError(2, 'EOF'));
  clock.advance(60_000);
  await settle();
  expect(idsOf(peer.take()[0]!)).not.toContain(2);
});

test('3: without a Connect ever a safe Sync is not sent, for there is nothing to free', async () => {
  const { peer, clock } = createRawPair();
  clock.advance(200_000);
  await settle();
  expect(peer.take()).toEqual([]);
});

test('21: a Sync like Go is sent every 60 s with exactly the live ids in ascending order', async () => {
  const { peer, clock } = createRawPair({ onConnect: keep, sync: 'go' });
  for (const id of [100, 9, 10, 2]) peer.send(encodeConnect(id, 'tcp', 'x:1'));
  peer.send(encodeError(2, 'EOF'));
  clock.advance(59_000);
  await settle();
  expect(peer.take()).toEqual([]);
  clock.advance(1_000);
  await settle();
  expect(peer.take()).toEqual(['SyncConnections [9 10 100]']);
  clock.advance(60_000);
  await settle();
  expect(peer.take()).toEqual(['SyncConnections [9 10 100]']);
});

test('6: a client pings every 5 s, busy or not, first 5 s after it started; a server never does', () => {
  const client = createRawPair({ onConnect: keep });
  client.clock.advance(4_900);
  expect(client.transport.pings).toBe(0);
  client.clock.advance(200);
  expect(client.transport.pings).toBe(1);
  client.peer.send(encodeConnect(2, 'tcp', 'x:1'));
  for (let second = 0; second < 10; second++) {
    client.peer.send(encodeData(2, Buffer.from('busy')));
    client.clock.advance(1_000);
  }
  expect(client.transport.pings).toBe(3);
  const server = createRawPair({ role: 'server' });
  server.clock.advance(50_000);
  expect(server.transport.pings).toBe(0);
});

test('5: a session without any sign of life for 60 s is ended here, without waiting for the other end', () => {
  const { peer, clock, session, end, transport } = createRawPair();
  peer.transport.answersPings = false;
  clock.advance(59_900);
  expect(session.ended).toBe(false);
  clock.advance(5_100);
  expect(session.ended).toBe(true);
  expect(end.error).toBeInstanceOf(TimeoutError);
  expect(transport.open).toBe(false);
});

test('16: a pong of any kind keeps the session alive; so do pings for a server', () => {
  const client = createRawPair();
  client.clock.advance(300_000);
  expect(client.session.ended).toBe(false);
  const server = createRawPair({ role: 'server' });
  for (let ping = 0; ping < 60; ping++) {
    server.clock.advance(5_000);
    server.peer.transport.ping();
  }
  expect(server.session.ended).toBe(false);
  server.clock.advance(66_000);
  expect(server.session.ended).toBe(true);
});

test('6: a stall of this process is reported and does not by itself end the sessions', () => {
  const { clock, session, ticker, transport } = createRawPair();
  const stalls: number[] = [];
  ticker.on('stall', (lateMs) => stalls.push(lateMs));
  clock.stall(70_000);
  expect(stalls).toHaveLength(1);
  expect(session.ended).toBe(false);
  clock.advance(5_000);
  expect(session.ended).toBe(false);
  expect(transport.pings).toBeGreaterThan(0);
});

test('8: what the other end could not parse is refused here, before it is sent', async () => {
  const { session, peer } = createRawPair({ role: 'server' });
  expect(() => session.dial('tcp/x', 'y:1')).toThrow(InvalidAddressError);
  expect(() => session.dial('', 'y:1')).toThrow(InvalidAddressError);
  expect(() => session.dial('tcp', 'y'.repeat(263))).toThrow(InvalidAddressError);
  await settle();
  expect(peer.take()).toEqual([]);
  expect(session.dial('tcp', 'y'.repeat(262)).id).toBe(2);
});

test('9: a client sends no Connect of its own accord', async () => {
  const { peer, clock } = createRawPair({ onConnect: keep });
  clock.advance(120_000);
  await settle();
  expect(peer.take().filter((line) => line.startsWith('Connect'))).toEqual([]);
});

test('9: a dial that is not allowed is refused with an Error, and the session and its streams live on', async () => {
  const { peer, session } = createRawPair({ role: 'server' });
  const fine = session.dial('tcp', 'x:1');
  peer.send(encodeConnect(-1, 'tcp', 'x:1'));
  await settle();
  expect(peer.take()).toEqual(['Connect 2 tcp/x:1', 'Error -1 "connect not allowed"']);
  expect([session.ended, fine.destroyed]).toEqual([false, false]);
});

test('10: a dial that is never answered can be given up by a deadline of its own', async () => {
  const { session } = createRawPair({ role: 'server' });
  const connection = session.dial('tcp', 'black.hole:1').setDeadline(5);
  const [error] = (await once(connection, 'error')) as [Error];
  expect(error).toBeInstanceOf(TimeoutError);
});

test('17: dials take the newest session that has lately shown life, and the old one is kept', () => {
  const manager = new SessionManager();
  const { clock, ticker } = createRawPair();
  const open = (): { session: Session; peer: RawPeer } => {
    const [transport, other] = createTransportPair();
    const session = new Session(transport, { role: 'server', clientKey: 'alice', ticker });
    manager.add(session);
    return { session, peer: new RawPeer(other) };
  };
  const old = open();
  clock.advance(20_000);
  const fresh = open();
  expect(manager.pick('alice')).toBe(fresh.session);
  clock.advance(20_000);
  old.peer.transport.ping();
  expect(manager.pick('alice')).toBe(old.session);
  fresh.peer.transport.ping();
  expect(manager.pick('alice')).toBe(fresh.session);
  fresh.session.destroy();
  expect(manager.pick('alice')).toBe(old.session);
});

test('22: AddClient and RemoveClient mean nothing to a client, well-formed or not', async () => {
  const { peer, session } = createRawPair();
  const noSlash = encodeRemoveClient('a', '1').subarray(0, 4);
  peer.send(encodeAddClient('c-m-abcd1234', '5577006791947779410'), encodeRemoveClient('c', 'x'), noSlash);
  await settle();
  expect(session.ended).toBe(false);
  expect(peer.take()).toEqual([]);
});

test('23: unknown message types are ignored', async () => {
  const { peer, session } = createRawPair();
  for (const hex of ['020412616263', '020400', '020401']) peer.send(Buffer.from(hex, 'hex'));
  await settle();
  expect(session.ended).toBe(false);
  expect(peer.take()).toEqual([]);
});

test.each([
  ['an empty message', ''],
  ['half a header', '02'],
  ['a varint of 11 bytes', 'ffffffffffffffffffff010402'],
  ['Connect without a slash', '020404b0ea01746370'],
  ['a Sync list of 9 bytes', '020010010000000000000000'],
])('8: %s ends the session with a ProtocolError', (_name, hex) => {
  const { peer, session, end } = createRawPair({ onConnect: keep });
  peer.send(Buffer.from(hex, 'hex'));
  expect(session.ended).toBe(true);
  expect(end.error).toBeInstanceOf(ProtocolError);
  expect(end.count).toBe(1);
});

test('25, 26: addresses are passed through as they are; a handler decides what they mean', () => {
  const asked: string[] = [];
  const onConnect: NonNullable<SessionOptions['onConnect']> = (
    connection: Connection,
    { protocol, address },
  ) => {
    asked.push(`${protocol} ${address} ${connection.remoteAddress} ${connection.remotePort}`);
  };
  const { peer } = createRawPair({ onConnect });
  peer.send(encodeConnect(2, 'tcp', ':5555'), encodeConnect(3, 'tcp', 'not-used:80'));
  peer.send(encodeConnect(4, 'unix', '/var/run/docker.sock'), encodeConnect(5, 'tcp', '[fd00::1]:6443'));
  expect(asked).toEqual([
    'tcp :5555 localhost 5555',
    'tcp not-used:80 not-used 80',
    'unix /var/run/docker.sock /var/run/docker.sock undefined',
    'tcp [fd00::1]:6443 fd00::1 6443',
  ]);
});

test("26: Rancher's health check, GET /ping for not-used:80, is answered with 200 by a server in this process", async () => {
  const http = createServer((request, response) => response.end(`pong ${request.url}`));
  const { peer } = createRawPair({ onConnect: (connection) => void http.emit('connection', connection) });
  const ping = 'GET /ping HTTP/1.1\r\nHost: not-used\r\nConnection: close\r\n\r\n';
  // As Rancher sends it: the request right behind Connect, split anywhere.
  peer.send(encodeConnect(2, 'tcp', 'not-used:80'));
  peer.send(encodeData(2, Buffer.from(ping.slice(0, 9))), encodeData(2, Buffer.from(ping.slice(9))));
  await expect.poll(() => peer.received.at(-1)).toMatchObject({ type: MessageType.Error, eof: true });
  const answer = peer.data(2).toString();
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(answer).toMatch(/\r\n\r\n.*pong \/ping/s);
});

test('a handler that throws fails its dial with the message, and only that', async () => {
  const { peer, session } = createRawPair({
    onConnect: () => {
      throw new Error('dial tcp x:1: no such host');
    },
  });
  peer.send(encodeConnect(2, 'tcp', 'x:1'));
  await settle();
  expect(peer.take()).toEqual(['Error 2 "dial tcp x:1: no such host"']);
  expect(session.ended).toBe(false);
});

test('all sessions of a process share one timer, which stops with the last of them', () => {
  const { clock, ticker, session } = createRawPair();
  const others = Array.from(
    { length: 100 },
    () => new Session(createTransportPair()[0], { role: 'client', ticker }),
  );
  expect(clock.timers).toBe(1);
  for (const other of others) other.destroy();
  expect(clock.timers).toBe(1);
  session.destroy();
  expect(clock.timers).toBe(0);
});

test('pings of sessions that started at different times stay spread over the interval', () => {
  const { clock, ticker } = createRawPair();
  const transports = Array.from({ length: 5 }, () => {
    const [transport] = createTransportPair();
    new Session(transport, { role: 'client', ticker });
    clock.advance(1_000);
    return transport;
  });
  const before = transports.map((transport) => transport.pings);
  clock.advance(1_000);
  const changed = transports.filter((transport, index) => transport.pings > before[index]!);
  expect(changed).toHaveLength(1);
});
