import { describe, expect, it } from 'vitest';
import {
  NetworkError,
  RancherError,
  UnauthorizedError,
  UnexpectedAnswerError,
  type RancherAnswer,
} from '../src/index.js';
import type { Reply } from './support/rancher-stub.js';
import { error, RancherStub, token, v3Cluster } from './support/rancher-stub.js';

const path = '/v3/clusters/c-abcde';
const found: Reply = { json: v3Cluster('c-abcde', 'x') };

describe('requests', () => {
  it('carry the token as bearer and never look like a browser', async () => {
    await using stub = await RancherStub.start();
    await stub
      .on('GET', path, () => found)
      .client()
      .getCluster('c-abcde');
    const request = stub.requests.find((one) => one.path === path);
    expect(request?.headers.authorization).toBe(`Bearer ${token}`);
    expect(request?.headers['user-agent']).not.toContain('Mozilla');
  });

  it('beyond the limit of connections wait in line', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', path, () => found);
    let open = 0;
    let most = 0;
    stub.server.on('connection', (socket) => {
      most = Math.max(most, ++open);
      socket.on('close', () => open--);
    });
    const client = stub.client({ maxConnections: 3 });
    await client.trust();
    const clusters = await Promise.all(Array.from({ length: 40 }, () => client.getCluster('c-abcde')));
    expect(clusters.every((cluster) => cluster?.id === 'c-abcde')).toBe(true);
    // One more may be left from reading the CA.
    expect(most).toBeLessThanOrEqual(4);
  });
});

describe('onAnswer', () => {
  it('is told of each try, with what Retry-After asks for and without secrets', async () => {
    await using stub = await RancherStub.start();
    stub.sequence(
      'GET',
      path,
      { status: 429, text: '', headers: { 'retry-after': '0' } },
      { cut: true },
      found,
    );
    const answers: RancherAnswer[] = [];
    const client = stub.client({ onAnswer: (answer) => answers.push(answer) });
    await client.getCluster('c-abcde');
    const of = answers.filter(({ request }) => request === `GET ${path}`);
    expect(of.map(({ status, retryAfterMs }) => [status, retryAfterMs])).toEqual([
      [429, 0],
      [0, undefined],
      [200, undefined],
    ]);
    expect(of.every(({ durationMs }) => durationMs > 0)).toBe(true);
    stub.on('GET', '/v3/import/s3cret_c-abcde.yaml', () => ({ text: 'kind: List' }));
    await client.importManifest('s3cret', 'c-abcde');
    expect(answers.at(-1)?.request).toMatch(/^GET .*import/);
    expect(JSON.stringify(answers)).not.toContain('s3cret');
  });
});

describe('retries', () => {
  it.each<[string, Reply]>([
    ['429', { status: 429, text: 'slow down' }],
    ['500', error(500, 'ServerError', 'etcdserver: leader changed')],
    ['503', error(503, 'ClusterUnavailable', 'not yet')],
    ['a lost connection', { cut: true }],
  ])('get over %s', async (_name, failure) => {
    await using stub = await RancherStub.start();
    stub.sequence('GET', path, failure, failure, found);
    await expect(stub.client().getCluster('c-abcde')).resolves.toMatchObject({ id: 'c-abcde' });
    expect(stub.log).toHaveLength(3);
  });

  it('end after the given number of tries, with the last error', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', path, () => error(502, 'ServerError', 'bad gateway'));
    const failure = stub.client({ retry: { attempts: 3 } }).getCluster('c-abcde');
    await expect(failure).rejects.toMatchObject({ status: 502, request: `GET ${path}` });
    expect(stub.log).toHaveLength(3);
  });

  it.each([400, 401, 403, 405, 409, 422])('are not made after %i', async (status) => {
    await using stub = await RancherStub.start();
    stub.on('GET', path, () => error(status, 'Whatever', 'no'));
    await expect(stub.client().getCluster('c-abcde')).rejects.toMatchObject({ status });
    expect(stub.log).toHaveLength(1);
  });

  it('wait as long as Retry-After says, not the jittered time', async () => {
    await using stub = await RancherStub.start();
    stub.sequence('GET', path, { status: 429, headers: { 'retry-after': '0' } }, found);
    // With the jittered time alone this would wait for an hour.
    const client = stub.client({ retry: { initialMs: 7_200_000, maxMs: 7_200_000 } });
    await expect(client.getCluster('c-abcde')).resolves.toMatchObject({ id: 'c-abcde' });
  });

  it('of a refused connection end in a NetworkError that names the request and the cause', async () => {
    const stub = await RancherStub.start();
    const client = stub.client({ tls: { mode: 'system' }, retry: { attempts: 2 } });
    await new Promise((resolve) => stub.server.close(resolve));
    const failure = client.getCluster('c-abcde');
    await expect(failure).rejects.toThrow(NetworkError);
    await expect(failure).rejects.toThrow(/GET \/v3\/clusters\/c-abcde: .*ECONNREFUSED/);
    await client.close();
  });

  it('count a server that never answers as lost', async () => {
    await using stub = await RancherStub.start();
    stub.sequence('GET', path, { hang: true }, found);
    const client = stub.client({ timeoutMs: 300 });
    await expect(client.getCluster('c-abcde')).resolves.toMatchObject({ id: 'c-abcde' });
  });
});

