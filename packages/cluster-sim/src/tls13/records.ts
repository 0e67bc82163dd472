/** Record content types (RFC 8446 §5.1). */
export const ContentType = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
} as const;

/** Type, version and length of a record. */
export const HEADER_BYTES = 5;
/** Most content bytes in a record (RFC 8446 §5.1). */
export const MAX_CONTENT_BYTES = 16_384;
/** Most bytes of a protected record after its header (RFC 8446 §5.2). */
export const MAX_PROTECTED_BYTES = MAX_CONTENT_BYTES + 256;

/** Writes a record's header; the version is the one of old times for all but the client (RFC 8446 §5.1). */
export function writeHeader(into: Buffer, type: number, length: number): void {
  into[0] = type;
  into[1] = 3;
  into[2] = 3;
  into[3] = length >>> 8;
  into[4] = length & 0xff;
}

/** A record without protection, as before the first keys. */
export function plainRecord(type: number, content: Buffer): Buffer {
  const record = Buffer.allocUnsafe(HEADER_BYTES + content.length);
  writeHeader(record, type, content.length);
  record.set(content, HEADER_BYTES);
  return record;
}

/** What is in a record without protection; a view. */
export function plainContent(record: Buffer): Buffer {
  return record.subarray(HEADER_BYTES);
}

/** Pieces that go into one record, and their bytes together. */
export interface RecordContent {
  pieces: Buffer[];
  bytes: number;
}

/** Cuts and joins pieces to contents of records as long as can be. */
export function* recordContents(pieces: Iterable<Buffer>): Generator<RecordContent, void> {
  let content: RecordContent = { pieces: [], bytes: 0 };
  for (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + MAX_CONTENT_BYTES - content.bytes);
      at += part.length;
      content.pieces.push(part);
      content.bytes += part.length;
      if (content.bytes < MAX_CONTENT_BYTES) continue;
      yield content;
      content = { pieces: [], bytes: 0 };
    }
  }
  if (content.bytes > 0) yield content;
}
