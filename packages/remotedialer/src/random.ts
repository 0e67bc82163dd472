import { randomFillSync } from 'node:crypto';

const pool = new Uint32Array(1024);
let at = pool.length;

/** An unpredictable 32-bit number, from a pool because one call of the system per frame or session would be slow. */
export function randomUint32(): number {
  if (at === pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  const value = pool[at] ?? 0;
  // A key that was given away stays nowhere else.
  pool[at++] = 0;
  return value;
}

/** `bytes` unpredictable bytes, a multiple of four. */
export function randomBytes(bytes: number): Buffer {
  const target = Buffer.allocUnsafe(bytes);
  for (let offset = 0; offset < bytes; offset += 4) target.writeUInt32LE(randomUint32(), offset);
  return target;
}
