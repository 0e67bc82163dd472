import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';

/** One kind of tunnel under test. */
export interface ComplianceTunnel {
  /** Opens a stream and returns both of its ends. */
  open(): Promise<[near: Duplex, far: Duplex]>;
  /** Opens a stream whose dial fails at the far end. */
  openFailing(): Promise<Duplex>;
  close(): Promise<void>;
}

/** The part of a test framework that is needed; vitest's and node:test's `test` fit. */
export type TestFunction = (name: string, run: () => Promise<void>) => void;

const KiB = 1024;
const MiB = 1024 * KiB;

/** What every tunnel must do, whatever carries it and whoever wrote its other end. */
export function tunnelCompliance(test: TestFunction, setup: () => Promise<ComplianceTunnel>): void {
  const check = (name: string, run: (tunnel: ComplianceTunnel) => Promise<void>): void =>
    test(name, async () => {
      const tunnel = await setup();
      try {
        await run(tunnel);
      } finally {
        await tunnel.close();
      }
    });

  check('carries bytes both ways at the same time, unchanged', async (tunnel) => {
    const [near, far] = await tunnel.open();
    await Promise.all([transfer(near, far, randomBytes(8 * MiB)), transfer(far, near, randomBytes(8 * MiB))]);
    near.destroy();
  });

  check('keeps fifty concurrent streams apart', async (tunnel) => {
    const pairs = await Promise.all(Array.from({ length: 50 }, () => tunnel.open()));
    await Promise.all(
      pairs.flatMap(([near, far]) => [
        transfer(near, far, randomBytes(100 * KiB)),
        transfer(far, near, randomBytes(100 * KiB)),
      ]),
    );
    for (const [near] of pairs) near.destroy();
  });

  check('keeps the order of many small writes', async (tunnel) => {
    const [near, far] = await tunnel.open();
    const bytes = randomBytes(3_000);
    const arrived = read(far, bytes.length);
    for (const byte of bytes) near.write(Buffer.of(byte));
    assert.deepEqual(await arrived, bytes);
    near.destroy();
  });

  check('carries one write of 5 MiB', async (tunnel) => {
    const [near, far] = await tunnel.open();
    await transfer(near, far, randomBytes(5 * MiB), 5 * MiB);
    near.destroy();
  });

  check('passes an end on after the last byte', async (tunnel) => {
    const [near, far] = await tunnel.open();
    const bytes = randomBytes(300 * KiB);
    const arrived = read(far, bytes.length);
    const ended = once(far, 'end');
    near.end(bytes);
    assert.equal(hash(await arrived), hash(bytes));
    await ended;
  });

  check('passes a close on in both directions', async (tunnel) => {
    const [near, far] = await tunnel.open();
    const bothClosed = Promise.all([closed(near), closed(far)]);
    near.destroy();
    await bothClosed;
  });

  check('shows a failed dial and keeps the other streams', async (tunnel) => {
    const [near, far] = await tunnel.open();
    const failing = await tunnel.openFailing();
    await closed(failing);
    await transfer(near, far, randomBytes(100 * KiB));
    near.destroy();
  });

  check('a reader that stops holds up only its own stream, and loses nothing', async (tunnel) => {
    const [slow, stopped] = await tunnel.open();
    const [near, far] = await tunnel.open();
    const bytes = randomBytes(12 * MiB);
    const sent = write(slow, bytes, 64 * KiB);
    await transfer(near, far, randomBytes(4 * MiB));
    const [arrived] = await Promise.all([read(stopped, bytes.length), sent]);
    assert.equal(hash(arrived), hash(bytes));
    near.destroy();
    slow.destroy();
  });
}

/** Waits for the close of a stream, with or without an error. */
function closed(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) return resolve();
    stream.on('error', () => undefined);
    stream.once('close', resolve);
    stream.resume();
  });
}

async function transfer(from: Duplex, to: Duplex, bytes: Buffer, pieceBytes = 64 * KiB): Promise<void> {
  const [arrived] = await Promise.all([read(to, bytes.length), write(from, bytes, pieceBytes)]);
  assert.equal(hash(arrived), hash(bytes));
}

async function write(to: Duplex, bytes: Buffer, pieceBytes: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    if (!to.write(bytes.subarray(at, at + pieceBytes))) await once(to, 'drain');
  }
}

/** Exactly `size` bytes; rejects when the stream ends or fails before. */
function read(from: Duplex, size: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const early = (): void => reject(new Error(`the stream closed after ${bytes} of ${size} bytes`));
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes < size) return;
      from.off('data', onData).off('close', early).off('error', reject);
      resolve(Buffer.concat(chunks));
    };
    from.on('data', onData).once('close', early).once('error', reject);
  });
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
