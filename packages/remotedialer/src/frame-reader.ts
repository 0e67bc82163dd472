import { ProtocolError } from './errors.js';
import { applyMask } from './mask.js';

/** Frame types (RFC 6455 5.2). */
export const Opcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const;

/** What a {@link FrameReader} tells its owner, while `push` runs. */
export interface FrameHandler {
  /** The next bytes of a binary message, a view of what was pushed; `last` ends the message. */
  onPiece(bytes: Buffer, last: boolean): void;
  /** A whole control frame; the payload may be a view of what was pushed. */
  onControl(opcode: number, payload: Buffer): void;
}

const nothing = Buffer.alloc(0);
const MAX_CONTROL_BYTES = 125;
const MAX_HEADER_BYTES = 14;

/**
 * Reads WebSocket frames (RFC 6455 5) from chunks of any size. Nothing is gathered and, but for gaps between the
 * fragments of a message, nothing moved: payloads are unmasked in place and handed on as views of the chunk. The
 * fragments of a message that lie in one chunk are pushed together and come as one piece (a Go client cuts each
 * message into 4 KiB frames).
 */
export class FrameReader {
  readonly #masked: boolean;
  readonly #maxMessageBytes: number;
  readonly #handler: FrameHandler;
  #stopped = false;
  /** The start of a frame header that the last chunk ended in. */
  #head: Buffer | undefined;
  // The frame being read.
  #inFrame = false;
  #opcode = 0;
  #final = false;
  #key = 0;
  #phase = 0;
  #left = 0;
  /** The start of a control frame's payload that the last chunk ended in. */
  #control: Buffer = nothing;
  // The message being read.
  #inMessage = false;
  #messageBytes = 0;

  /** @param masked whether frames must be masked: true at a server, false at a client */
  constructor(masked: boolean, maxMessageBytes: number, handler: FrameHandler) {
    this.#masked = masked;
    this.#maxMessageBytes = maxMessageBytes;
    this.#handler = handler;
  }

  /** Ignores everything from now on, also the rest of the chunk that is being read. */
  stop(): void {
    this.#stopped = true;
  }

  /** Reads `chunk`, which is changed. Throws {@link ProtocolError} for what is no valid frame or too long. */
  push(chunk: Buffer): void {
    if (this.#head !== undefined) {
      chunk = Buffer.concat([this.#head, chunk]);
      this.#head = undefined;
    }
    let at = 0;
    // Bytes of the current message in this chunk that were not handed on yet.
    let from = 0;
    let to = 0;
    while (!this.#stopped) {
      if (!this.#inFrame) {
        const size = this.#readHeader(chunk, at);
        if (size === 0) break;
        at += size;
      }
      const end = Math.min(chunk.length, at + this.#left);
      const ended = end === at + this.#left;
      this.#left -= end - at;
      this.#inFrame = !ended;
      if (this.#opcode >= Opcode.Close) {
        this.#readControl(chunk, at, end);
        at = end;
        if (ended) continue;
        break;
      }
      if (from === to) from = to = at;
      else if (to < at) chunk.copyWithin(to, at, end);
      this.#unmask(chunk, to, to + end - at);
      to += end - at;
      at = end;
      if (!ended) break;
      if (!this.#final) continue;
      this.#inMessage = false;
      this.#handler.onPiece(chunk.subarray(from, to), true);
      from = to;
    }
    if (to > from && !this.#stopped) this.#handler.onPiece(chunk.subarray(from, to), false);
  }

  /** Reads the header at `at` and returns its size; 0, and keeps what is there, when the chunk ends before it does. */
  #readHeader(chunk: Buffer, at: number): number {
    const available = chunk.length - at;
    const second = chunk[at + 1] ?? 0;
    if (available > 1 && second >= 0x80 !== this.#masked) {
      throw invalid(this.#masked ? 'MASK must be set' : 'MASK must be clear');
    }
    const short = second & 0x7f;
    const lengthBytes = short < 126 ? 0 : short === 126 ? 2 : 8;
    const size = 2 + lengthBytes + (this.#masked ? 4 : 0);
    if (available < 2 || available < size) {
      // A copy, so that a few bytes do not keep the whole chunk alive.
      if (available > 0) this.#head = Buffer.from(chunk.subarray(at, at + MAX_HEADER_BYTES));
      return 0;
    }
    let length = short;
    if (short === 126) length = chunk.readUInt16BE(at + 2);
    else if (short === 127) length = chunk.readUInt32BE(at + 2) * 2 ** 32 + chunk.readUInt32BE(at + 6);
    this.#startFrame(chunk[at] ?? 0, length);
    this.#key = this.#masked ? chunk.readInt32BE(at + size - 4) : 0;
    return size;
  }

  #startFrame(first: number, length: number): void {
    const opcode = first & 0x0f;
    const final = (first & 0x80) !== 0;
    if ((first & 0x70) !== 0) throw invalid('RSV1, RSV2 and RSV3 must be clear');
    if (opcode >= Opcode.Close) {
      if (opcode > Opcode.Pong) throw invalid(`invalid opcode ${opcode}`);
      if (!final) throw invalid('FIN must be set');
      if (length > MAX_CONTROL_BYTES) throw invalid(`invalid payload length ${length}`);
      this.#control = nothing;
    } else {
      if (opcode === Opcode.Text) throw new ProtocolError('wrong websocket message type');
      if (opcode > Opcode.Binary || (opcode === Opcode.Continuation) !== this.#inMessage) {
        throw invalid(`invalid opcode ${opcode}`);
      }
      this.#messageBytes = (this.#inMessage ? this.#messageBytes : 0) + length;
      if (this.#messageBytes > this.#maxMessageBytes) throw new ProtocolError('the message is too long');
      this.#inMessage = true;
      this.#final = final;
    }
    this.#inFrame = true;
    this.#opcode = opcode;
    this.#left = length;
    this.#phase = 0;
  }

  #readControl(chunk: Buffer, from: number, to: number): void {
    this.#unmask(chunk, from, to);
    const part = from === to ? nothing : chunk.subarray(from, to);
    if (this.#inFrame) {
      // A copy, so that a few bytes do not keep the whole chunk alive.
      this.#control = Buffer.concat([this.#control, part]);
      return;
    }
    const payload = this.#control.length === 0 ? part : Buffer.concat([this.#control, part]);
    this.#control = nothing;
    this.#handler.onControl(this.#opcode, payload);
  }

  #unmask(chunk: Buffer, from: number, to: number): void {
    if (this.#key === 0) return;
    applyMask(chunk, from, to, this.#key, this.#phase);
    this.#phase = (this.#phase + to - from) & 3;
  }
}

function invalid(what: string): ProtocolError {
  return new ProtocolError(`invalid WebSocket frame: ${what}`);
}
