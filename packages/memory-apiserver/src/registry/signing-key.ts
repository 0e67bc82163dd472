import type { KeyObject } from 'node:crypto';
import {
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';

/** Order of the group of P-256 (FIPS 186-5): private keys are 1 ≤ d < n. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** RFC 7518, 3.4: signatures are r and s side by side, not DER. */
const ENCODING = 'ieee-p1363';

/** A public key as RFC 7517 writes it. */
export interface JsonWebKey {
  use: 'sig';
  kty: 'EC';
  kid: string;
  crv: 'P-256';
  alg: 'ES256';
  x: string;
  y: string;
}

/** An ES256 key pair. */
export class SigningKey {
  readonly jwk: JsonWebKey;
  readonly #private: KeyObject;
  readonly #public: KeyObject;

  /** @param seed the same key for the same seed; without one, a random key. */
  constructor(seed: string | undefined) {
    const secret = privateScalar(seed === undefined ? randomBytes(32) : Buffer.from(seed));
    const ecdh = createECDH('prime256v1');
    ecdh.setPrivateKey(secret);
    const point = ecdh.getPublicKey();
    const x = point.subarray(1, 33).toString('base64url');
    const y = point.subarray(33).toString('base64url');
    const curve = { kty: 'EC', crv: 'P-256', x, y } as const;
    this.#private = createPrivateKey({ format: 'jwk', key: { ...curve, d: secret.toString('base64url') } });
    this.#public = createPublicKey(this.#private);
    // Key ids as k8s.io/kubernetes `pkg/serviceaccount/jwt.go` derives them.
    const spki = this.#public.export({ type: 'spki', format: 'der' });
    const kid = createHash('sha256').update(spki).digest('base64url');
    this.jwk = { use: 'sig', kty: 'EC', kid, crv: 'P-256', alg: 'ES256', x, y };
  }

  /** A JWT of the claims. */
  sign(claims: object): string {
    const text = `${encode({ alg: this.jwk.alg, kid: this.jwk.kid })}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(text), { key: this.#private, dsaEncoding: ENCODING });
    return `${text}.${signature.toString('base64url')}`;
  }

  /** True if this key has signed `header.payload`. */
  verify(text: string, signature: string): boolean {
    const given = Buffer.from(signature, 'base64url');
    return verify('sha256', Buffer.from(text), { key: this.#public, dsaEncoding: ENCODING }, given);
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** 16 bytes more than the order has make the remainder as good as evenly spread (FIPS 186-5, A.2.1). */
function privateScalar(seed: Buffer): Buffer {
  const wide = Buffer.from(hkdfSync('sha256', seed, '', 'service account tokens', 48));
  const scalar = (BigInt(`0x${wide.toString('hex')}`) % (ORDER - 1n)) + 1n;
  return Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex');
}
