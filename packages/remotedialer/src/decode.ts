import { MAX_CONNECT_BYTES, MAX_TEXT_BYTES } from './constants.js';
import { ProtocolError } from './errors.js';
import { MessageType, type Int64, type Message } from './message.js';
import { MAX_VARINT_BYTES, toInt64, VarintReader } from './varint.js';

const SLASH = 0x2f;
const unknownType = 0;

/**
 * Decodes one protocol message, which is the content of exactly one WebSocket message.
 *
 * The message id is passed over: receivers have no use for it, and it fills all of 63 bits. A Data payload is a view
 * of `bytes`. Throws {@link ProtocolError} for whatever makes a Go end drop the session (Go: message.go,
 * `newServerMessage`).
 */
export function decodeMessage(bytes: Buffer): Message {
  const reader = new VarintReader(bytes);
  reader.skip();
  const connectionId = reader.read();
  const type = reader.read();
  switch (type) {
    case MessageType.Data:
      reader.skip();
      return { type, connectionId, payload: bytes.subarray(reader.offset) };
    case MessageType.Connect: {
      reader.skip();
      const text = bytes.subarray(reader.offset, reader.offset + MAX_CONNECT_BYTES);
      const slash = text.indexOf(SLASH);
      if (slash < 0) throw new ProtocolError('failed to parse connect address');
      return {
        type,
        connectionId,
        protocol: text.toString('utf8', 0, slash),
        address: text.toString('utf8', slash + 1),
      };
    }
    case MessageType.Error: {
      const text = textAt(bytes, reader.offset);
      return { type, connectionId, text, eof: text === 'EOF' };
    }
    case MessageType.AddClient:
    case MessageType.RemoveClient:
      return { type, text: textAt(bytes, reader.offset) };
    case MessageType.Pause:
    case MessageType.Resume:
      return { type, connectionId };
    case MessageType.SyncConnections:
      return { type, connectionIds: idsAt(bytes, reader.offset) };
    default:
      return { type: unknownType, rawType: type };
  }
}

/** Whether `start`, the first bytes of a message, is the whole header of a Data message and maybe more. */
export function isDataWithHeader(start: Buffer): boolean {
  if (start.length < 4 * MAX_VARINT_BYTES) return false;
  const reader = new VarintReader(start);
  reader.skip();
  reader.skip();
  return reader.read() === MessageType.Data;
}

/**
 * Whether a message comes from a Go process: that numbers its messages from a random 63-bit number on, this library
 * from 1 (see `nextMessageId`), so the length of the id tells them apart.
 */
export function isFromGo(bytes: Buffer): boolean {
  let length = 0;
  while ((bytes[length] ?? 0) >= 0x80) length++;
  return length >= 5;
}

/** The id of a message, for logs: what {@link decodeMessage} passes over. */
export function decodeMessageId(bytes: Buffer): Int64 {
  return new VarintReader(bytes).read();
}

function textAt(bytes: Buffer, offset: number): string {
  return bytes.toString('utf8', offset, Math.min(bytes.length, offset + MAX_TEXT_BYTES));
}

function idsAt(bytes: Buffer, offset: number): Int64[] {
  if ((bytes.length - offset) % 8 !== 0) throw new ProtocolError('SyncConnections: incorrect data format');
  const ids: Int64[] = [];
  for (let at = offset; at < bytes.length; at += 8) ids.push(toInt64(bytes.readBigInt64LE(at)));
  return ids;
}
