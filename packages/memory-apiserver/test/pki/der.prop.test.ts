import fc from 'fast-check';
import { isIPv6, SocketAddress } from 'node:net';
import { describe, expect, it } from 'vitest';
import { addressBytes, integer, objectIdentifier, octetString, time } from '../../src/pki/der.js';

/** Full form of the 16 bytes, as every notation of the same address should come out. */
const written = (bytes: Buffer): string =>
  new SocketAddress({
    family: 'ipv6',
    address: (bytes.toString('hex').match(/.{4}/g) ?? []).join(':'),
  }).address;

describe('DER', () => {
  it('reads every notation of an IP address', () => {
    fc.assert(fc.property(fc.ipV4(), (ip) => [...addressBytes(ip)].join('.') === ip));
    fc.assert(
      fc.property(fc.ipV6().filter(isIPv6), (ip) => {
        const same = new SocketAddress({ family: 'ipv6', address: ip }).address;
        expect(written(addressBytes(ip))).toBe(same);
      }),
    );
  });

  it('says lengths in the fewest bytes', () => {
    const head = (length: number): string =>
      octetString(Buffer.alloc(length)).subarray(0, -length).toString('hex');
    expect([1, 127, 128, 255, 256, 65_535].map(head)).toEqual([
      '0401',
      '047f',
      '048180',
      '0481ff',
      '04820100',
      '0482ffff',
    ]);
  });

  it('encodes as the examples of X.690 and RFC 5280 do', () => {
    expect(objectIdentifier('1.2.840.113549').toString('hex')).toBe('06062a864886f70d');
    expect(integer(Buffer.of(2)).toString('hex')).toBe('020102');
    expect(time(Date.UTC(2049, 11, 31, 23, 59, 59)).toString('latin1')).toBe('\x17\r491231235959Z');
    expect(time(Date.UTC(2050, 0, 1)).toString('latin1')).toBe('\x18\x0f20500101000000Z');
  });
});
