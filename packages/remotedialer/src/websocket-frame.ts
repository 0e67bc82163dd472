import { Opcode } from './frame-reader.js';
import { applyMask } from './mask.js';

const FINAL = 0x80;
const MASKED = 0x80;
const MAX_FRAME_HEADER_BYTES = 14;
/** Up to this size one copied buffer is cheaper than handing two to the socket. */
const COPY_BYTES = 4 * 1024;
const nothing = new Uint8Array();

/**
 * How a frame is masked: `none` as a server, `zero` or `random` as a client. RFC 6455 5.3 wants random masks to keep
 * hostile scripts from steering what plain-text proxies see. Inside TLS no proxy sees anything, and a zero mask is
 * valid on the wire and saves a pass over all bytes on both ends.
 */
export type Masking = 'none' | 'zero' | 'random';

/**
 * One binary WebSocket message as one frame (RFC 6455 5.2), ready for the socket: either a single buffer, or header
 * and untouched payload.
 */
export function encodeFrame(
  head: Uint8Array,
  payload: Uint8Array | undefined,
  masking: Masking,
  randomUint32: () => number,
): readonly [Buffer] | readonly [Buffer, Uint8Array] {
  const bytes = payload ?? nothing;
  const copy = masking === 'random' || bytes.length <= COPY_BYTES;
  const target = Buffer.allocUnsafe(MAX_FRAME_HEADER_BYTES + head.length + (copy ? bytes.length : 0));
  const key = masking === 'random' ? randomUint32() : 0;
  const start = writeFrameHeader(target, Opcode.Binary, head.length + bytes.length, masking, key);
  target.set(head, start);
  const headEnd = start + head.length;
  if (!copy) return [target.subarray(0, headEnd), bytes];
  target.set(bytes, headEnd);
  const end = headEnd + bytes.length;
  if (key !== 0) applyMask(target, start, end, key, 0);
  return [target.subarray(0, end)];
}

/** A control frame; its payload may have 125 bytes (RFC 6455 5.5). */
export function encodeControlFrame(
  opcode: number,
  payload: Uint8Array,
  masking: Masking,
  randomUint32: () => number,
): Buffer {
  const target = Buffer.allocUnsafe(MAX_FRAME_HEADER_BYTES + payload.length);
  const key = masking === 'random' ? randomUint32() : 0;
  const start = writeFrameHeader(target, opcode, payload.length, masking, key);
  target.set(payload, start);
  const end = start + payload.length;
  if (key !== 0) applyMask(target, start, end, key, 0);
  return target.subarray(0, end);
}

function writeFrameHeader(
  target: Buffer,
  opcode: number,
  length: number,
  masking: Masking,
  key: number,
): number {
  const maskBit = masking === 'none' ? 0 : MASKED;
  target[0] = FINAL | opcode;
  let offset = 2;
  if (length < 126) {
    target[1] = maskBit | length;
  } else if (length < 0x1_0000) {
    target[1] = maskBit | 126;
    offset = target.writeUInt16BE(length, offset);
  } else {
    target[1] = maskBit | 127;
    offset = target.writeUInt32BE(0, offset);
    offset = target.writeUInt32BE(length, offset);
  }
  return masking === 'none' ? offset : target.writeUInt32BE(key, offset);
}
