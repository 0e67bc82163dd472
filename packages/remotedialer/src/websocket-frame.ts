const FIN_BINARY = 0x82;
const MASKED = 0x80;
const MAX_FRAME_HEADER_BYTES = 14;
/** Up to this size one copied buffer is cheaper than handing two to the socket. */
const COPY_BYTES = 4 * 1024;

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
  const payloadLength = payload?.length ?? 0;
  const length = head.length + payloadLength;
  const copy = masking === 'random' || payloadLength <= COPY_BYTES;
  const target = Buffer.allocUnsafe(MAX_FRAME_HEADER_BYTES + head.length + (copy ? payloadLength : 0));
  const start = writeFrameHeader(target, length, masking, randomUint32);
  target.set(head, start);
  const headEnd = start + head.length;
  if (payload === undefined || !copy) {
    const first = target.subarray(0, headEnd);
    return payload === undefined ? [first] : [first, payload];
  }
  target.set(payload, headEnd);
  const frame = target.subarray(0, headEnd + payloadLength);
  if (masking === 'random') applyMask(frame, start);
  return [frame];
}

function writeFrameHeader(target: Buffer, length: number, masking: Masking, randomUint32: () => number): number {
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
  let index = start;
  for (; index < end && (frame.byteOffset + index) % 4 !== 0; index++) frame[index] = (frame[index] ?? 0) ^ mask(index);
  const words = new Int32Array(frame.buffer, frame.byteOffset + index, (end - index) >> 2);
  // Typed arrays have the machine's byte order, so the mask word is read from bytes laid out the same way.
  const word = new Int32Array(Uint8Array.of(mask(index), mask(index + 1), mask(index + 2), mask(index + 3)).buffer)[0] ?? 0;
  for (let at = 0; at < words.length; at++) words[at] = (words[at] ?? 0) ^ word;
  for (index += words.length * 4; index < end; index++) frame[index] = (frame[index] ?? 0) ^ mask(index);
}
