import type { KeyObject } from 'node:crypto';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import {
  addressBytes,
  bitString,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  TRUE,
  utf8String,
} from './der.js';

/** PEM texts of a certificate and its private key. */
export interface KeyPairPem {
  cert: string;
  key: string;
}

const DAY_MS = 86_400_000;
const AUTHORITY_NAME = 'memory-apiserver-ca';
const SERVER_NAME = 'kube-apiserver';

const OID = {
  commonName: objectIdentifier('2.5.4.3'),
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: objectIdentifier('1.3.6.1.5.5.7.3.1'),
} as const;
const ECDSA_WITH_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
/** keyCertSign and cRLSign of RFC 5280 section 4.2.1.3. */
const SIGNS_CERTIFICATES = bitString(Buffer.of(0x06), 1);
const DIGITAL_SIGNATURE = bitString(Buffer.of(0x80), 7);

/**
 * A self-signed CA of 10 years. Its key never leaves the process unless you write it down.
 *
 * @param now milliseconds since the epoch
 */
export function createAuthority(now: number = Date.now()): KeyPairPem {
  const { publicKey, privateKey } = newKeys();
  const extensions = sequence(
    extension(OID.basicConstraints, sequence(TRUE), true),
    extension(OID.keyUsage, SIGNS_CERTIFICATES, true),
    extension(OID.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
  );
  const body = { issuer: AUTHORITY_NAME, subject: AUTHORITY_NAME, now, days: 3650, publicKey, extensions };
  return { cert: certificate(body, privateKey), key: pemOf(privateKey) };
}

/**
 * A server certificate of one year.
 *
 * @param authority made by {@link createAuthority}
 * @param hosts names and IP addresses that it is good for
 * @param now milliseconds since the epoch
 */
export function createServerCertificate(
  authority: KeyPairPem,
  hosts: readonly string[],
  now: number = Date.now(),
): KeyPairPem {
  const { publicKey, privateKey } = newKeys();
  const signer = createPrivateKey(authority.key);
  const extensions = sequence(
    extension(OID.basicConstraints, sequence(), true),
    extension(OID.keyUsage, DIGITAL_SIGNATURE, true),
    extension(OID.extendedKeyUsage, sequence(OID.serverAuth)),
    extension(OID.subjectAltName, sequence(...hosts.map(generalName))),
    extension(OID.authorityKeyIdentifier, sequence(implicit(0, keyIdentifier(createPublicKey(signer))))),
    extension(OID.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
  );
  const body = { issuer: AUTHORITY_NAME, subject: SERVER_NAME, now, days: 365, publicKey, extensions };
  return { cert: certificate(body, signer), key: pemOf(privateKey) };
}

interface CertificateBody {
  issuer: string;
  subject: string;
  now: number;
  days: number;
  publicKey: KeyObject;
  extensions: Buffer;
}

/** PEM of the X.509 v3 certificate (RFC 5280 section 4.1). It is valid from a day ago, for clocks that are late. */
function certificate(body: CertificateBody, signer: KeyObject): string {
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.of(2))),
    integer(serialNumber()),
    ECDSA_WITH_SHA256,
    commonName(body.issuer),
    sequence(time(body.now - DAY_MS), time(body.now + body.days * DAY_MS)),
    commonName(body.subject),
    body.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, body.extensions),
  );
  const signature = bitString(sign('sha256', toBeSigned, signer));
  const base64 = sequence(toBeSigned, ECDSA_WITH_SHA256, signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const newKeys = (): { publicKey: KeyObject; privateKey: KeyObject } =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' });

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

const commonName = (text: string): Buffer => sequence(set(sequence(OID.commonName, utf8String(text))));

const extension = (oid: string, value: Buffer, critical = false): Buffer =>
  sequence(objectIdentifier(oid), ...(critical ? [TRUE] : []), octetString(value));

/** Positive, 16 bytes (RFC 5280 section 4.1.2.2). */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

/** The first 160 bits of a hash of the public key (RFC 7093 section 2, method 1). */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const point = [Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
  return createHash('sha256').update(Buffer.concat(point)).digest().subarray(0, 20);
}

/** No name has a colon: looked for first, since Node.js takes milliseconds to compile its pattern of IPv6. */
const isAddress = (host: string): boolean => isIPv4(host) || (host.includes(':') && isIPv6(host));

const generalName = (host: string): Buffer =>
  isAddress(host) ? implicit(7, addressBytes(host)) : implicit(2, Buffer.from(host, 'ascii'));
