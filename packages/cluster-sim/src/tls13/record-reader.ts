import { Alert, TlsAlertError } from './alerts.js';
import { ContentType, HEADER_BYTES, MAX_PROTECTED_BYTES } from './records.js';

/**
 * Cuts what arrives into records (RFC 8446 §5.1), whatever pieces it comes in. A record that is in one piece is not
 * copied; of one that is not, only its own bytes are kept.
 */
export class RecordReader {
  /** What has arrived and is not read yet. */
  #bytes: Buffer | undefined;
  #at = 0;
  /** A header, or then a record, that isn't complete. */
  #partial: Buffer | undefined;
  #filled = 0;

  /** True when there are bytes that no `next` has given yet. */
  get pending(): boolean {
    return this.#bytes !== undefined || this.#partial !== undefined;
  }

  add(chunk: Buffer): void {
    const rest = this.#bytes;
    this.#bytes = rest === undefined ? chunk : Buffer.concat([rest.subarray(this.#at), chunk]);
    this.#at = 0;
    if (this.#bytes.length === 0) this.#bytes = undefined;
  }

  /**
   * The next record with its header, or undefined when more has to arrive first. Throws {@link TlsAlertError} when a header is
   * not that of a record or of one too long: as soon as it is there, or some other protocol would wait for ever.
   */
  next(): Buffer | undefined {
    for (;;) {
      const bytes = this.#bytes;
      if (bytes === undefined) return undefined;
      const left = bytes.length - this.#at;
      if (this.#partial === undefined) {
        const length = left < HEADER_BYTES ? undefined : recordLength(bytes, this.#at);
        if (length !== undefined && length <= left) return this.#take(bytes, length);
        this.#partial = Buffer.allocUnsafe(length ?? HEADER_BYTES);
        this.#filled = 0;
      }
      const partial = this.#partial;
      const count = Math.min(left, partial.length - this.#filled);
      partial.set(this.#take(bytes, count), this.#filled);
      this.#filled += count;
      if (this.#filled < partial.length) return undefined;
      const length = recordLength(partial, 0);
      if (length === partial.length) {
        this.#partial = undefined;
        return partial;
      }
      this.#partial = Buffer.allocUnsafe(length);
      this.#partial.set(partial);
    }
  }

  #take(bytes: Buffer, count: number): Buffer {
    const from = this.#at;
    this.#at += count;
    if (this.#at === bytes.length) {
      this.#bytes = undefined;
      this.#at = 0;
    }
    return bytes.subarray(from, from + count);
  }
}

/** How long the record that begins here is, header included. */
function recordLength(bytes: Buffer, at: number): number {
  const type = bytes[at] ?? 0;
  if (type < ContentType.changeCipherSpec || type > ContentType.applicationData) {
    throw new TlsAlertError(Alert.unexpectedMessage, `${type} is no type of a TLS record`);
  }
  const length = bytes.readUInt16BE(at + 3);
  if (length > MAX_PROTECTED_BYTES) {
    throw new TlsAlertError(Alert.recordOverflow, `a record of ${length} bytes is too long`);
  }
  return HEADER_BYTES + length;
}
