import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Registry } from '../../src/model/registry.js';
import { authorizeTunnel, parseParams } from '../../src/tunnels/authorizer.js';

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');
const good = { address: '10.43.0.1:443', token: 'sa', caCert: 'Y2E=' };

function setUp() {
  const registry = new Registry();
  const cluster = registry.create({ name: 'a', via: 'management', workspace: 'w' });
  if (!cluster) throw new Error('not created');
  const token = registry.addToken(cluster, 'default-token').value;
  const ask = (headers: Record<string, string>) =>
    authorizeTunnel({ headers } as unknown as IncomingMessage, registry);
  return { cluster, token, ask };
}

describe('authorizeTunnel', () => {
  it('lets a cluster agent in under the id of its cluster', () => {
    const { cluster, token, ask } = setUp();
    const admission = ask({ 'x-api-tunnel-token': token, 'x-api-tunnel-params': encode({ cluster: good }) });
    expect(admission).toEqual({ clientKey: cluster.id, cluster, params: good });
  });

  it('lets steve in under stv-cluster-<id>', () => {
    const { cluster, token, ask } = setUp();
    expect(ask({ authorization: `Bearer stv-cluster-${token}` })).toEqual({
      clientKey: `stv-cluster-${cluster.id}`,
      cluster,
    });
  });

  it('is not responsible without credentials or for an unknown steve token', () => {
    const { ask } = setUp();
    expect(ask({})).toBeNull();
    expect(ask({ authorization: 'Bearer stv-cluster-nonsense' })).toBeNull();
  });

  it('refuses an unknown registration token', () => {
    const { ask } = setUp();
    expect(() =>
      ask({ 'x-api-tunnel-token': 'nonsense', 'x-api-tunnel-params': encode({ cluster: good }) }),
    ).toThrow('cluster not found');
  });
});

describe('parseParams', () => {
  it.each([
    [{}, 'missing node or cluster registration info'],
    [{ node: {} }, 'node tunnels are not supported'],
    [{ cluster: { ...good, address: '' } }, 'invalid input, address empty'],
    [{ cluster: { ...good, token: undefined } }, 'invalid input, token empty'],
    [{ cluster: { ...good, caCert: '' } }, 'invalid input, caCert empty'],
  ])('refuses %j with the text of Rancher', (value, text) => {
    expect(() => parseParams(encode(value))).toThrow(text);
  });

  it('puts brackets around a bare IPv6 host and leaves others alone', () => {
    const address = (text: string): string =>
      parseParams(encode({ cluster: { ...good, address: text } })).address;
    expect(address('fd00::1:443')).toBe('[fd00::1]:443');
    expect(address('[fd00::1]:443')).toBe('[fd00::1]:443');
    expect(address('host:443')).toBe('host:443');
  });

  it('answers params or refuses with 400, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((text) => Buffer.from(text).toString('base64')),
        ),
        (text) => {
          try {
            expect(Object.keys(parseParams(text))).toEqual(['address', 'token', 'caCert']);
          } catch (error) {
            expect(error).toMatchObject({ status: 400 });
          }
        },
      ),
    );
  });
});
