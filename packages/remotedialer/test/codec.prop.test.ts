import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeMessage } from '../src/decode.js';
import * as encode from '../src/encode.js';
import { ProtocolError } from '../src/errors.js';
import { formatMessage, MessageType } from '../src/message.js';
import { toInt64, VarintReader, writeVarint } from '../src/varint.js';
import { createRawPair } from '../src/testing/index.js';
import { effort } from './helpers/fuzz.js';

/** As connections are numbered, and around where more than 32 bits are needed. */
const idLike = fc.bigInt(-300n, 2n ** 32n + 300n);
const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.integer().map(BigInt),
  fc.constantFrom(
    0n,
    -1n,
    63n,
    64n,
    2n ** 30n,
    -(2n ** 30n),
    -(2n ** 30n) - 1n,
    2n ** 53n,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ),
);

test('every signed 64-bit integer comes back from its varint, as a number when that is exact', () => {
  fc.assert(
    fc.property(int64, (value) => {
      const bytes = Buffer.alloc(10);
      const end = writeVarint(bytes, 0, value);
      const reader = new VarintReader(bytes.subarray(0, end));
      const read = reader.read();
      expect(BigInt(read)).toBe(value);
      expect(typeof read).toBe(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint');
      expect(reader.offset).toBe(end);
      if (typeof read === 'number') expect(writeVarint(Buffer.alloc(10), 0, read)).toBe(end);
    }),
    effort(500, 0.06),
  );
});

test('any bytes either decode or throw a ProtocolError, and what decodes can be printed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      try {
        formatMessage(decodeMessage(Buffer.from(bytes)));
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    effort(2_000, 0.06),
  );
});

test('a header followed by any bytes decodes for every type, or throws a ProtocolError', () => {
  fc.assert(
    fc.property(
      int64,
      int64,
      fc.integer({ min: -2, max: 12 }),
      fc.uint8Array({ maxLength: 300 }),
      (id, connId, type, rest) => {
        const head = Buffer.alloc(30);
        const end = writeVarint(head, writeVarint(head, writeVarint(head, 0, id), connId), type);
        try {
          const message = decodeMessage(Buffer.concat([head.subarray(0, end), rest]));
          if ('connectionId' in message) expect(BigInt(message.connectionId)).toBe(connId);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      },
    ),
    effort(500, 0.06),
  );
});

test('a decoded Data payload is a view of the received bytes, not a copy', () => {
  const bytes = encode.encodeData(2, Buffer.from('payload'));
  const message = decodeMessage(bytes);
  if (message.type !== MessageType.Data) throw new Error('not Data');
  expect(message.payload.buffer).toBe(bytes.buffer);
});

test('a message cut anywhere is a shorter message or a ProtocolError', () => {
  const whole = encode.encodeConnect(2n ** 62n, 'tcp', '127.0.0.1:6443', 2n ** 62n);
  for (let length = 0; length < whole.length; length++) {
    try {
      expect(decodeMessage(whole.subarray(0, length))).toMatchObject({
        type: MessageType.Connect,
        protocol: 'tcp',
      });
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
    }
  }
});

test('Sync ids are sorted by value, whatever order and size they come in', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.oneof(int64, idLike), { maxLength: 50 }), (ids) => {
      const message = decodeMessage(encode.encodeSyncConnections(ids.map(toInt64)));
      const sorted = [...ids].sort((a, b) => (a < b ? -1 : 1));
      expect(message.type === MessageType.SyncConnections && message.connectionIds.map(BigInt)).toEqual(
        sorted,
      );
    }),
    effort(100, 0.06),
  );
});

test('no sequence of messages, right or wrong, makes a session throw or answer without bound', () => {
  const message = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .tuple(
        fc.integer({ min: -3, max: 8 }),
        fc.constantFrom(1, 2, 3, 6, 7, 8, 9),
        fc.uint8Array({ maxLength: 24 }),
      )
      .map(([connId, type, rest]) => {
        const head = Buffer.alloc(12);
        let end = writeVarint(head, writeVarint(head, writeVarint(head, 0, 1), connId), type);
        if (type <= 2) end = writeVarint(head, end, 15_000);
        return Buffer.concat([head.subarray(0, end), type === 2 ? Buffer.from('tcp/x:1') : rest]);
      }),
  );
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 60 }),
      fc.constantFrom('client' as const, 'server' as const),
      (messages, role) => {
        const { peer, session, end, clock } = createRawPair({
          role,
          onConnect: (connection) => {
            connection.resume();
            if (connection.id % 2 === 0) connection.write('answer');
          },
        });
        const own = session.dial('tcp', 'x:1');
        own.write('hello');
        for (const bytes of messages) {
          if (session.ended) break;
          peer.send(bytes);
        }
        clock.advance(2_000);
        if (session.ended) expect(end.error).toBeInstanceOf(ProtocolError);
        else expect(session.connectionCount).toBeLessThanOrEqual(messages.length + 1);
        session.destroy();
        expect(session.connectionCount).toBe(0);
      },
    ),
    effort(500, 0.06),
  );
});
