/** Types of control frames (SPDY/3.1 draft, 2.6). Settings, headers and window updates mean nothing here. */
export const SYN_STREAM = 1;
const SYN_REPLY = 2;
export const RST_STREAM = 3;
export const PING = 6;
export const GOAWAY = 7;
export const HEADERS = 8;

export const FLAG_FIN = 1;

/** Reasons for the end of a stream: `RST_STREAM`'s status. */
export const PROTOCOL_ERROR = 1;
export const CANCEL = 5;

const VERSION = 3;

export type Frame =
  | { readonly kind: 'data'; readonly streamId: number; readonly flags: number; readonly payload: Buffer }
  | { readonly kind: 'control'; readonly type: number; readonly flags: number; readonly payload: Buffer };

/** Control frames of more bytes are refused; data frames are as long as the peer likes, up to 16 MiB. */
const MAX_CONTROL_BYTES = 64 * 1024;

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Frames that are complete with the chunk. Throws RangeError for what isn't SPDY/3. */
  *push(chunk: Buffer): Generator<Frame> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 8) {
      const length = this.#rest.readUIntBE(5, 3);
      const first = this.#rest.readUInt32BE(0);
      const control = first >= 0x8000_0000;
      if (control && (((first >>> 16) & 0x7fff) !== VERSION || length > MAX_CONTROL_BYTES))
        throw new RangeError('not a SPDY/3 frame');
      if (this.#rest.length < 8 + length) return;
      const flags = this.#rest.readUInt8(4);
      const payload = this.#rest.subarray(8, 8 + length);
      this.#rest = this.#rest.subarray(8 + length);
      yield control
        ? { kind: 'control', type: first & 0xffff, flags, payload }
        : { kind: 'data', streamId: first, flags, payload };
    }
  }
}

function control(type: number, ...payload: Buffer[]): Buffer {
  const body = Buffer.concat(payload);
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8000 | VERSION, 0);
  head.writeUInt16BE(type, 2);
  head.writeUIntBE(body.length, 5, 3);
  return Buffer.concat([head, body]);
}

function numbers(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => buffer.writeUInt32BE(value, 4 * index));
  return buffer;
}

export const synReply = (streamId: number, headerBlock: Buffer): Buffer =>
  control(SYN_REPLY, numbers(streamId), headerBlock);
export const rstStream = (streamId: number, status: number): Buffer =>
  control(RST_STREAM, numbers(streamId, status));
export const goAway = (lastStreamId: number): Buffer => control(GOAWAY, numbers(lastStreamId, 0));
/** The answer to a PING is the same PING. */
export const ping = (payload: Buffer): Buffer => control(PING, payload);

/** What stands before a data frame's payload. */
export function dataHead(streamId: number, flags: number, length: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(streamId, 0);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(length, 5, 3);
  return head;
}
