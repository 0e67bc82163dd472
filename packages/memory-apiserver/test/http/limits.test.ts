import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { ApiServerOptions } from '../../src/index.js';
import { configMap, MAPS, TestCluster } from './test-cluster.js';

let cluster: TestCluster;
afterEach(() => cluster.close());

const start = async (limits: ApiServerOptions['limits'] = {}): Promise<void> => {
  cluster = await TestCluster.start(
    { controllers: [], limits },
    {
      tokens: {
        admin: { username: 'admin', groups: ['system:masters'] },
        user: { username: 'user', groups: [] },
      },
    },
  );
};

const create = (name: string, size = 0): ReturnType<TestCluster['send']> =>
  cluster.send('POST', MAPS, { body: configMap(name, { data: { a: 'x'.repeat(size) } }) });

const isTooMany = async (response: Response): Promise<void> => {
  expect(response.status).toBe(429);
  expect(response.headers.get('retry-after')).toBe('1');
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(await response.text()).toBe('Too many requests, please try again later.\n');
};

/** As a kube-apiserver v1.34.4 answers whose etcd has used up its quota. */
const outOfSpace = {
  code: 500,
  body: {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'etcdserver: mvcc: database space exceeded',
    code: 500,
  },
};

describe('a cluster that holds as many objects as it may', () => {
  it('takes no more of them, but changes those it has, and takes others when some are gone', async () => {
    await start();
    const objectCount = cluster.cluster.objectCount();
    await cluster.close();
    await start({ maxObjects: objectCount + 2 });
    expect((await create('a')).code).toBe(201);
    expect((await create('b')).code).toBe(201);
    const { code, body } = await create('c');
    expect({ code, body }).toEqual(outOfSpace);
    expect((await cluster.send('GET', `${MAPS}/c`)).code).toBe(404);
    const grown = configMap('a', { data: { b: 'y'.repeat(1000) } });
    expect((await cluster.send('PUT', `${MAPS}/a`, { body: grown })).code).toBe(200);
    expect((await cluster.send('DELETE', `${MAPS}/b`)).code).toBe(200);
    expect((await create('c')).code).toBe(201);
  });
});

describe('a cluster whose objects are as long as they may be', () => {
  it('lets none grow, but become shorter or be deleted', async () => {
    await start({ maxObjectChars: 100_000 });
    expect((await create('a', 60_000)).code).toBe(201);
    expect(await create('b', 60_000)).toMatchObject(outOfSpace);
    const longer = configMap('a', { data: { a: 'x'.repeat(100_000) } });
    expect(await cluster.send('PUT', `${MAPS}/a`, { body: longer })).toMatchObject(outOfSpace);
    expect((await cluster.send('PUT', `${MAPS}/a`, { body: configMap('a') })).code).toBe(200);
    expect((await create('b', 60_000)).code).toBe(201);
    expect(await create('c', 60_000)).toMatchObject(outOfSpace);
    expect((await cluster.send('DELETE', `${MAPS}/b`)).code).toBe(200);
    expect((await create('c', 60_000)).code).toBe(201);
  });

  it('lets go of objects that have to be marked as deleted first', async () => {
    await start({ maxObjectChars: 2000 });
    const metadata = { name: 'held', finalizers: ['example.com/hold'] };
    expect((await cluster.send('POST', MAPS, { body: configMap('held', { metadata }) })).code).toBe(201);
    for (let i = 0; (await create(`filler${i}`)).code === 201; i += 1);
    expect((await cluster.send('DELETE', `${MAPS}/held`)).body.metadata.deletionTimestamp).toBeDefined();
    const release = { metadata: { finalizers: null } };
    const headers = { 'Content-Type': 'application/merge-patch+json' };
    expect((await cluster.send('PATCH', `${MAPS}/held`, { body: release, headers })).code).toBe(200);
    expect((await cluster.send('GET', `${MAPS}/held`)).code).toBe(404);
  });

  it('goes back to a snapshot all the same', async () => {
    await start({ maxObjectChars: 100_000 });
    await create('a', 60_000);
    const snapshot = cluster.cluster.snapshot();
    await cluster.send('DELETE', `${MAPS}/a`);
    await create('b', 60_000);
    cluster.cluster.restore(snapshot);
    expect((await cluster.send('GET', MAPS)).body.items).toMatchObject([{ metadata: { name: 'a' } }]);
    // What the snapshot replaced doesn't count any more.
    expect((await create('c', 30_000)).code).toBe(201);
    expect(await create('d', 30_000)).toMatchObject(outOfSpace);
  });
});

describe('a cluster with as many watches as it may have', () => {
  it('refuses one more until another ends', async () => {
    await start({ maxWatches: 2 });
    const first = await cluster.watch(`${MAPS}?watch=true`);
    await cluster.watch('/api/v1/namespaces?watch=true');
    await isTooMany(await cluster.fetch('GET', `${MAPS}?watch=true`));
    expect((await cluster.send('GET', MAPS)).code).toBe(200);
    await first.close();
    while (cluster.cluster.watchCount() > 1) await new Promise((resolve) => setImmediate(resolve));
    const next = await cluster.watch(`${MAPS}?watch=true`);
    await create('a');
    expect(await next.names(1)).toEqual(['ADDED a']);
  });
});

describe('a cluster with as many requests in flight as it may have', () => {
  it('refuses others, but for those of system:masters and watches, until one is answered', async () => {
    await start({ maxRequestsInFlight: 1 });
    await cluster.watch(`${MAPS}?watch=true`);
    const headers = {
      Authorization: 'Bearer admin',
      'Content-Type': 'application/json',
      Expect: '100-continue',
    };
    const slow = httpRequest(cluster.url + MAPS, { method: 'POST', headers });
    slow.flushHeaders();
    await once(slow, 'continue');
    await isTooMany(await cluster.fetch('GET', '/version', { token: 'user' }));
    await isTooMany(await cluster.fetch('GET', MAPS, { token: 'user' }));
    expect((await cluster.send('GET', MAPS)).code).toBe(200);
    await cluster.watch(`${MAPS}?watch=true`);
    slow.end(JSON.stringify(configMap('slow')));
    const [response] = (await once(slow, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(201);
    response.resume();
    await once(response, 'end');
    expect((await cluster.send('GET', MAPS, { token: 'user' })).code).toBe(403);
  });

  it('has room again when a client goes away', async () => {
    await start({ maxRequestsInFlight: 1 });
    const closed = new Promise((resolve) => (cluster.cluster.onRequest = resolve));
    const headers = { Authorization: 'Bearer admin', Expect: '100-continue' };
    const slow = httpRequest(cluster.url + MAPS, { method: 'POST', headers });
    slow.on('error', () => undefined);
    slow.flushHeaders();
    await once(slow, 'continue');
    slow.destroy();
    await closed;
    expect((await cluster.send('GET', '/version', { token: 'user' })).code).toBe(200);
  });
});
