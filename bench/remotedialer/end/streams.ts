import type { Duplex } from 'node:stream';

const CHUNK = Buffer.alloc(64 * 1024);

/** Writes so many bytes; resolves when the stream has taken the last chunk. */
export function writeBytes(stream: Duplex, bytes: number): Promise<void> {
  let left = bytes;
  return new Promise((resolve, reject) => {
    const more = (): void => {
      while (left > 0) {
        const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
        left -= chunk.length;
        if (!stream.write(chunk)) return void stream.once('drain', more);
      }
      stream.off('close', early);
      resolve();
    };
    const early = (): void => reject(new Error('the stream closed early'));
    stream.once('close', early);
    more();
  });
}

/** Reads so many bytes and drops them. */
export function readBytes(stream: Duplex, bytes: number): Promise<void> {
  let left = bytes;
  return new Promise((resolve, reject) => {
    const early = (): void => reject(new Error(`the stream closed ${left} bytes early`));
    const onData = (chunk: Buffer): void => {
      left -= chunk.length;
      if (left > 0) return;
      stream.off('data', onData).off('close', early);
      resolve();
    };
    stream.on('data', onData).once('close', early);
  });
}
