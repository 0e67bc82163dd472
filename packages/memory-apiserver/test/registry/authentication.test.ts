import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestCluster } from '../http/test-cluster.js';
import { idleController } from './idle-controller.js';

let now = Date.UTC(2026, 0, 1);
let cluster: TestCluster;
beforeEach(async () => {
  const controllers = [idleController('service-account-token')];
  cluster = await TestCluster.start({ controllers, tokenKey: 'seed', now: () => now });
  cluster.cluster.api.create({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'robot', namespace: 'default' },
  });
});
afterEach(() => cluster.close());

const ACCOUNT = '/api/v1/namespaces/default/serviceaccounts/robot';

async function tokenFor(kind?: string, name?: string): Promise<string> {
  const boundObjectRef = kind === undefined ? undefined : { apiVersion: 'v1', kind, name };
  const { body } = await cluster.send('POST', `${ACCOUNT}/token`, { body: { spec: { boundObjectRef } } });
  return body.status.token as string;
}

async function review(token: string): Promise<{ authenticated?: boolean; error?: string }> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
  const answer = await cluster.send('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body });
  return answer.body.status;
}

describe('a service account’s token', () => {
  it('ends with its account, though another of that name comes', async () => {
    const token = await tokenFor();
    expect(await review(token)).toMatchObject({ authenticated: true });
    cluster.cluster.api.delete('serviceaccounts', 'default', 'robot');
    expect((await review(token)).error).toBe('[invalid bearer token, serviceaccounts "robot" not found]');
    const { metadata } = cluster.cluster.api.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'robot', namespace: 'default' },
    });
    expect((await review(token)).error).toContain(
      `service account UID (${metadata.uid}) does not match claim`,
    );
  });

  it.each(['Secret', 'Node'])('ends with the %s that it is bound to', async (kind) => {
    const metadata = { name: 'anchor', ...(kind === 'Node' ? {} : { namespace: 'default' }) };
    const { api } = cluster.cluster;
    api.create({ apiVersion: 'v1', kind, metadata });
    const token = await tokenFor(kind, 'anchor');
    expect(await review(token)).toMatchObject({ authenticated: true });
    api.delete(`${kind.toLowerCase()}s`, metadata.namespace, 'anchor');
    expect((await review(token)).error).toBe(
      '[invalid bearer token, service account token has been invalidated]',
    );
    api.create({ apiVersion: 'v1', kind, metadata });
    expect((await review(token)).error).toContain(
      `does not match service account ${kind.toLowerCase()} ref claim`,
    );
  });

  it('ends a minute after the deletion that its account waits for', async () => {
    const token = await tokenFor();
    cluster.cluster.api.patch('serviceaccounts', 'default', 'robot', 'merge', {
      metadata: { finalizers: ['example.com/hold'] },
    });
    cluster.cluster.api.delete('serviceaccounts', 'default', 'robot');
    now += 60_000;
    expect(await review(token)).toMatchObject({ authenticated: true });
    now += 1000;
    expect((await review(token)).error).toContain('service account default/robot has been deleted');
  });

  it('is the one in the Secret, while that is there', async () => {
    const { api } = cluster.cluster;
    const secret = api.create({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/service-account-token',
      metadata: {
        name: 'long',
        namespace: 'default',
        annotations: { 'kubernetes.io/service-account.name': 'robot' },
      },
    });
    const { data } = secret as unknown as { data: { token: string } };
    const token = Buffer.from(data.token, 'base64').toString();
    expect(await review(token)).toMatchObject({ authenticated: true });
    expect((await review(`${token}x`)).error).toContain("Token does not match server's copy");
    api.delete('secrets', 'default', 'long');
    expect((await review(token)).error).toContain('Token has been invalidated');
  });

  it.each(['Secret', 'ServiceAccount'])(
    'in a Secret is of no use to the next request when the %s goes',
    async (kind) => {
      const { api } = cluster.cluster;
      const secret = api.create({
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'kubernetes.io/service-account-token',
        metadata: {
          name: 'long',
          namespace: 'default',
          annotations: { 'kubernetes.io/service-account.name': 'robot' },
        },
      });
      const { data } = secret as unknown as { data: { token: string } };
      const token = Buffer.from(data.token, 'base64').toString();
      const code = async (): Promise<number> => (await cluster.send('GET', '/api', { token })).code;
      expect([await code(), await code()]).toEqual([200, 200]);
      api.patch('serviceaccounts', 'default', 'robot', 'merge', { metadata: { labels: { a: 'b' } } });
      expect([await code(), await code()]).toEqual([200, 200]);
      api.delete(`${kind.toLowerCase()}s`, 'default', kind === 'Secret' ? 'long' : 'robot');
      expect(await code()).toBe(401);
    },
  );

  it('counts only for the audience that it names', async () => {
    const { body } = await cluster.send('POST', `${ACCOUNT}/token`, {
      body: { spec: { audiences: ['vault'] } },
    });
    const { token } = body.status as { token: string };
    expect(await cluster.send('GET', '/api', { token })).toMatchObject({ code: 401 });
  });
});
