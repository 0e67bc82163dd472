import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthority, createServerCertificate } from '../../src/index.js';

const NOW = Date.UTC(2026, 0, 1);

describe('certificates', () => {
  it('are signed by a CA that signs itself', () => {
    const authority = createAuthority(NOW);
    const ca = new X509Certificate(authority.cert);
    const leaf = new X509Certificate(createServerCertificate(authority, ['localhost'], NOW).cert);
    expect(ca.ca).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.checkIssued(ca)).toBe(true);
    expect(leaf.verify(new X509Certificate(createAuthority(NOW).cert).publicKey)).toBe(false);
  });

  it('are good for names and addresses of both families, and no others', () => {
    const { cert } = createServerCertificate(createAuthority(NOW), ['localhost', '10.0.0.7', 'fd00::7'], NOW);
    const leaf = new X509Certificate(cert);
    expect(leaf.checkHost('localhost')).toBe('localhost');
    expect(leaf.checkHost('example.com')).toBeUndefined();
    expect(leaf.checkIP('10.0.0.7')).toBe('10.0.0.7');
    expect(leaf.checkIP('10.0.0.8')).toBeUndefined();
    expect(leaf.subjectAltName).toBe('DNS:localhost, IP Address:10.0.0.7, IP Address:FD00:0:0:0:0:0:0:7');
  });

  it('have keys that fit them, serial numbers of their own and a year to live', () => {
    const authority = createAuthority(NOW);
    const [one, two] = ['a', 'b'].map((host) => createServerCertificate(authority, [host], NOW));
    const leaf = new X509Certificate(one?.cert ?? '');
    expect(leaf.toLegacyObject().ext_key_usage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(leaf.serialNumber).not.toBe(new X509Certificate(two?.cert ?? '').serialNumber);
    expect(Date.parse(leaf.validTo) - NOW).toBe(365 * 86_400_000);
    expect(Date.parse(leaf.validFrom)).toBe(NOW - 86_400_000);
  });
});
