import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { caChecksum, NetworkError, TlsError } from '../src/index.js';
import { fixture, RancherStub, token } from './support/rancher-stub.js';

const ca = fixture('ca.pem');
const checksum = createHash('sha256').update(ca).digest('hex');
const emptyList = { json: { data: [], pagination: { total: 0 } } };

describe('caChecksum', () => {
  it('is the sha256 of the PEM ending in exactly one newline', () => {
    for (const pem of [ca, ca.trimEnd(), `${ca}\n\n`]) expect(caChecksum(pem)).toBe(checksum);
  });
});

describe('strict', () => {
  it('trusts the CA that Rancher publishes and reads it only once, without the API token', async () => {
    await using stub = await RancherStub.start({ tls: true });
    stub.on('GET', '/v3/clusters', () => emptyList);
    const client = stub.client();
    await Promise.all([client.trust(), client.listClusters(), client.listClusters()]);
    expect(await client.trust()).toEqual({ ca, rejectUnauthorized: true, caChecksum: checksum });
    const reads = stub.requests.filter(({ path }) => path === '/v3/settings/cacerts');
    expect(reads).toHaveLength(1);
    expect(reads[0]?.headers.authorization).toBeUndefined();
  });

  it('trusts the given CA without asking', async () => {
    await using stub = await RancherStub.start({ tls: true });
    stub.on('GET', '/v3/clusters', () => emptyList);
    const client = stub.client({ tls: { mode: 'strict', ca } });
    await expect(client.listClusters()).resolves.toEqual([]);
    expect(stub.requests.map(({ path }) => path)).toEqual(['/v3/clusters']);
  });

  it('refuses a server whose certificate another CA signed, at once and without sending the token', async () => {
    await using stub = await RancherStub.start({ tls: true });
    const client = stub.client({ tls: { mode: 'strict', ca: fixture('other-ca.pem') } });
    await expect(client.listClusters()).rejects.toThrow(TlsError);
    expect(stub.requests).toEqual([]);
  });

  it('accepts the published CA only with the expected checksum', async () => {
    await using stub = await RancherStub.start({ tls: true });
    stub.on('GET', '/v3/clusters', () => emptyList);
    const right = stub.client({ tls: { mode: 'strict', caChecksum: checksum.toUpperCase() } });
    await expect(right.listClusters()).resolves.toEqual([]);
    const wrong = stub.client({ tls: { mode: 'strict', caChecksum: '0'.repeat(64) } });
    await expect(wrong.listClusters()).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_RANCHER_CA_CHECKSUM' }),
    );
    const authenticated = stub.requests.filter(({ headers }) => headers.authorization !== undefined);
    expect(authenticated).toHaveLength(1);
  });

  it("uses the system's roots when Rancher publishes no CA, but not if a checksum was expected", async () => {
    await using stub = await RancherStub.start({ tls: true });
    stub.on('GET', '/v3/settings/cacerts', () => ({ json: { value: '' } }));
    expect(await stub.client().trust()).toEqual({ rejectUnauthorized: true, caChecksum: '' });
    const pinned = stub.client({ tls: { mode: 'strict', caChecksum: checksum } });
    await expect(pinned.trust()).rejects.toThrow(TlsError);
  });

  it('asks again after the CA could not be read', async () => {
    await using stub = await RancherStub.start({ tls: true });
    stub.sequence('GET', '/v3/settings/cacerts', { cut: true }, { json: { value: ca } });
    const client = stub.client({ retry: { attempts: 1 } });
    await expect(client.trust()).rejects.toThrow(NetworkError);
    await expect(client.trust()).resolves.toMatchObject({ caChecksum: checksum });
  });
});

describe('system', () => {
  it('refuses a private CA', async () => {
    await using stub = await RancherStub.start({ tls: true });
    await expect(stub.client({ tls: { mode: 'system' } }).listClusters()).rejects.toThrow(TlsError);
  });
});

describe('insecure', () => {
  it('connects to anything and warns loudly, once, without the token', async () => {
    await using stub = await RancherStub.start({ tls: true });
    stub.on('GET', '/v3/clusters', () => emptyList);
    const warn = vi.fn();
    const logger = { debug: vi.fn(), info: vi.fn(), warn, error: vi.fn() };
    const client = stub.client({ tls: { mode: 'insecure' }, logger });
    await client.listClusters();
    await client.listClusters();
    expect(await client.trust()).toEqual({ rejectUnauthorized: false, caChecksum: '' });
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[1]).toContain('TLS VERIFICATION IS OFF');
    expect(JSON.stringify(warn.mock.calls)).not.toContain(token);
  });
});
