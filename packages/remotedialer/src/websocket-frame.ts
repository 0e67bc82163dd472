const FIN_BINARY = 0x82;
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
  const start = writeFrameHeader(target, head.length + bytes.length, masking, randomUint32);
  target.set(head, start);
  const headEnd = start + head.length;
  if (!copy) return [target.subarray(0, headEnd), bytes];
  target.set(bytes, headEnd);
  const frame = target.subarray(0, headEnd + bytes.length);
  if (masking === 'random') applyMask(frame, start);
  return [frame];
}

function writeFrameHeader(
  target: Buffer,
  length: number,
  masking: Masking,
  randomUint32: () => number,
): number {
  const maskBit = masking === 'none' ? 0 : MASKED;
  target[0] = FIN_BINARY;
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
  if (masking === 'none') return offset;
  return target.writeUInt32BE(masking === 'zero' ? 0 : randomUint32(), offset);
}

/** Masks everything from `start` on with the four bytes before it: word by word where the memory is aligned. */
function applyMask(frame: Buffer, start: number): void {
  const end = frame.length;
  const key = [frame[start - 4] ?? 0, frame[start - 3] ?? 0, frame[start - 2] ?? 0, frame[start - 1] ?? 0];
  const mask = (index: number): number => key[(index - start) & 3] ?? 0;
  const xorBytes = (from: number, to: number): void => {
    for (let index = from; index < to; index++) frame[index] = (frame[index] ?? 0) ^ mask(index);
  };
  const aligned = start + (-(frame.byteOffset + start) & 3);
  if (end - aligned < 4) return xorBytes(start, end);
  xorBytes(start, aligned);
  const words = new Int32Array(frame.buffer, frame.byteOffset + aligned, (end - aligned) >> 2);
  // Typed arrays have the machine's byte order, so the mask word is read from bytes laid out the same way.
  const wordBytes = Uint8Array.of(mask(aligned), mask(aligned + 1), mask(aligned + 2), mask(aligned + 3));
  const word = new Int32Array(wordBytes.buffer)[0] ?? 0;
  for (let at = 0; at < words.length; at++) words[at] = (words[at] ?? 0) ^ word;
  xorBytes(aligned + words.length * 4, end);
}
