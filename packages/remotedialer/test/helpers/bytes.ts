import { createHash } from 'node:crypto';
import { Readable, type Duplex } from 'node:stream';

export const MiB = 1024 * 1024;

/** A stream of `size` bytes that differ everywhere, so that any lost or swapped piece changes its hash. */
export function byteSource(size: number, seed = 1): Readable {
  return Readable.from(blocks(size, seed), { objectMode: false, highWaterMark: 256 * 1024 });
}

/** The hash of what {@link byteSource} gives. */
export function byteHash(size: number, seed = 1): string {
  const hash = createHash('sha256');
  for (const block of blocks(size, seed)) hash.update(block);
  return hash.digest('hex');
}

/** Reads exactly `size` bytes of a stream and returns their hash. Rejects when the stream ends earlier. */
export async function readHash(stream: Duplex, size: number): Promise<string> {
  const hash = createHash('sha256');
  let left = size;
  await new Promise<void>((resolve, reject) => {
    const done = (): void => {
      stream.off('data', onData);
      resolve();
    };
    const onData = (chunk: Buffer): void => {
      left -= chunk.length;
      if (left < 0) return reject(new Error(`${-left} bytes too many`));
      hash.update(chunk);
      if (left === 0) done();
    };
    if (left === 0) return done();
    stream.on('data', onData);
    stream.once('error', reject);
    stream.once('end', () => reject(new Error(`the stream ended ${left} bytes early`)));
    stream.once('close', () => reject(new Error(`the stream closed ${left} bytes early`)));
  });
  return hash.digest('hex');
}

/** Reads until a stream closes, however that comes, and checks that it was the start of {@link byteSource}. */
export class PrefixReader {
  /** How many bytes have come. */
  bytes = 0;
  /** False once one of them was wrong. */
  intact = true;
  readonly #expected: Generator<Buffer>;
  #block: Buffer = Buffer.alloc(0);

  constructor(seed: number) {
    this.#expected = blocks(Infinity, seed);
  }

  /** Reads `stream`; resolves when it has closed. */
  async read(stream: Duplex): Promise<void> {
    stream.on('data', (chunk: Buffer) => this.check(chunk));
    stream.on('error', () => undefined);
    if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve));
  }

  /** Compares the next bytes. */
  check(chunk: Buffer): void {
    this.bytes += chunk.length;
    for (let at = 0; at < chunk.length;) {
      if (this.#block.length === 0) this.#block = this.#expected.next().value as Buffer;
      const length = Math.min(this.#block.length, chunk.length - at);
      this.intact &&= this.#block.subarray(0, length).equals(chunk.subarray(at, at + length));
      this.#block = this.#block.subarray(length);
      at += length;
    }
  }
}

function* blocks(size: number, seed: number): Generator<Buffer> {
  let state = (seed * 0x9e3779b1) >>> 0;
  for (let sent = 0; sent < size;) {
    // A fresh buffer each time: what was given away must not change.
    const block = Buffer.allocUnsafe(Math.min(64 * 1024, size - sent));
    for (let at = 0; at + 4 <= block.length; at += 4) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      block.writeUInt32LE(state, at);
    }
    block.fill(state & 0xff, block.length & ~3);
    sent += block.length;
    yield block;
  }
}
