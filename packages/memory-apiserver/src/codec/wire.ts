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
    const tag = Number(this.varint());
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
    const length = Number(this.varint());
    if (length > this.end - this.#at) throw new WireError('unexpected end of message');
    return length;
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

/** Collects one message; nested ones are collected apart and put in with their length. */
export class WireWriter {
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  varint(number: number, value: bigint): void {
    this.#tag(number, WireType.Varint);
    this.#varint(BigInt.asUintN(64, value));
  }

  double(number: number, value: number): void {
    this.#tag(number, WireType.Fixed64);
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeDoubleLE(value);
    this.#push(bytes);
  }

  bytes(number: number, value: Uint8Array): void {
    this.#tag(number, WireType.Bytes);
    this.#varint(BigInt(value.length));
    this.#push(value);
  }

  string(number: number, value: string): void {
    this.bytes(number, Buffer.from(value, 'utf8'));
  }

  message(number: number, write: (writer: WireWriter) => void): void {
    const inner = new WireWriter();
    write(inner);
    this.#tag(number, WireType.Bytes);
    this.#varint(BigInt(inner.#size));
    for (const chunk of inner.#chunks) this.#push(chunk);
  }

  finish(prefix: Uint8Array = Buffer.alloc(0)): Buffer {
    return Buffer.concat([prefix, ...this.#chunks], prefix.length + this.#size);
  }

  #tag(number: number, type: number): void {
    this.#varint(BigInt(number * 8 + type));
  }

  #varint(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    while (rest >= 0x80n) {
      bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    this.#push(Uint8Array.from(bytes));
  }

  #push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }
}
