import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodeMessage, decodeMessageId } from '../src/decode.js';
import * as encode from '../src/encode.js';
import { ProtocolError } from '../src/errors.js';
import { MessageType, type Message } from '../src/message.js';

interface Vector {
  name: string;
  description: string;
  origin: string;
  fields: {
    id?: string;
    connId?: string;
    type?: number;
    proto?: string;
    address?: string;
    error_text?: string;
    ids?: string[];
    payload_len?: number;
    payload_hex?: string;
    payload_utf8?: string;
  };
  hex: string;
  decode_by_library: {
    effect?: string;
    address?: string;
    proto?: string;
    error_text?: string;
    is_eof?: boolean;
    ids?: string[];
  };
}

const file = new URL('./fixtures/remotedialer-vectors.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };

const fatal = vectors.filter((vector) => vector.name.startsWith('bad-'));
const valid = vectors.filter((vector) => !fatal.includes(vector));
const encoded = vectors.filter((vector) => vector.origin.startsWith('library encoder'));

function payloadOf({ fields }: Vector): Buffer {
  if (fields.payload_hex !== undefined) return Buffer.from(fields.payload_hex, 'hex');
  if (fields.payload_utf8 !== undefined) return Buffer.from(fields.payload_utf8);
  return Buffer.from(
    Uint8Array.from({ length: fields.payload_len ?? 0 }, (_, i) => (i * 7 + Math.floor(i / 251)) & 255),
  );
}

test('all 59 vectors are there', () => {
  expect(vectors).toHaveLength(59);
  expect(fatal.length + valid.length).toBe(59);
});

test.each(encoded)('encodes $name byte for byte: $description', (vector) => {
  const { fields } = vector;
  const id = BigInt(fields.id ?? 0);
  const connId = BigInt(fields.connId ?? 0);
  const [clientKey = '', sessionKey = ''] = (fields.address ?? '').split('/');
  const encoders: Record<number, () => Buffer> = {
    [MessageType.Data]: () => encode.encodeData(connId, payloadOf(vector), id),
    [MessageType.Connect]: () => encode.encodeConnect(connId, fields.proto ?? '', fields.address ?? '', id),
    [MessageType.Error]: () => encode.encodeError(connId, fields.error_text ?? '', id),
    [MessageType.AddClient]: () => encode.encodeAddClient(clientKey, sessionKey, id),
    [MessageType.RemoveClient]: () => encode.encodeRemoveClient(clientKey, sessionKey, id),
    [MessageType.Pause]: () => encode.encodePause(connId, id),
    [MessageType.Resume]: () => encode.encodeResume(connId, id),
    [MessageType.SyncConnections]: () => encode.encodeSyncConnections((fields.ids ?? []).map(BigInt), id),
  };
  expect(encoders[fields.type ?? 0]?.().toString('hex')).toBe(vector.hex);
});

test.each(valid)('decodes $name as the library does: $description', (vector) => {
  const bytes = Buffer.from(vector.hex, 'hex');
  const message: Message = decodeMessage(bytes);
  const { fields, decode_by_library: library } = vector;
  expect(String(decodeMessageId(bytes))).toBe(fields.id);
  if ('connectionId' in message) expect(String(message.connectionId)).toBe(fields.connId);
  switch (message.type) {
    case MessageType.Data:
      expect(message.payload.equals(payloadOf(vector))).toBe(true);
      break;
    case MessageType.Connect:
      expect([message.protocol, message.address]).toEqual([library.proto, library.address]);
      break;
    case MessageType.Error:
      expect([message.text, message.eof]).toEqual([library.error_text, library.is_eof]);
      break;
    case MessageType.AddClient:
    case MessageType.RemoveClient:
      expect(message.text).toBe(library.address);
      break;
    case MessageType.SyncConnections:
      expect(message.connectionIds.map(String)).toEqual(library.ids);
      break;
    case 0:
      expect(String(message.rawType)).toBe(String(fields.type));
      return;
  }
  expect(message.type).toBe(fields.type);
});

test.each(fatal)('refuses $name: $description', ({ hex, decode_by_library: library }) => {
  expect(library.effect).toMatch(/session ends/);
  expect(() => decodeMessage(Buffer.from(hex, 'hex'))).toThrow(ProtocolError);
});
