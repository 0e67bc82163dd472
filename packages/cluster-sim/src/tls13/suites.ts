import { createHash } from 'node:crypto';
import { deriveSecret, extract } from './key-schedule.js';

/** A cipher suite of TLS 1.3 (RFC 8446 §B.4). */
export interface CipherSuite {
  readonly id: number;
  /** OpenSSL's name of the AEAD. */
  readonly aead: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
  readonly keyBytes: number;
  readonly hash: 'sha256' | 'sha384';
  readonly hashBytes: number;
  /** The salt of the handshake secret: without a pre-shared key the same for all connections (§7.1). */
  readonly handshakeSalt: Buffer;
  /** The hash of nothing. */
  readonly emptyHash: Buffer;
}

function suite(
  id: number,
  aead: CipherSuite['aead'],
  keyBytes: number,
  hash: CipherSuite['hash'],
): CipherSuite {
  const emptyHash = createHash(hash).digest();
  const hashBytes = emptyHash.length;
  const early = extract(hash, Buffer.alloc(hashBytes), Buffer.alloc(hashBytes));
  const handshakeSalt = deriveSecret(hash, early, 'derived', emptyHash);
  return { id, aead, keyBytes, hash, hashBytes, handshakeSalt, emptyHash };
}

/** All that are supported, by id. */
export const cipherSuites: ReadonlyMap<number, CipherSuite> = new Map(
  [
    suite(0x1301, 'aes-128-gcm', 16, 'sha256'),
    suite(0x1302, 'aes-256-gcm', 32, 'sha384'),
    suite(0x1303, 'chacha20-poly1305', 32, 'sha256'),
  ].map((one) => [one.id, one]),
);
