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
