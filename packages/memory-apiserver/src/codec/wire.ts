/** Reading and writing of protobuf's wire format. */

/** What {@link WireReader} throws for bytes that are no protobuf message. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

export const WireType = { Varint: 0, Fixed64: 1, Bytes: 2, Fixed32: 5 } as const;

/** Reads one message's fields from `bytes[start, end)`; the buffer is not copied. */
export class WireReader {
  #at: number;

  constructor(
    readonly bytes: Buffer,
    start = 0,
    readonly end = bytes.length,
  ) {
    this.#at = start;
  }

  get done(): boolean {
    return this.#at >= this.end;
  }

  /** The next field's number and wire type. */
  tag(): { number: number; type: number } {
    const tag = this.#number();
    const number = Math.floor(tag / 8);
    if (number === 0 || number > 0x1fff_ffff) throw new WireError(`illegal field number ${number}`);
    return { number, type: tag % 8 };
  }

  /** An unsigned 64-bit varint. */
  varint(): bigint {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return BigInt(low);
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new WireError('varint is longer than 10 bytes');
  }

  /** A varint read as int32, int64 or enum; precise up to 2^53 like any JSON number. */
  int(): number {
    const at = this.#at;
    const value = this.#number();
    if (value < 2 ** 53) return value;
    this.#at = at;
    return Number(BigInt.asIntN(64, this.varint()));
  }

  double(): number {
    const at = this.#take(8);
    return this.bytes.readDoubleLE(at);
  }

  /** A length-delimited value as a reader over the same buffer. */
  nested(): WireReader {
    const at = this.#take(this.#length());
    return new WireReader(this.bytes, at, this.#at);
  }

  string(): string {
    const at = this.#take(this.#length());
    return this.bytes.toString('utf8', at, this.#at);
  }

  /** A view of the length-delimited value. */
  view(): Buffer {
    const at = this.#take(this.#length());
    return this.bytes.subarray(at, this.#at);
  }

  skip(type: number): void {
    if (type === WireType.Varint) this.varint();
    else if (type === WireType.Fixed64) this.#take(8);
    else if (type === WireType.Bytes) this.#take(this.#length());
    else if (type === WireType.Fixed32) this.#take(4);
    else throw new WireError(`illegal wire type ${type}`);
  }

  #length(): number {
    const length = this.#number();
    if (length > this.end - this.#at) throw new WireError('unexpected end of message');
    return length;
  }

  /** A varint where none above 2^53 makes sense. */
  #number(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 63; scale *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new WireError('varint is longer than 10 bytes');
  }

  #byte(): number {
    const byte = this.#at < this.end ? this.bytes[this.#at] : undefined;
    if (byte === undefined) throw new WireError('unexpected end of message');
    this.#at += 1;
    return byte;
  }

  /** Moves on by `count` bytes and answers where they begin. */
  #take(count: number): number {
    const at = this.#at;
    if (count > this.end - at) throw new WireError('unexpected end of message');
    this.#at = at + count;
    return at;
  }
}

/** Kept between messages, so that most of them are written without a growing buffer; taken while one is written. */
let spare: Buffer | undefined;

/** Larger buffers aren't kept. */
const MAX_SPARE_BYTES = 4 << 20;

/** Shorter strings are written here, longer ones by native code, whose calls have a price. */
const SHORT_STRING = 24;

/**
 * Writes one message front to back into one buffer. A nested message gets one byte for its length, and is moved on
 * when the length turns out to need more.
 */
export class WireWriter {
  #bytes: Buffer;
  #at = 0;

  constructor() {
    this.#bytes = spare ?? Buffer.allocUnsafeSlow(16 << 10);
    spare = undefined;
  }

  varint(number: number, value: number | bigint): void {
    this.#reserve(16);
    this.#varint(number * 8 + WireType.Varint);
    if (typeof value === 'number' && value >= 0) this.#varint(value);
    else this.#longVarint(BigInt.asUintN(64, BigInt(value)));
  }

  double(number: number, value: number): void {
    this.#reserve(16);
    this.#varint(number * 8 + WireType.Fixed64);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  bytes(number: number, value: Uint8Array): void {
    this.#reserve(16 + value.length);
    this.#varint(number * 8 + WireType.Bytes);
    this.#varint(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  /** Whole fields, written before. */
  fields(value: Uint8Array): void {
    this.#reserve(value.length);
    // Most are a tag and a zero: too short for a native copy to pay.
    if (value.length > SHORT_STRING) this.#bytes.set(value, this.#at);
    else
      for (let index = 0; index < value.length; index += 1) this.#bytes[this.#at + index] = value[index] ?? 0;
    this.#at += value.length;
  }

  string(number: number, value: string): void {
    this.#reserve(16 + value.length * 3);
    this.#varint(number * 8 + WireType.Bytes);
    if (value.length <= SHORT_STRING && this.#ascii(value)) return;
    const size = Buffer.byteLength(value);
    this.#varint(size);
    this.#bytes.write(value, this.#at, size === value.length ? 'latin1' : 'utf8');
    this.#at += size;
  }

  message(number: number, write: (writer: WireWriter) => void): void {
    const begin = this.begin(number);
    write(this);
    this.end(begin);
  }

  /** Begins a nested message; {@link end} wants the answer. */
  begin(number: number): number {
    this.#reserve(16);
    this.#varint(number * 8 + WireType.Bytes);
    this.#at += 1;
    return this.#at;
  }

  /** Ends the nested message that began at `begin`. */
  end(begin: number): void {
    const size = this.#at - begin;
    if (size < 0x80) {
      this.#bytes[begin - 1] = size;
      return;
    }
    this.#reserve(8);
    let extra = 0;
    for (let rest = size; rest >= 0x80; rest = Math.floor(rest / 0x80)) extra += 1;
    this.#bytes.copyWithin(begin + extra, begin, this.#at);
    const end = this.#at + extra;
    this.#at = begin - 1;
    this.#varint(size);
    this.#at = end;
  }

  /** Everything written, behind a prefix. The writer is of no use afterwards. */
  finish(prefix?: Uint8Array): Buffer {
    const before = prefix?.length ?? 0;
    const result = Buffer.allocUnsafe(before + this.#at);
    if (prefix !== undefined) result.set(prefix);
    this.#bytes.copy(result, before, 0, this.#at);
    if (this.#bytes.length <= MAX_SPARE_BYTES) spare = this.#bytes;
    return result;
  }

  /** Writes length and bytes of a short string if it is ASCII; else nothing. */
  #ascii(value: string): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    for (let index = 0; index < value.length; index += 1) {
      const code = value.charCodeAt(index);
      if (code >= 0x80) return false;
      bytes[at + 1 + index] = code;
    }
    bytes[at] = value.length;
    this.#at = at + 1 + value.length;
    return true;
  }

  /** A whole number from 0 to 2^53. */
  #varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
      this.#bytes[this.#at] = (rest % 0x80) | 0x80;
      this.#at += 1;
    }
    this.#bytes[this.#at] = rest;
    this.#at += 1;
  }

  #longVarint(value: bigint): void {
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) {
      this.#bytes[this.#at] = Number(rest & 0x7fn) | 0x80;
      this.#at += 1;
    }
    this.#bytes[this.#at] = Number(rest);
    this.#at += 1;
  }

  #reserve(size: number): void {
    const needed = this.#at + size;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
