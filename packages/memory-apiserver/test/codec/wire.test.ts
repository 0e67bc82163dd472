import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireError, WireReader, WireWriter } from '../../src/codec/wire.js';

describe('WireWriter', () => {
  it('writes what WireReader reads, however long and deep', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.nat(40_000).map((length) => 'x'.repeat(length)),
    );
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 6 }),
        fc.maxSafeInteger(),
        fc.nat(5),
        (texts, number, depth) => {
          const writer = new WireWriter();
          const begins = Array.from({ length: depth }, () => writer.begin(2));
          for (const item of texts) writer.string(3, item);
          writer.varint(4, number);
          for (const begin of begins.reverse()) writer.end(begin);
          let reader = new WireReader(writer.finish());
          for (let level = 0; level < depth; level += 1) {
            expect(reader.tag()).toEqual({ number: 2, type: 2 });
            const inner = reader.nested();
            expect(reader.done).toBe(true);
            reader = inner;
          }
          for (const item of texts) {
            expect(reader.tag().number).toBe(3);
            expect(reader.string()).toBe(Buffer.from(item).toString());
          }
          expect(reader.tag().number).toBe(4);
          expect(reader.int()).toBe(number);
          expect(reader.done).toBe(true);
        },
      ),
    );
  });

  it('can be used while another is', () => {
    const outer = new WireWriter();
    const begin = outer.begin(1);
    const other = new WireWriter();
    other.string(1, 'other');
    outer.bytes(1, other.finish());
    outer.end(begin);
    const reader = new WireReader(outer.finish());
    reader.tag();
    const inner = reader.nested();
    inner.tag();
    const last = inner.nested();
    last.tag();
    expect(last.string()).toBe('other');
  });
});

describe('WireReader', () => {
  it('refuses bytes that are no message with a WireError alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const reader = new WireReader(Buffer.from(bytes));
        try {
          while (!reader.done) reader.skip(reader.tag().type);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});
