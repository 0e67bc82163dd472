import { setImmediate } from 'node:timers/promises';
import type { Connection } from '../../src/index.js';
import { createSessionPair, type MemoryTransport, type SessionPair } from '../../src/testing/index.js';

type Side = 'client' | 'server';

/** Something that happens to two sessions and their streams. */
export type Action =
  | { readonly kind: 'dial' | 'hold' | 'release' | 'lose' | 'close'; readonly side: Side }
  | { readonly kind: 'deliver'; readonly side: Side; readonly messages: number }
  | { readonly kind: 'write'; readonly stream: number; readonly near: boolean; readonly bytes: number }
  | {
      readonly kind: 'end' | 'destroy' | 'stop' | 'go';
      readonly stream: number;
      readonly near: boolean;
    }
  | { readonly kind: 'time'; readonly ms: number };

/** One end of a stream: byte `n` that it writes is `n & 255`, so is byte `n` that it reads. */
class End {
  connection: Connection | undefined;
  written = 0;
  calledBack = 0;
  writes = 0;
  read = 0;
  intact = true;
  sawEnd = false;
  /** What its owner did to it. */
  left: 'ended' | 'destroyed' | undefined;

  open(connection: Connection): void {
    this.connection = connection;
    connection.on('data', (chunk: Buffer) => {
      for (const byte of chunk) this.intact &&= byte === (this.read++ & 255);
    });
    connection.on('end', () => (this.sawEnd = true));
  }

  write(bytes: number): void {
    if (this.left !== undefined || this.connection?.writable !== true) return;
    const block = Buffer.alloc(bytes);
    for (let at = 0; at < bytes; at++) block[at] = (this.written + at) & 255;
    this.written += bytes;
    this.writes++;
    this.connection.write(block, () => this.calledBack++);
  }
}

/** Two sessions joined in memory, and what must be true of the streams between them. */
export class Model {
  readonly pair: SessionPair;
  /** True once the session has ended. */
  lost = false;
  readonly #streams: { near: End; far: End }[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
    const onConnect = (connection: Connection): void => {
      const stream = this.#streams.find(({ near }) => near.connection?.id === connection.id);
      stream?.far.open(connection);
    };
    this.pair = createSessionPair({
      client: { onConnect },
      server: { onConnect },
      transport: { capacity: 200_000 },
    });
  }

  play(action: Action): void {
    switch (action.kind) {
      case 'dial':
        return this.#dial(action.side);
      case 'hold':
      case 'release':
        return this.#transport(action.side)[action.kind]();
      case 'deliver':
        return this.#transport(action.side).deliver(action.messages);
      case 'lose':
        this.lost = true;
        return this.#transport(action.side).terminate(new Error('the network broke'));
      case 'close':
        this.lost = true;
        return this.pair[action.side].close();
      case 'time':
        return this.pair.clock.advance(action.ms);
      default:
        return this.#act(action);
    }
  }

  /** Lets everything happen that can. */
  async finish(): Promise<void> {
    this.pair.clientTransport.release();
    this.pair.serverTransport.release();
    for (const { near, far } of this.#streams) {
      near.connection?.resume();
      far.connection?.resume();
    }
    for (let turn = 0; turn < 60; turn++) {
      await setImmediate();
      for (const { far } of this.#streams) far.connection?.resume();
      if (turn % 10 === 9) this.pair.clock.advance(1_500);
    }
    this.lost ||= this.pair.client.ended || this.pair.server.ended;
  }

  /** What is wrong, after {@link finish}. */
  violations(): string[] {
    return this.#streams.flatMap(({ near, far }, index) => [
      ...this.#check(near, far).map((text) => `stream ${index}, near to far: ${text}`),
      ...this.#check(far, near).map((text) => `stream ${index}, far to near: ${text}`),
    ]);
  }

  #check(from: End, to: End): string[] {
    const wrong: string[] = [];
    if (!to.intact) wrong.push('a byte was changed, lost or swapped');
    if (to.read > from.written) wrong.push(`${to.read} bytes came of ${from.written}`);
    if (from.calledBack !== from.writes)
      wrong.push(`${from.calledBack} of ${from.writes} writes called back`);
    if (this.lost) {
      if (from.connection?.closed === false) wrong.push('the stream is still open');
      return wrong;
    }
    // There is no half close: only an end that did not leave itself gets every byte of one that did not break off.
    if (to.left === undefined && from.left !== 'destroyed') {
      if (to.read !== from.written) wrong.push(`${to.read} of ${from.written} bytes arrived`);
    }
    if (to.left === undefined && from.left !== undefined && to.connection?.closed !== true) {
      wrong.push('it does not know that the other end has left');
    }
    if (from.left === 'ended' && to.left === undefined && !to.sawEnd) wrong.push('no end was seen');
    return wrong;
  }

  #dial(side: Side): void {
    if (this.#streams.length === this.#limit || this.pair[side].ended) return;
    const stream = { near: new End(), far: new End() };
    this.#streams.push(stream);
    stream.near.open(this.pair[side].dial('tcp', 'x:1'));
  }

  #act(action: Extract<Action, { stream: number }>): void {
    const stream = this.#streams[action.stream];
    const end = action.near ? stream?.near : stream?.far;
    if (end?.connection === undefined) return;
    if (action.kind === 'write') return end.write(action.bytes);
    if (action.kind === 'stop') return void end.connection.pause();
    if (action.kind === 'go') return void end.connection.resume();
    end.left ??= action.kind === 'end' ? 'ended' : 'destroyed';
    if (action.kind === 'end') end.connection.end();
    else end.connection.destroy();
    if (action.kind === 'destroy') end.left = 'destroyed';
  }

  #transport(side: Side): MemoryTransport {
    return side === 'client' ? this.pair.clientTransport : this.pair.serverTransport;
  }
}
