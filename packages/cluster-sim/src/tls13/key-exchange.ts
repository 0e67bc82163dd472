import { createECDH, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { Alert, TlsAlertError } from './alerts.js';

/** Named groups (RFC 8446 §4.2.7) in the order of our preference. */
const X25519 = 0x001d;
const SECP256R1 = 0x0017;
export const supportedGroups: readonly number[] = [X25519, SECP256R1];

/** Our half of a key exchange. */
export interface Agreed {
  /** The public key to send. */
  share: Buffer;
  /** What both ends know now. */
  secret: Buffer;
}

/**
 * Makes a key pair for this one connection, and the secret with the client's public key (RFC 8446 §4.2.8, §7.4.2). Throws
 * {@link TlsAlertError} (illegal_parameter) when that is not a key of the group.
 */
export function agree(group: number, clientShare: Buffer): Agreed {
  return group === X25519 ? agreeX25519(clientShare) : agreeP256(clientShare);
}

function agreeX25519(clientShare: Buffer): Agreed {
  if (clientShare.length !== 32) throw notAKey();
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  // As JWK it is read and written several times faster than as DER.
  const theirs = createPublicKey({
    key: { kty: 'OKP', crv: 'X25519', x: clientShare.toString('base64url') },
    format: 'jwk',
  });
  const share = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  try {
    // OpenSSL refuses the all-zero secret, as §7.4.2 asks for.
    return { share, secret: diffieHellman({ privateKey, publicKey: theirs }) };
  } catch {
    throw notAKey();
  }
}

function agreeP256(clientShare: Buffer): Agreed {
  // Only the uncompressed form is allowed (§4.2.8.2).
  if (clientShare.length !== 65 || clientShare[0] !== 4) throw notAKey();
  const ours = createECDH('prime256v1');
  const share = ours.generateKeys();
  try {
    return { share, secret: ours.computeSecret(clientShare) };
  } catch {
    throw notAKey();
  }
}

function notAKey(): TlsAlertError {
  return new TlsAlertError(Alert.illegalParameter, 'a key share is no public key of its group');
}
