import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Connection } from '../src/index.js';
import { createSessionPair, type SessionPair } from '../src/testing/index.js';

const numRuns = Number(process.env.FUZZ_RUNS ?? 150);
const STREAMS = 4;

/** What a test does next to one of its streams, from one of its ends. */
type Step =
  | { readonly kind: 'dial'; readonly from: 'client' | 'server' }
  | { readonly kind: 'write'; readonly stream: number; readonly near: boolean; readonly bytes: number }
  | { readonly kind: 'end' | 'stop' | 'go'; readonly stream: number; readonly near: boolean }
  | { readonly kind: 'hold' | 'release'; readonly side: 'client' | 'server' }
  | { readonly kind: 'time'; readonly ms: number };

const stream = fc.nat(STREAMS - 1);
const near = fc.boolean();
const side = fc.constantFrom('client' as const, 'server' as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('dial' as const), from: side }),
  fc.record({
    kind: fc.constant('write' as const),
    stream,
    near,
    bytes: fc.constantFrom(1, 700, 70_000, 1_200_000),
  }),
  fc.record({ kind: fc.constantFrom('end' as const, 'stop' as const, 'go' as const), stream, near }),
  fc.record({ kind: fc.constantFrom('hold' as const, 'release' as const), side }),
  fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(150, 1_100, 4_000) }),
);

/** One end of a stream: what was written into it, and what came out of the other. */
class End {
  readonly connection: Connection;
  written = 0;
  read = 0;
  ended = false;
  sawEnd = false;
  #wrong = false;

  constructor(connection: Connection) {
    this.connection = connection;
    connection.on('data', (chunk: Buffer) => {
      for (const byte of chunk) this.#wrong ||= byte !== (this.read++ & 255);
    });
    connection.on('end', () => (this.sawEnd = true));
  }

  get intact(): boolean {
    return !this.#wrong;
  }

  write(bytes: number): void {
    if (this.ended || !this.connection.writable) return;
    const block = Buffer.alloc(bytes);
    for (let at = 0; at < bytes; at++) block[at] = (this.written + at) & 255;
    this.written += bytes;
    this.connection.write(block);
  }
}

class World {
  readonly streams: { near: End; far: End }[] = [];
  readonly pair: SessionPair;
  #accepted: Connection | undefined;

  constructor() {
    const onConnect = (connection: Connection): void => void (this.#accepted = connection);
    this.pair = createSessionPair({
      client: { onConnect },
      server: { onConnect },
      transport: { capacity: 200_000 },
    });
  }

  async play(step: Step): Promise<void> {
    const { pair } = this;
    switch (step.kind) {
      case 'dial':
        return this.#dial(step.from);
      case 'hold':
        return (step.side === 'client' ? pair.clientTransport : pair.serverTransport).hold();
      case 'release':
        return (step.side === 'client' ? pair.clientTransport : pair.serverTransport).release();
      case 'time':
        return pair.clock.advance(step.ms);
    }
    const stream = this.streams[step.stream];
    if (stream === undefined) return;
    const end = step.near ? stream.near : stream.far;
    if (step.kind === 'write') end.write(step.bytes);
    else if (step.kind === 'stop') end.connection.pause();
    else if (step.kind === 'go') end.connection.resume();
    else {
      end.ended = true;
      end.connection.end();
    }
  }

  /** Lets everything finish. */
  async finish(): Promise<void> {
    this.pair.clientTransport.release();
    this.pair.serverTransport.release();
    for (const { near, far } of this.streams) {
      near.connection.resume();
      far.connection.resume();
    }
    for (let turn = 0; turn < 60; turn++) {
      await setImmediate();
      if (turn % 10 === 9) this.pair.clock.advance(1_500);
    }
  }

  async #dial(from: 'client' | 'server'): Promise<void> {
    if (this.streams.length === STREAMS) return;
    this.#accepted = undefined;
    const near = this.pair[from].dial('tcp', 'x:1');
    this.pair.clientTransport.release();
    this.pair.serverTransport.release();
    for (let turn = 0; turn < 50 && this.#accepted === undefined; turn++) await setImmediate();
    this.streams.push({ near: new End(near), far: new End(this.#accepted!) });
  }
}

test('whatever the order of dials, writes, stops, stalls and ends, bytes arrive in order and none is lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const world = new World();
      for (const [index, step] of steps.entries()) {
        await world.play(step);
        if (index % 3 === 0) await setImmediate();
      }
      await world.finish();
      for (const { near, far } of world.streams) {
        for (const [from, to] of [
          [near, far],
          [far, near],
        ] as const) {
          expect(to.intact).toBe(true);
          expect(to.read).toBeLessThanOrEqual(from.written);
          // There is no half close: only a stream whose reading end did not end it itself gets every byte.
          if (!to.ended) expect(to.read).toBe(from.written);
          if (from.ended) expect(to.sawEnd).toBe(true);
        }
      }
      expect(world.pair.client.ended || world.pair.server.ended).toBe(false);
      world.pair.client.close();
      await setImmediate();
      expect([world.pair.client.connectionCount, world.pair.server.connectionCount]).toEqual([0, 0]);
    }),
    { numRuns },
  );
}, 120_000);
