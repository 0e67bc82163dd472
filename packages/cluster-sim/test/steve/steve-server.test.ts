import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { duplexPair } from './support/duplex-pair.js';
import { FakeCluster } from './support/fake-cluster.js';
import { SteveFixture } from './support/steve-fixture.js';

describe('SteveServer', () => {
  it('answers /ping with pong whatever the host', async () => {
    await using fixture = SteveFixture.fake();
    for (const host of ['not-used', 'not-used:80', '127.0.0.1:6080', '']) {
      const reply = await fixture.request('/ping', { headers: { host } });
      expect([reply.status, reply.text]).toEqual([200, 'pong']);
    }
  });

  it('keeps a connection open for further requests', async () => {
    await using fixture = SteveFixture.fake();
    const [client, server] = duplexPair();
    fixture.steve.serve(server, fixture.cluster);
    client.write('GET /ping HTTP/1.1\r\nHost: not-used\r\n\r\nGET /ping HTTP/1.1\r\nHost: not-used\r\n\r\n');
    let text = '';
    for await (const chunk of client) {
      text += String(chunk);
      if (text.split('pong').length === 3) break;
    }
    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  });

  it('tells the clusters of its connections apart', async () => {
    await using fixture = SteveFixture.fake();
    const other = new FakeCluster();
    fixture.cluster.add('v1', 'Node', 'of-one');
    other.add('v1', 'Node', 'of-other');
    await using second = new SteveFixture(other);
    Object.assign(second, { steve: fixture.steve });
    const names = async (one: SteveFixture): Promise<string[]> =>
      ((await one.request('/v1/nodes')).body.data as { id: string }[]).map(({ id }) => id);
    expect(await Promise.all([names(fixture), names(second), names(fixture)])).toEqual([
      ['of-one'],
      ['of-other'],
      ['of-one'],
    ]);
  });

  it('passes Kubernetes paths to the cluster with method, query and body untouched', async () => {
    await using fixture = SteveFixture.fake();
    for (const path of [
      '/api',
      '/apis/apps/v1/deployments?watch=1',
      '/version',
      '/openapi/v3',
      '/api/v1/pods',
    ]) {
      expect((await fixture.request(path, { method: 'POST', body: '{}' })).text).toBe(
        `kubernetes POST ${path}`,
      );
    }
  });

  it.each(['/', '/v2/nodes', '/v1/nothing', '/v1/nodes/a/b/c', '/v1/%ff', '/healthz'])(
    'answers a JSON 404 for %s',
    async (path) => {
      await using fixture = SteveFixture.fake();
      const { status, body } = await fixture.request(path);
      expect(status).toBe(404);
      expect(body).toMatchObject({ type: 'error', code: 'NotFound', status: 404 });
    },
  );

  it('answers 500 without details when something of ours breaks, and logs it', async () => {
    const error = vi.fn();
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error };
    await using fixture = new SteveFixture(new FakeCluster(), { logger });
    vi.spyOn(fixture.cluster, 'list').mockImplementation(() => {
      throw new TypeError('secret detail');
    });
    const { status, text } = await fixture.request('/v1/nodes');
    expect(status).toBe(500);
    expect(text).not.toContain('secret detail');
    expect(error).toHaveBeenCalledOnce();
  });

  it('refuses other upgrades with 501', async () => {
    await using fixture = SteveFixture.fake();
    const [client, server] = duplexPair();
    fixture.steve.serve(server, fixture.cluster);
    const outgoing = request({
      path: '/api/v1/namespaces/default/pods/x/exec',
      headers: { host: 'x', connection: 'upgrade', upgrade: 'websocket' },
      createConnection: () => client,
    });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(501);
  });

  it('close() ends its connections and takes no more', async () => {
    await using fixture = SteveFixture.fake();
    const [client, server] = duplexPair();
    fixture.steve.serve(server, fixture.cluster);
    const closed = once(client, 'close');
    fixture.steve.close();
    await closed;
    const [late, lateServer] = duplexPair();
    const refused = once(late, 'close');
    fixture.steve.serve(lateServer, fixture.cluster);
    await refused;
  });
});
