/**
 * The few parts of protobuf's wire format that a profile needs
 * (https://protobuf.dev/programming-guides/encoding): varints, length-delimited fields, packed numbers.
 */

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** Appends fields of one protobuf message; `finish()` gives its bytes. */
export class MessageWriter {
  private bytes: number[] = [];

  /** A number field; 0, the default of proto3, is left out. A bigint for what may exceed 2^53. */
  number(field: number, value: number | bigint): this {
    if (Number(value) !== 0) {
      this.tag(field, VARINT);
      this.varint(value);
    }
    return this;
  }

  /** A repeated number field, packed. */
  numbers(field: number, values: readonly number[]): this {
    if (values.length === 0) return this;
    const packed = new MessageWriter();
    for (const value of values) packed.varint(value);
    return this.message(field, packed);
  }

  /** A string field; written even when empty, as repeated fields need it. */
  string(field: number, value: string): this {
    return this.delimited(field, Buffer.from(value, 'utf8'));
  }

  /** An embedded message. */
  message(field: number, value: MessageWriter): this {
    return this.delimited(field, value.bytes);
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }

  private delimited(field: number, value: ArrayLike<number>): this {
    this.tag(field, LENGTH_DELIMITED);
    this.varint(value.length);
    for (let index = 0; index < value.length; index++) this.bytes.push(value[index] ?? 0);
    return this;
  }

  private tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  private varint(value: number | bigint): void {
    if (value < 0) throw new RangeError(`not an unsigned number: ${value}`);
    let rest = value;
    if (typeof rest === 'bigint') {
      for (; rest >= 0x80n; rest >>= 7n) this.bytes.push(Number(rest & 0x7fn) | 0x80);
      rest = Number(rest);
    }
    // Division instead of shifts: nanoseconds and bytes go beyond 32 bits.
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.bytes.push((rest % 0x80) | 0x80);
    this.bytes.push(rest);
  }
}
