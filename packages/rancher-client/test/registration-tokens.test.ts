import { describe, expect, it } from 'vitest';
import { WaitTimeoutError } from '../src/index.js';
import type { Reply } from './support/rancher-stub.js';
import { error, RancherStub } from './support/rancher-stub.js';

const path = '/v3/clusterregistrationtokens';
const own = `${path}/c-abcde:default-token`;
const item = (name: string, token: string, more: object = {}): Record<string, unknown> => ({
  id: `c-abcde:${name}`,
  type: 'clusterRegistrationToken',
  clusterId: 'c-abcde',
  name,
  token,
  manifestUrl: token === '' ? '' : `https://r.example/v3/import/${token}_c-abcde.yaml`,
  ...more,
});
const list = (...data: unknown[]): Reply => ({ json: { type: 'collection', data } });

describe('registrationToken', () => {
  it('waits until the default token is filled in', async () => {
    await using stub = await RancherStub.start();
    stub.sequence(
      'GET',
      own,
      { json: item('default-token', '') },
      { json: item('default-token', '') },
      { json: item('default-token', 'tok') },
    );
    await expect(stub.client().registrationToken('c-abcde')).resolves.toEqual({
      token: 'tok',
      manifestUrl: 'https://r.example/v3/import/tok_c-abcde.yaml',
    });
    expect(stub.log).toEqual([`GET ${own}`, `GET ${own}`, `GET ${own}`]);
  });

  it('prefers the default token in a list and takes another if that is all there is', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', path, () => list(item('system', 'sys'), item('default-token', 'def')));
    const client = stub.client();
    await expect(client.registrationToken('c-abcde')).resolves.toMatchObject({ token: 'def' });
    expect(stub.requests.at(-1)?.query.get('clusterId')).toBe('c-abcde');
    stub.on('GET', path, () => list(item('default-token', ''), item('system', 'sys')));
    await expect(client.registrationToken('c-abcde')).resolves.toMatchObject({ token: 'sys' });
  });

  it('composes the manifest URL while Rancher has none', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', own, () => ({
      json: item('default-token', 'tok', { manifestUrl: null, expiresAt: '2099-01-01T00:00:00Z' }),
    }));
    await expect(stub.client().registrationToken('c-abcde')).resolves.toEqual({
      token: 'tok',
      manifestUrl: `${stub.url}/v3/import/tok_c-abcde.yaml`,
      expiresAt: '2099-01-01T00:00:00Z',
    });
  });

  it('makes one, once, if none appears, and waits for it to be filled in', async () => {
    await using stub = await RancherStub.start();
    let made = 0;
    stub.on('POST', path, () => {
      made++;
      return { status: 201, json: item('crt-xyz', '') };
    });
    let reads = 0;
    stub.on('GET', path, () => list(...(made > 0 && ++reads > 2 ? [item('crt-xyz', 'made')] : [])));
    const client = stub.client({ poll: { createTokenAfterMs: 10 } });
    await expect(client.registrationToken('c-abcde')).resolves.toMatchObject({ token: 'made' });
    expect(made).toBe(1);
    expect(stub.requests.find(({ method }) => method === 'POST')?.body).toEqual({
      type: 'clusterRegistrationToken',
      clusterId: 'c-abcde',
    });
  });

  it('takes an expired token only if it was not asked for a fresh one', async () => {
    await using stub = await RancherStub.start();
    const expired = { json: item('default-token', 'old', { expiresAt: '2020-01-01T00:00:00Z' }) };
    stub.sequence('GET', own, expired, expired, {
      json: item('default-token', 'new', { expiresAt: '2099-01-01T00:00:00Z' }),
    });
    const client = stub.client();
    await expect(client.registrationToken('c-abcde')).resolves.toMatchObject({ token: 'old' });
    await expect(client.registrationToken('c-abcde', { fresh: true })).resolves.toMatchObject({
      token: 'new',
    });
  });

  it('gives up after the time allowed, and at once when Rancher refuses', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', own, () => ({ json: item('default-token', '') }));
    const client = stub.client({ poll: { timeoutMs: 20 } });
    await expect(client.registrationToken('c-abcde')).rejects.toThrow(WaitTimeoutError);
    stub.on('GET', own, () => error(403, 'PermissionDenied', 'no'));
    await expect(client.registrationToken('c-abcde')).rejects.toMatchObject({ status: 403 });
  });
});
