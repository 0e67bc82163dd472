import { isIPv4 } from 'node:net';

/** Tags of the ASN.1 types that certificates are made of (X.690). */
const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

function element(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const size = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, 0x80 | size.length, ...size), content]);
}

/*
 * DER encodings (X.690) of the few types that a certificate needs. Contents are shorter than 64 KiB.
 */

export const sequence = (...items: Uint8Array[]): Buffer => element(TAG.sequence, Buffer.concat(items));
export const set = (...items: Uint8Array[]): Buffer => element(TAG.set, Buffer.concat(items));
export const octetString = (bytes: Uint8Array): Buffer => element(TAG.octetString, bytes);
export const utf8String = (text: string): Buffer => element(TAG.utf8String, Buffer.from(text));
export const TRUE = element(TAG.boolean, Buffer.of(0xff));

/** @param bytes big-endian, positive */
export const integer = (bytes: Uint8Array): Buffer => element(TAG.integer, bytes);

/** @param unused how many bits at the end of the last byte don't count */
export const bitString = (bytes: Uint8Array, unused = 0): Buffer =>
  element(TAG.bitString, Buffer.concat([Buffer.of(unused), bytes]));

/** `[number]` around other elements. */
export const explicit = (number: number, content: Uint8Array): Buffer => element(0xa0 | number, content);
/** `[number]` in place of a primitive type's own tag. */
export const implicit = (number: number, content: Uint8Array): Buffer => element(0x80 | number, content);

/** @param text such as `2.5.29.17` */
export function objectIdentifier(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift(0x80 | (left & 0x7f));
    bytes.push(...groups);
  }
  return element(TAG.oid, Buffer.from(bytes));
}

/** With whole seconds; years to 2049 are UTCTime, as RFC 5280 section 4.1.2.5 wants it. */
export function time(milliseconds: number): Buffer {
  const text = `${new Date(milliseconds).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
  return Number(text.slice(0, 4)) < 2050
    ? element(TAG.utcTime, Buffer.from(text.slice(2)))
    : element(TAG.generalizedTime, Buffer.from(text));
}

/** The 4 or 16 bytes of an IP address in its usual form. */
export function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groupsOf = (text: string): number[] =>
    text === ''
      ? []
      : text.split(':').flatMap((group) => (isIPv4(group) ? pairs(group) : [parseInt(group, 16)]));
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return Buffer.from([...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]));
}

/** `::ffff:1.2.3.4` ends in an IPv4 address, which stands for two groups. */
function pairs(address: string): number[] {
  const bytes = addressBytes(address);
  return [bytes.readUInt16BE(0), bytes.readUInt16BE(2)];
}
