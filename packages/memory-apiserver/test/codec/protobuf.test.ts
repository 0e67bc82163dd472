import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeProtobuf, protobufMagic } from '../../src/codec/protobuf.js';
import { ApiError } from '../../src/errors.js';

interface Vector {
  name: string;
  bodyBase64: string;
  json: unknown;
}

const vectors = JSON.parse(
  readFileSync(new URL('../fixtures/protobuf-vectors.json', import.meta.url), 'utf8'),
) as Vector[];

/** Go writes unset pointers without omitempty as null; they say nothing. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  );
}

describe('decodeProtobuf', () => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))(
    'reads %s as Go would',
    (_name, vector) => {
      expect(decodeProtobuf(Buffer.from(vector.bodyBase64, 'base64'))).toEqual(withoutNulls(vector.json));
    },
  );

  it('refuses bodies without the magic bytes', () => {
    expect(() => decodeProtobuf(Buffer.from('{"kind":"Pod"}'))).toThrow(/protobuf message/);
    expect(() => decodeProtobuf(Buffer.alloc(0))).toThrow(ApiError);
  });

  it('answers 415 for kinds that have no protobuf form', () => {
    const meta = Buffer.from([
      0x0a,
      0x0b,
      0x0a,
      0x04,
      ...Buffer.from('x/v1'),
      0x12,
      0x03,
      ...Buffer.from('Foo'),
    ]);
    expect(() => decodeProtobuf(Buffer.concat([protobufMagic, meta]))).toThrow(
      expect.objectContaining({ code: 415, reason: 'UnsupportedMediaType' }),
    );
  });

  it('assumes the expected kind when the envelope names none', () => {
    expect(
      decodeProtobuf(Buffer.concat([protobufMagic, Buffer.from([0x12, 0])]), {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
      }),
    ).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
    });
  });

  it('throws nothing but ApiError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expectDecodesOrRefuses(Buffer.concat([protobufMagic, bytes]));
      }),
    );
  });

  it('throws nothing but ApiError for damaged real bodies', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...vectors),
        fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(400),
        (vector, changes, cut) => {
          const body = Buffer.from(vector.bodyBase64, 'base64');
          for (const [at, byte] of changes) if (at >= 4 && at < body.length) body[at] = byte;
          expectDecodesOrRefuses(body.subarray(0, Math.max(4, body.length - cut)));
        },
      ),
      { numRuns: 500 },
    );
  });
});

function expectDecodesOrRefuses(body: Buffer): void {
  try {
    decodeProtobuf(body, { apiVersion: 'v1', kind: 'Pod' });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}
