import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Session, Ticker, type Connection, type TransportHandler } from '../src/index.js';
import { PING_INTERVAL_MS, SATURATION_BYTES } from '../src/constants.js';
import { WebSocketTransport } from '../src/websocket-transport.js';
import { ManualClock } from '../src/testing/index.js';
import { byteSource, MiB } from './helpers/bytes.js';
import { SlowLink } from './helpers/slow-link.js';

/** 10 Mbit/s, in steps of the clock. */
const STEP_MS = 100;
const BYTES_PER_STEP = 125_000;
/** What Linux queues in a socket at most (`net.ipv4.tcp_wmem`). */
const SOCKET_BYTES = 4 * MiB;
/** A ping and its pong each wait behind a full socket and what may be queued in front of it. */
const ROUND_TRIP_MS = (2 * (SOCKET_BYTES + 2 * SATURATION_BYTES) * STEP_MS) / BYTES_PER_STEP;

const STREAMS = 16;
const STREAM_BYTES = 8 * MiB;

/** Stands between a transport and its session and writes down how far apart the pings or pongs come. */
class LifeLog implements TransportHandler {
  signs = 0;
  longestGapMs = 0;
  ended = false;
  readonly #session: TransportHandler;
  readonly #clock: ManualClock;
  #lastAt = 0;

  constructor(session: TransportHandler, clock: ManualClock) {
    this.#session = session;
    this.#clock = clock;
  }

  onLife(): void {
    this.signs++;
    this.longestGapMs = Math.max(this.longestGapMs, this.#clock.now() - this.#lastAt);
    this.#lastAt = this.#clock.now();
    this.#session.onLife();
  }

  onMessage(bytes: Buffer): void {
    this.#session.onMessage(bytes);
  }

  onMoreData(payload: Buffer): void {
    this.#session.onMoreData(payload);
  }

  onDrain(): void {
    this.#session.onDrain();
  }

  onClose(error?: Error): void {
    this.ended = true;
    this.#session.onClose(error);
  }
}

test('7: while a link of 10 Mbit/s is full both ways for minutes, pings and pongs come through in seconds', async () => {
  const clock = new ManualClock();
  const ticker = new Ticker(clock);
  const link = new SlowLink(SOCKET_BYTES);
  const payload = Buffer.concat(await byteSource(STREAM_BYTES).toArray());
  let intact = true;
  const check = (connection: Connection): void => {
    let at = 0;
    connection.on('data', (chunk: Buffer) => {
      intact &&= chunk.equals(payload.subarray(at, at + chunk.length));
      at += chunk.length;
    });
  };
  const far: Connection[] = [];
  const serverTransport = new WebSocketTransport(link.near, 'none');
  const clientTransport = new WebSocketTransport(link.far, 'random');
  const server = new Session(serverTransport, { role: 'server', ticker });
  const client = new Session(clientTransport, {
    role: 'client',
    ticker,
    onConnect: (connection) => {
      far.push(connection);
      check(connection);
      connection.write(payload);
    },
  });
  const logs = [new LifeLog(server, clock), new LifeLog(client, clock)] as const;
  [serverTransport.handler, clientTransport.handler] = logs;

  const near = Array.from({ length: STREAMS }, () => server.dial('tcp', 'x:1'));
  for (const connection of near) {
    check(connection);
    connection.write(payload);
  }
  const total = STREAMS * STREAM_BYTES;
  const read = (ends: readonly Connection[]): number => ends.reduce((sum, end) => sum + end.bytesRead, 0);
  while (read(near) < total || read(far) < total) {
    expect(logs.map(({ ended }) => ended)).toEqual([false, false]);
    link.pass(BYTES_PER_STEP);
    await setImmediate();
    clock.advance(STEP_MS);
  }

  // Longer than the 60 s after which a Go end gives up, and past the first SyncConnections.
  expect(clock.now()).toBeGreaterThan(100_000);
  expect(intact).toBe(true);
  expect([...near, ...far].map(({ destroyed }) => destroyed)).not.toContain(true);
  for (const { signs, longestGapMs } of logs) {
    expect(signs).toBeGreaterThan(Math.floor(clock.now() / PING_INTERVAL_MS) - 4);
    expect(longestGapMs).toBeLessThan(PING_INTERVAL_MS + ROUND_TRIP_MS);
  }
  client.destroy();
  server.destroy();
});
