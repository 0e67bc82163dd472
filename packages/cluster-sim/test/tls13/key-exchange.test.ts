import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TlsAlertError } from '../../src/tls13/alerts.js';
import { agree } from '../../src/tls13/key-exchange.js';

const X25519 = 0x001d;

function client() {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  const share = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const secretWith = (theirs: Buffer): Buffer => {
    const jwk = { kty: 'OKP', crv: 'X25519', x: theirs.toString('base64url') };
    return diffieHellman({ privateKey, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) });
  };
  return { share, secretWith };
}

describe('the key exchange by x25519', () => {
  it('gives both ends the same secret, a new one for each connection', () => {
    const secrets = Array.from({ length: 200 }, () => {
      const { share, secretWith } = client();
      const agreed = agree(X25519, share);
      expect(agreed.secret).toEqual(secretWith(agreed.share));
      return agreed.secret.toString('hex');
    });
    expect(new Set(secrets).size).toBe(200);
  });

  it('changes our key after 64 connections', () => {
    const shares = Array.from({ length: 640 }, () => agree(X25519, client().share).share.toString('hex'));
    const uses = new Map<string, number>();
    for (const share of shares) uses.set(share, (uses.get(share) ?? 0) + 1);
    expect(Math.max(...uses.values())).toBe(64);
    expect(uses.size).toBeLessThanOrEqual(11);
  });

  it('refuses what is no key', () => {
    for (const share of [Buffer.alloc(31, 1), Buffer.alloc(33, 1), Buffer.alloc(32)]) {
      expect(() => agree(X25519, share)).toThrow(TlsAlertError);
    }
  });
});
