import { webcrypto } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ServiceAccountTokens } from '../../src/registry/service-account-tokens.js';
import { SigningKey } from '../../src/registry/signing-key.js';

const at = 1_700_000_000_000;
const claims = {
  namespace: 'ns',
  serviceAccount: { name: 'robot', uid: 'u' },
  audiences: ['a'],
  expiresAt: at / 1000 + 600,
};

describe('a signing key', () => {
  it('is the same for the same seed', () => {
    expect(new SigningKey('seed').jwk).toEqual(new SigningKey('seed').jwk);
    expect(new SigningKey('seed').jwk).not.toEqual(new SigningKey('other').jwk);
    expect(new SigningKey(undefined).jwk).not.toEqual(new SigningKey(undefined).jwk);
  });
});

describe('service account tokens', () => {
  it('can be checked by others with the published key', async () => {
    const tokens = new ServiceAccountTokens('seed', () => at);
    const [header = '', payload = '', signature = ''] = tokens.issue(claims).split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    const jwk = tokens.publicKeys.keys.find((key) => key.kid === kid);
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const key = await webcrypto.subtle.importKey('jwk', { ...jwk }, algorithm, false, ['verify']);
    const text = Buffer.from(`${header}.${payload}`);
    expect(await webcrypto.subtle.verify(algorithm, key, Buffer.from(signature, 'base64url'), text)).toBe(
      true,
    );
  });

  it('outlive the process that made them, if the seed does', () => {
    const token = new ServiceAccountTokens('seed', () => at).issue(claims);
    expect(new ServiceAccountTokens('seed', () => at).read(token)).toMatchObject({ namespace: 'ns' });
    expect(() => new ServiceAccountTokens('other', () => at).read(token)).toThrow('cryptographic primitive');
  });

  it('end a minute after they expire', () => {
    let now = at;
    const tokens = new ServiceAccountTokens('seed', () => now);
    const token = tokens.issue(claims);
    now += 660_000;
    expect(tokens.read(token)).toBeDefined();
    now += 1;
    expect(() => tokens.read(token)).toThrow('service account token has expired');
  });

  it('can’t be changed, even after they were seen', () => {
    const tokens = new ServiceAccountTokens('seed', () => at);
    const token = tokens.issue(claims);
    tokens.read(token);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const other = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...other, sub: 'x' })).toString('base64url');
    expect(() => tokens.read(`${header}.${forged}.${signature}`)).toThrow('cryptographic primitive');
    expect(() => tokens.read(`${header}.${payload}.`)).toThrow('cryptographic primitive');
  });

  it('of other issuers and other texts are none', () => {
    const tokens = new ServiceAccountTokens('seed', () => at);
    const foreign = new SigningKey('seed').sign({ iss: 'https://example.com', sub: 'x' });
    for (const text of ['', 'x', 'a.b', 'a.b.c', 'a.bnVsbA.c', 'a.b.c.d', foreign])
      expect(tokens.read(text)).toBeUndefined();
  });
});
