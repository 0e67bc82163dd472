import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Alert, TlsAlertError } from '../../src/tls13/alerts.js';
import { RecordReader } from '../../src/tls13/record-reader.js';
import { plainRecord } from '../../src/tls13/records.js';
import { alertOf, chunked } from './support.js';

function readAll(chunks: readonly Buffer[]): Buffer[] {
  const reader = new RecordReader();
  const records: Buffer[] = [];
  for (const chunk of chunks) {
    reader.add(chunk);
    for (let record = reader.next(); record !== undefined; record = reader.next()) records.push(record);
  }
  return records;
}

describe('RecordReader', () => {
  it('gives the same records in whatever pieces they come', () => {
    const record = fc
      .tuple(fc.integer({ min: 20, max: 23 }), fc.uint8Array({ maxLength: 60 }))
      .map(([type, content]) => plainRecord(type, Buffer.from(content)));
    fc.assert(
      fc.property(fc.array(record), fc.array(fc.nat(20)), (records, sizes) => {
        expect(readAll(chunked(Buffer.concat(records), sizes))).toEqual(records);
      }),
    );
  });

  it('takes chunks that come before the last one is read', () => {
    const records = [1, 2, 3].map((byte) => plainRecord(22, Buffer.alloc(40, byte)));
    const reader = new RecordReader();
    for (const chunk of chunked(Buffer.concat(records), [7, 50, 1])) reader.add(chunk);
    expect([reader.next(), reader.next(), reader.next(), reader.next()]).toEqual([...records, undefined]);
  });

  it('gives whole records or refuses, whatever arrives', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (chunks) => {
        try {
          for (const record of readAll(chunks.map((chunk) => Buffer.from(chunk)))) {
            expect(record.length).toBe(5 + record.readUInt16BE(3));
          }
        } catch (error) {
          expect(error).toBeInstanceOf(TlsAlertError);
        }
      }),
    );
  });

  it('refuses what is no TLS, and what is too long, as soon as it has the header', () => {
    expect(alertOf(() => readAll([Buffer.from('GET / HTTP/1.1')]))).toBe(Alert.unexpectedMessage);
    expect(readAll([Buffer.from([23, 3, 3, 0x41, 0x00])])).toEqual([]);
    expect(alertOf(() => readAll([Buffer.from([23, 3, 3, 0x41, 0x01])]))).toBe(Alert.recordOverflow);
  });
});
