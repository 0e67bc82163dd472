import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestCluster } from './test-cluster.js';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start({ controllers: [], tokenKey: 'seed' });
});
afterAll(() => cluster.close());

const robot = { headers: { 'Impersonate-User': 'system:serviceaccount:default:robot' } };

describe('the issuer of service account tokens', () => {
  it('is described to service accounts', async () => {
    const { body, headers } = await cluster.send('GET', '/.well-known/openid-configuration', robot);
    expect(headers.get('cache-control')).toBe('public, max-age=3600');
    expect(body).toEqual({
      issuer: 'https://kubernetes.default.svc.cluster.local',
      jwks_uri: `${cluster.url.replace('http:', 'https:')}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    });
  });

  it('publishes its key', async () => {
    const { text, headers } = await cluster.send('GET', '/openid/v1/jwks', robot);
    expect(headers.get('content-type')).toBe('application/jwk-set+json');
    expect(JSON.parse(text)).toMatchObject({ keys: [{ use: 'sig', kty: 'EC', crv: 'P-256', alg: 'ES256' }] });
  });

  it('is no business of others', async () => {
    const jane = { headers: { 'Impersonate-User': 'jane' } };
    expect(await cluster.send('GET', '/openid/v1/jwks', jane)).toMatchObject({ code: 403 });
    expect(await cluster.send('GET', '/openid/v1/other')).toMatchObject({ code: 404 });
  });
});
