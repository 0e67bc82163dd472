import { Alert, TlsAlertError } from './alerts.js';

/**
 * Reads numbers and vectors of the TLS presentation language (RFC 8446 §3) from front to back. Whatever would read
 * beyond the end throws a decode_error. What it gives are views.
 */
export class ByteReader {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.length - this.#at;
  }

  uint8(): number {
    return this.bytes.readUInt8(this.#advance(1));
  }

  uint16(): number {
    return this.bytes.readUInt16BE(this.#advance(2));
  }

  take(length: number): Buffer {
    const from = this.#advance(length);
    return this.bytes.subarray(from, from + length);
  }

  /** `opaque x<min..2^8-1>` */
  vector8(min = 0): Buffer {
    return this.#vector(this.uint8(), min);
  }

  /** `opaque x<min..2^16-1>` */
  vector16(min = 0): Buffer {
    return this.#vector(this.uint16(), min);
  }

  /** Throws unless everything has been read. */
  end(): void {
    if (this.left > 0) throw new TlsAlertError(Alert.decodeError, 'a TLS structure has bytes left over');
  }

  #vector(length: number, min: number): Buffer {
    if (length < min) throw new TlsAlertError(Alert.decodeError, 'a TLS vector is too short');
    return this.take(length);
  }

  #advance(count: number): number {
    const from = this.#at;
    if (count > this.left) throw new TlsAlertError(Alert.decodeError, 'a TLS structure ends too early');
    this.#at += count;
    return from;
  }
}

/** The 16-bit numbers in a vector. Throws {@link TlsAlertError} when half of one is left. */
export function uint16List(vector: Buffer): number[] {
  const reader = new ByteReader(vector);
  const numbers: number[] = [];
  while (reader.left > 0) numbers.push(reader.uint16());
  return numbers;
}
