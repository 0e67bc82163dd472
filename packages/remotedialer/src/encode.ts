import { DEADLINE_FIELD_MS, MAX_TEXT_BYTES } from './constants.js';
import { MessageType, type Int64 } from './message.js';
import { MAX_VARINT_BYTES, writeVarint } from './varint.js';

/** Longest header: three full varints and the three-byte deadline. */
const MAX_HEADER_BYTES = 3 * MAX_VARINT_BYTES + 3;

let lastMessageId = 0;

/**
 * The next message id of this process. Receivers log it and nothing else, so it starts at 1 and stays short (a Go
 * process starts at a random 63-bit number).
 */
export function nextMessageId(): number {
  lastMessageId = lastMessageId === 0x3fff_ffff ? 1 : lastMessageId + 1;
  return lastMessageId;
}

/** The bytes before a Data payload; the payload follows as is. */
export function encodeDataHeader(connectionId: Int64, id: Int64 = nextMessageId()): Buffer {
  const target = Buffer.allocUnsafe(MAX_HEADER_BYTES);
  return target.subarray(0, writeHeader(target, id, connectionId, MessageType.Data));
}

/** A whole Data message in one buffer. Copies the payload; sessions send header and payload apart instead. */
export function encodeData(connectionId: Int64, payload: Uint8Array, id?: Int64): Buffer {
  return Buffer.concat([encodeDataHeader(connectionId, id), payload]);
}

/** Asks the other end to dial `address`. The text is sent whole; see `MAX_CONNECT_BYTES` for what a receiver keeps. */
export function encodeConnect(connectionId: Int64, protocol: string, address: string, id?: Int64): Buffer {
  return encodeText(MessageType.Connect, connectionId, `${protocol}/${address}`, id);
}

/** Closes a connection; the text `EOF` means gracefully. Go receivers keep 100 bytes of the text. */
export function encodeError(connectionId: Int64, text: string, id?: Int64): Buffer {
  return encodeText(MessageType.Error, connectionId, text, id);
}

/** Announces a session of this server to a peer. */
export function encodeAddClient(clientKey: string, sessionKey: string, id?: Int64): Buffer {
  return encodeText(MessageType.AddClient, 0, `${clientKey}/${sessionKey}`, id);
}

/** Withdraws a session of this server from a peer. */
export function encodeRemoveClient(clientKey: string, sessionKey: string, id?: Int64): Buffer {
  return encodeText(MessageType.RemoveClient, 0, `${clientKey}/${sessionKey}`, id);
}

/** Asks the other end to stop sending Data of a connection. */
export function encodePause(connectionId: Int64, id?: Int64): Buffer {
  return encodeText(MessageType.Pause, connectionId, '', id);
}

/** Asks the other end to go on sending Data of a connection. */
export function encodeResume(connectionId: Int64, id?: Int64): Buffer {
  return encodeText(MessageType.Resume, connectionId, '', id);
}

/**
 * The connections that are to live on; the receiver drops its others. The ids are sorted here, because a Go receiver
 * walks both lists in step and kills live connections when they are not ascending.
 */
export function encodeSyncConnections(connectionIds: Iterable<Int64>, id: Int64 = nextMessageId()): Buffer {
  const given: readonly Int64[] = Array.isArray(connectionIds) ? connectionIds : [...connectionIds];
  // Mostly they are: each session sends hundreds of ids once a minute.
  const ids = isAscending(given) ? given : [...given].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const target = Buffer.allocUnsafe(MAX_HEADER_BYTES + ids.length * 8);
  let offset = writeHeader(target, id, 0, MessageType.SyncConnections);
  for (const connectionId of ids) offset = writeInt64(target, offset, connectionId);
  return target.subarray(0, offset);
}

function isAscending(ids: readonly Int64[]): boolean {
  for (let index = 1; index < ids.length; index++) {
    if ((ids[index - 1] ?? 0) > (ids[index] ?? 0)) return false;
  }
  return true;
}

/** Lowest byte first, negative ones as two's complement. Returns the offset behind it. */
function writeInt64(target: Buffer, offset: number, value: Int64): number {
  // A BigInt is an object of its own.
  if (typeof value !== 'number' || value < 0 || value > 0xffff_ffff)
    return target.writeBigInt64LE(BigInt(value), offset);
  target.writeUInt32LE(value, offset);
  return target.writeUInt32LE(0, offset + 4);
}

/** Cuts a text to what a Go receiver keeps, without splitting a character. */
export function cutText(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_TEXT_BYTES) return text;
  let end = MAX_TEXT_BYTES;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

function encodeText(type: number, connectionId: Int64, text: string, id: Int64 = nextMessageId()): Buffer {
  const target = Buffer.allocUnsafe(MAX_HEADER_BYTES + Buffer.byteLength(text));
  const offset = writeHeader(target, id, connectionId, type);
  return target.subarray(0, offset + target.write(text, offset));
}

function writeHeader(target: Buffer, id: Int64, connectionId: Int64, type: number): number {
  let offset = writeVarint(target, 0, id);
  offset = writeVarint(target, offset, connectionId);
  offset = writeVarint(target, offset, type);
  const hasDeadline = type === MessageType.Data || type === MessageType.Connect;
  return hasDeadline ? writeVarint(target, offset, DEADLINE_FIELD_MS) : offset;
}