describe('giving up', () => {
  it('aborts a running request with the reason of the signal', async () => {
    await using stub = await RancherStub.start();
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    stub.on('GET', path, () => {
      controller.abort(reason);
      return { hang: true };
    });
    await expect(stub.client().getCluster('c-abcde', { signal: controller.signal })).rejects.toBe(reason);
  });

  it('aborts the wait between two tries', async () => {
    await using stub = await RancherStub.start();
    const controller = new AbortController();
    stub.on('GET', path, () => {
      setImmediate(() => controller.abort(new Error('stop')));
      return { status: 500 };
    });
    const client = stub.client({ retry: { initialMs: 3_600_000, maxMs: 3_600_000 } });
    await expect(client.getCluster('c-abcde', { signal: controller.signal })).rejects.toThrow('stop');
  });

  it('close() ends running requests and waits, and later calls reject', async () => {
    await using stub = await RancherStub.start();
    let arrived = (): void => undefined;
    const request = new Promise<void>((resolve) => (arrived = resolve));
    stub.on('GET', path, () => {
      arrived();
      return { hang: true };
    });
    const client = stub.client();
    const running = expect(client.getCluster('c-abcde')).rejects.toThrow('client is closed');
    await request;
    await client.close();
    await running;
    await expect(client.listClusters()).rejects.toThrow('client is closed');
    await expect(client.trust()).rejects.toThrow('client is closed');
  });
});

describe('secrets', () => {
  it('never reach an error, even if the server echoes them', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', path, ({ headers }) => ({ status: 401, text: `bad ${headers.authorization}` }));
    const failure: unknown = await stub
      .client()
      .getCluster('c-abcde')
      .catch((reason: unknown) => reason);
    expect(failure).toBeInstanceOf(UnauthorizedError);
    expect(JSON.stringify([failure, String(failure)])).not.toContain('very-secret');
  });

  it('in the path of a manifest are left out as well', async () => {
    await using stub = await RancherStub.start();
    const secret = 'abcdefghijklmnopqrstuvwxyz';
    stub.on('GET', `/v3/import/${secret}_c-abcde.yaml`, ({ path: asked }) => ({
      status: 400,
      text: `no ${asked}`,
    }));
    const failure: unknown = await stub
      .client()
      .importManifest(secret, 'c-abcde')
      .catch((reason: unknown) => reason);
    expect(failure).toBeInstanceOf(RancherError);
    expect(failure).toMatchObject({ status: 400, request: 'GET /v3/import/[token]_c-abcde.yaml' });
    expect(JSON.stringify([failure, String(failure)])).not.toContain(secret);
  });
});

describe('answers', () => {
  it('that are no JSON are an error that asks whether this is a Rancher', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', path, () => ({ text: '<html>welcome</html>' }));
    await expect(stub.client().getCluster('c-abcde')).rejects.toThrow(UnexpectedAnswerError);
  });

  it('redirects are not followed but refused', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', path, () => ({ status: 302, headers: { location: 'http://127.0.0.1:1/' } }));
    await expect(stub.client().getCluster('c-abcde')).rejects.toMatchObject({ status: 302 });
    expect(stub.log).toHaveLength(1);
  });
});

describe('settings and manifests', () => {
  it('reads the effective value of a setting', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', '/v3/settings/server-url', () => ({ json: { value: 'https://r.example', default: '' } }));
    stub.on('GET', '/v3/settings/empty', () => ({ json: { value: null } }));
    const client = stub.client();
    expect(await client.setting('server-url')).toBe('https://r.example');
    expect(await client.setting('empty')).toBe('');
  });

  it('fetches the manifest without sending the API token', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', '/v3/import/tok_c-abcde.yaml', () => ({ text: 'kind: Namespace\n' }));
    expect(await stub.client().importManifest('tok', 'c-abcde')).toBe('kind: Namespace\n');
    expect(stub.requests.at(-1)?.headers.authorization).toBeUndefined();
  });
});
