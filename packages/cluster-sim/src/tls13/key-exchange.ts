import { createECDH, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
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

/** So many connections in a row are given one key pair of x25519: to make it costs as much as the rest of a handshake. */
const CONNECTIONS_PER_KEY = 64;

interface X25519Pair {
  privateKey: KeyObject;
  share: Buffer;
  /** Connections that may still have it. */
  left: number;
}

let current: X25519Pair | undefined;

/**
 * The secret with the client's public key (RFC 8446 §4.2.8, §7.4.2), and the public key that it is made with. Throws
 * {@link TlsAlertError} (illegal_parameter) when the client's is not a key of the group.
 */
export function agree(group: number, clientShare: Buffer): Agreed {
  return group === X25519 ? agreeX25519(clientShare) : agreeP256(clientShare);
}

function agreeX25519(clientShare: Buffer): Agreed {
  if (clientShare.length !== 32) throw notAKey();
  const { privateKey, share } = nextX25519();
  // As JWK it is read and written several times faster than as DER.
  const theirs = createPublicKey({
    key: { kty: 'OKP', crv: 'X25519', x: clientShare.toString('base64url') },
    format: 'jwk',
  });
  try {
    // OpenSSL refuses the all-zero secret, as §7.4.2 asks for.
    return { share, secret: diffieHellman({ privateKey, publicKey: theirs }) };
  } catch {
    throw notAKey();
  }
}

function nextX25519(): X25519Pair {
  if (current === undefined || current.left === 0) {
    const { privateKey, publicKey } = generateKeyPairSync('x25519');
    const share = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    current = { privateKey, share, left: CONNECTIONS_PER_KEY };
  }
  current.left -= 1;
  return current;
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
