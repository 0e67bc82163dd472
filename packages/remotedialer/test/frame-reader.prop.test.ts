import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from '../src/errors.js';
import { FrameReader } from '../src/frame-reader.js';
import { applyMask } from '../src/mask.js';
import { effort } from './helpers/fuzz.js';

interface Frame {
  readonly opcode: number;
  readonly final: boolean;
  readonly payload: Buffer;
}

/** A frame as RFC 6455 5.2 has it, written plainly. */
function bytesOf({ opcode, final, payload }: Frame, key?: Buffer): Buffer {
  const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 0x1_0000 ? 4 : 10);
  head[0] = (final ? 0x80 : 0) | opcode;
  head[1] = (key ? 0x80 : 0) | (head.length === 2 ? payload.length : head.length === 4 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(payload.length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(payload.length), 2);
  const masked = key === undefined ? payload : payload.map((byte, index) => byte ^ key[index & 3]!);
  return Buffer.concat([head, key ?? Buffer.alloc(0), masked]);
}

/** What a reader makes of chunks: messages and control frames in order. */
function read(
  chunks: Buffer[],
  masked: boolean,
  maxBytes = 1_000_000,
): { messages: Buffer[]; controls: Buffer[] } {
  const messages: Buffer[] = [];
  const controls: Buffer[] = [];
  let pieces: Buffer[] = [];
  const reader = new FrameReader(masked, maxBytes, {
    onPiece(bytes, last) {
      pieces.push(Buffer.from(bytes));
      if (!last) return;
      messages.push(Buffer.concat(pieces));
      pieces = [];
    },
    onControl: (opcode, payload) => void controls.push(Buffer.concat([Buffer.of(opcode), payload])),
  });
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  return { messages, controls };
}

function cut(bytes: Buffer, points: number[]): Buffer[] {
  const sorted = [
    0,
    ...points.map((point) => point % (bytes.length + 1)).sort((a, b) => a - b),
    bytes.length,
  ];
  return sorted.slice(1).map((to, index) => bytes.subarray(sorted[index], to));
}

const payload = fc
  .tuple(
    fc.oneof(fc.integer({ min: 0, max: 140 }), fc.constantFrom(4_096, 65_535, 65_536, 70_001)),
    fc.nat(255),
  )
  .map(([size, seed]) => Buffer.from(Uint8Array.from({ length: size }, (_, index) => index * 7 + seed)));
const fragments = fc.array(payload, { minLength: 1, maxLength: 5 });
const key = fc.option(fc.uint8Array({ minLength: 4, maxLength: 4 }), { nil: undefined });

test('messages arrive unchanged whatever their fragments, masks and chunks, with control frames between', () => {
  fc.assert(
    fc.property(
      fc.array(fragments, { minLength: 1, maxLength: 4 }),
      key,
      fc.array(fc.nat(), { maxLength: 30 }),
      (messages, mask, points) => {
        const ping = Buffer.from('ping');
        const wire = messages.flatMap((parts) =>
          parts.flatMap((part, index) => [
            bytesOf(
              { opcode: index === 0 ? 2 : 0, final: index === parts.length - 1, payload: part },
              mask && Buffer.from(mask),
            ),
            bytesOf({ opcode: 9, final: true, payload: ping }, mask && Buffer.from(mask)),
          ]),
        );
        const got = read(cut(Buffer.concat(wire), points), mask !== undefined);
        expect(got.messages.length).toBe(messages.length);
        for (const [index, parts] of messages.entries()) {
          expect(got.messages[index]!.equals(Buffer.concat(parts))).toBe(true);
        }
        expect(got.controls).toEqual(Array(messages.flat().length).fill(Buffer.from('\x09ping')));
      },
    ),
    effort(40, 0.1),
  );
});

test('fragments in one chunk come as one piece that is a view of the chunk', () => {
  const chunk = Buffer.concat([
    bytesOf({ opcode: 2, final: false, payload: Buffer.from('hel') }),
    bytesOf({ opcode: 0, final: false, payload: Buffer.from('lo ') }),
    bytesOf({ opcode: 0, final: true, payload: Buffer.from('world') }),
  ]);
  const pieces: [Buffer, boolean][] = [];
  new FrameReader(false, 100, {
    onPiece: (bytes, last) => void pieces.push([bytes, last]),
    onControl: () => undefined,
  }).push(chunk);
  expect(pieces.map(([bytes, last]) => [bytes.toString(), last])).toEqual([['hello world', true]]);
  expect(pieces[0]![0].buffer).toBe(chunk.buffer);
});

test('any bytes are read or refused with a ProtocolError, never anything else', () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 6 }), fc.boolean(), (chunks, masked) => {
      try {
        read(
          chunks.map((chunk) => Buffer.from(chunk)),
          masked,
          1_000,
        );
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    effort(1_000, 0.1),
  );
});

const plain = (opcode: number, size = 1, final = true): Buffer =>
  bytesOf({ opcode, final, payload: Buffer.alloc(size) });

test.each([
  ['a reserved bit', Buffer.of(0xc2, 0x00)],
  ['an unknown opcode', plain(3)],
  ['an unknown control opcode', plain(11)],
  ['a continuation without a beginning', plain(0)],
  ['a beginning within a message', Buffer.concat([plain(2, 1, false), plain(2)])],
  ['a control frame in fragments', plain(9, 1, false)],
  ['a control frame of 126 bytes', plain(9, 126)],
  ['a text message', plain(1)],
  [
    'a mask where none may be',
    bytesOf({ opcode: 2, final: true, payload: Buffer.alloc(1) }, Buffer.alloc(4)),
  ],
  ['one frame over the limit', plain(2, 101)],
  ['fragments that are over the limit together', Buffer.concat([plain(2, 60, false), plain(0, 60)])],
  ['a length of 2^63', Buffer.of(0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0)],
])('%s is refused', (_what, bytes) => {
  expect(() => read([bytes], false, 100)).toThrow(ProtocolError);
});

test('a frame without a mask is refused where masks must be', () => {
  expect(() => read([plain(2)], true)).toThrow('MASK must be set');
});

test('nothing is read after stop(), not even the rest of the chunk', () => {
  const seen: string[] = [];
  const reader: FrameReader = new FrameReader(false, 100, {
    onPiece: (bytes) => {
      seen.push(bytes.toString('hex'));
      reader.stop();
    },
    onControl: () => undefined,
  });
  reader.push(Buffer.concat([plain(2), plain(2)]));
  reader.push(plain(2));
  expect(seen).toEqual(['00']);
});

test('a mask is applied to any range of any memory, byte for byte', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.nat(9),
      fc.nat(200),
      fc.nat(3),
      (mask, offset, size, phase) => {
        const bytes = new Uint8Array(256).subarray(offset, offset + size + 2).map((_, index) => index);
        const memory = new Uint8Array(300);
        const view = memory.subarray(offset, offset + bytes.length);
        view.set(bytes);
        applyMask(view, 1, 1 + size, Buffer.from(mask).readInt32BE(0), phase);
        const expected = bytes.map((byte, index) =>
          index >= 1 && index < 1 + size ? byte ^ mask[(index - 1 + phase) & 3]! : byte,
        );
        expect(view).toEqual(expected);
        expect(memory.subarray(offset + bytes.length).every((byte) => byte === 0)).toBe(true);
      },
    ),
    effort(500, 0.1),
  );
});
