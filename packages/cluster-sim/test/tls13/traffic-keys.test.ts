import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Alert } from '../../src/tls13/alerts.js';
import { ContentType } from '../../src/tls13/records.js';
import { cipherSuites } from '../../src/tls13/suites.js';
import { TrafficKeys } from '../../src/tls13/traffic-keys.js';
import { rfc8448 } from './rfc8448.js';
import { alertOf, suite } from './support.js';

const fifty = Buffer.from(Array.from({ length: 50 }, (_, index) => index));

describe('TrafficKeys', () => {
  it('opens and seals the records of RFC 8448, byte for byte', () => {
    const finished = new TrafficKeys(suite, rfc8448.clientHandshakeSecret).open(rfc8448.clientFinishedRecord);
    expect(finished.type).toBe(ContentType.handshake);
    expect(finished.content).toEqual(Buffer.concat([Buffer.from('14000020', 'hex'), rfc8448.clientFinished]));

    const reading = new TrafficKeys(suite, rfc8448.clientSecret);
    expect(reading.open(rfc8448.clientData)).toEqual({ type: ContentType.applicationData, content: fifty });
    expect(reading.open(rfc8448.clientCloseNotify)).toEqual({
      type: ContentType.alert,
      content: Buffer.from([1, Alert.closeNotify]),
    });

    const writing = new TrafficKeys(suite, rfc8448.serverSecret);
    writing.seal(ContentType.handshake, [], 0); // where RFC 8448 has a session ticket
    const halves = [fifty.subarray(0, 7), fifty.subarray(7)];
    expect(writing.seal(ContentType.applicationData, halves, 50)).toEqual(rfc8448.serverData);
    expect(writing.seal(ContentType.alert, [Buffer.from([1, 0])], 2)).toEqual(rfc8448.serverCloseNotify);
  });

  it('opens what it sealed, with every suite, any content and over new generations of keys', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...cipherSuites.values()),
        fc.array(fc.record({ content: fc.uint8Array({ maxLength: 300 }), update: fc.boolean() })),
        (anySuite, records) => {
          const secret = randomBytes(anySuite.hashBytes);
          const [writing, reading] = [new TrafficKeys(anySuite, secret), new TrafficKeys(anySuite, secret)];
          for (const { content, update } of records) {
            if (update) {
              writing.update();
              reading.update();
            }
            const bytes = Buffer.from(content);
            const record = writing.seal(ContentType.applicationData, [bytes], bytes.length);
            expect(reading.open(record)).toEqual({ type: ContentType.applicationData, content: bytes });
          }
        },
      ),
    );
  });

  it('refuses a record with any bit changed, in another order, or again', () => {
    const secret = randomBytes(32);
    const record = new TrafficKeys(suite, secret).seal(ContentType.applicationData, [fifty], 50);
    for (let bit = 0; bit < record.length * 8; bit += 1) {
      const changed = Buffer.from(record);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(alertOf(() => new TrafficKeys(suite, secret).open(changed))).toBe(Alert.badRecordMac);
    }
    const reading = new TrafficKeys(suite, secret);
    reading.open(record);
    expect(alertOf(() => reading.open(record))).toBe(Alert.badRecordMac);
    expect(alertOf(() => reading.open(record.subarray(0, 20)))).toBe(Alert.badRecordMac);
  });

  it('takes padding away, and refuses a record that is nothing but padding', () => {
    const secret = randomBytes(32);
    const [writing, reading] = [new TrafficKeys(suite, secret), new TrafficKeys(suite, secret)];
    // What is a type to the writer comes last; here it is padding, and the type is in the content.
    const padded = Buffer.from([1, 2, 0, ContentType.applicationData, 0, 0]);
    expect(reading.open(writing.seal(0, [padded], padded.length))).toEqual({
      type: ContentType.applicationData,
      content: Buffer.from([1, 2, 0]),
    });
    const nothing = writing.seal(0, [Buffer.alloc(9)], 9);
    expect(alertOf(() => reading.open(nothing))).toBe(Alert.unexpectedMessage);
    const tooMuch = writing.seal(ContentType.applicationData, [Buffer.alloc(16_385)], 16_385);
    expect(alertOf(() => reading.open(tooMuch))).toBe(Alert.recordOverflow);
  });
});
