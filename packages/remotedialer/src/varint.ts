import { ProtocolError } from './errors.js';
import type { Int64 } from './message.js';

/** Longest varint of a 64-bit integer. */
export const MAX_VARINT_BYTES = 10;

/**
 * Writes a signed integer as Go's `binary.PutVarint` does: zig-zag, then 7 bits per byte, lowest group first.
 * Returns the offset behind it. Needs up to {@link MAX_VARINT_BYTES} bytes of room.
 */
export function writeVarint(target: Uint8Array, offset: number, value: Int64): number {
  if (typeof value === 'number' && value >= -0x4000_0000 && value < 0x4000_0000) {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    while (rest >= 0x80) {
      target[offset++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    target[offset++] = rest;
    return offset;
  }
  const wide = BigInt(value);
  let rest = BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n));
  while (rest >= 0x80n) {
    target[offset++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  target[offset++] = Number(rest);
  return offset;
}

/** Reads the varints at the start of a message one after the other. */
export class VarintReader {
  readonly #bytes: Uint8Array;
  /** Where the next read starts. */
  offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.offset = offset;
  }

  /** Passes over one varint without making a number of it. Throws {@link ProtocolError} as `read` does. */
  skip(): void {
    const start = this.offset;
    for (;;) {
      const byte = this.#bytes[this.offset];
      if (byte === undefined) throw new ProtocolError('message ends within its header');
      this.offset++;
      if (byte < 0x80) {
        if (this.offset - start === MAX_VARINT_BYTES && byte > 1) throw overflow();
        return;
      }
      if (this.offset - start === MAX_VARINT_BYTES) throw overflow();
    }
  }

  /** Reads one signed integer. Throws {@link ProtocolError} when the bytes end early or exceed 64 bits. */
  read(): Int64 {
    const start = this.offset;
    this.skip();
    const length = this.offset - start;
    if (length <= 4) {
      let small = 0;
      for (let index = length - 1; index >= 0; index--) {
        small = (small << 7) | ((this.#bytes[start + index] ?? 0) & 0x7f);
      }
      return (small >>> 1) ^ -(small & 1);
    }
    let wide = 0n;
    for (let index = length - 1; index >= 0; index--) {
      wide = (wide << 7n) | BigInt((this.#bytes[start + index] ?? 0) & 0x7f);
    }
    return toInt64((wide >> 1n) ^ -(wide & 1n));
  }
}

/** The shortest representation of an {@link Int64}. */
export function toInt64(wide: bigint): Int64 {
  const narrow = Number(wide);
  return Number.isSafeInteger(narrow) ? narrow : wide;
}

function overflow(): ProtocolError {
  return new ProtocolError('varint overflows a 64-bit integer');
}
