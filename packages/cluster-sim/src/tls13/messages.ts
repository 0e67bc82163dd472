/** Handshake message types (RFC 8446 §4). */
export const HandshakeType = {
  clientHello: 1,
  serverHello: 2,
  encryptedExtensions: 8,
  certificate: 11,
  certificateVerify: 15,
  finished: 20,
  keyUpdate: 24,
} as const;

/** Type and length of a handshake message. */
export const MESSAGE_HEADER_BYTES = 4;

/** A handshake message with its header. */
export function message(type: number, parts: readonly Buffer[]): Buffer {
  const body = vector(3, ...parts);
  return Buffer.concat([Buffer.from([type]), body]);
}

/** The parts after their length in `lengthBytes` bytes. */
export function vector(lengthBytes: 1 | 2 | 3, ...parts: readonly Buffer[]): Buffer {
  const length = Buffer.allocUnsafe(lengthBytes);
  length.writeUIntBE(
    parts.reduce((sum, part) => sum + part.length, 0),
    0,
    lengthBytes,
  );
  return Buffer.concat([length, ...parts]);
}

/** Numbers of 16 bits. */
export function uint16s(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(2 * numbers.length);
  numbers.forEach((number, index) => bytes.writeUInt16BE(number, 2 * index));
  return bytes;
}
