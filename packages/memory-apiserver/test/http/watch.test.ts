import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configMap, MAPS, TestCluster } from './test-cluster.js';

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await TestCluster.start({ controllers: [], limits: { maxEvents: 100, bookmarkIntervalMs: 20 } });
});
afterEach(async () => {
  await cluster.close();
});

const create = (name: string, labels: Record<string, string> = {}): Promise<unknown> =>
  cluster.send('POST', MAPS, { body: { metadata: { name, labels } } });
const version = async (): Promise<string> => (await cluster.send('GET', MAPS)).body.metadata.resourceVersion;

describe('a watch', () => {
  it('begins with what is there, unless it is told a version', async () => {
    await create('a');
    const since = await version();
    await create('b');
    const all = await cluster.watch(`${MAPS}?watch=true`);
    expect(await all.names(2)).toEqual(expect.arrayContaining(['ADDED a', 'ADDED b']));
    const later = await cluster.watch(`${MAPS}?watch=1&resourceVersion=${since}`);
    expect(await later.names(1)).toEqual(['ADDED b']);
    await cluster.send('DELETE', `${MAPS}/a`);
    expect(await all.names(1)).toEqual(['DELETED a']);
    expect(await later.names(1)).toEqual(['DELETED a']);
  });

  it('sees objects come into its selection and leave it', async () => {
    const watch = await cluster.watch(
      `${MAPS}?watch=true&labelSelector=on%3Dyes&resourceVersion=${await version()}`,
    );
    const label = (on: string): Promise<unknown> =>
      cluster.send('PATCH', `${MAPS}/x`, {
        body: { metadata: { labels: { on } } },
        headers: { 'Content-Type': 'application/merge-patch+json' },
      });
    await create('x', { on: 'no' });
    await label('yes');
    expect(await watch.names(1)).toEqual(['ADDED x']);
    await cluster.send('PUT', `${MAPS}/x`, {
      body: { metadata: { name: 'x', labels: { on: 'yes' } }, data: { a: 'b' } },
    });
    expect(await watch.names(1)).toEqual(['MODIFIED x']);
    await label('no');
    const left = await watch.next();
    // It is shown as it last was in the selection, with the version of the change.
    expect(left).toMatchObject({
      type: 'DELETED',
      object: { metadata: { labels: { on: 'yes' }, resourceVersion: await version() } },
    });
  });

  it('of one object may be asked by its name', async () => {
    await create('x');
    const watch = await cluster.watch(`${MAPS}?watch=true&fieldSelector=metadata.name%3Dy`);
    await create('z');
    await create('y');
    expect(await watch.names(1)).toEqual(['ADDED y']);
  });

  it('marks the end of the initial events', async () => {
    await create('a');
    const query =
      'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=';
    const watch = await cluster.watch(`${MAPS}?${query}`);
    expect(await watch.names(1)).toEqual(['ADDED a']);
    expect(await watch.next()).toEqual({
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: {
          resourceVersion: await version(),
          annotations: { 'k8s.io/initial-events-end': 'true' },
        },
      },
    });
  });

  it('of more than the buffer of a slow client holds is sent piece by piece, and changes behind it', async () => {
    await cluster.close();
    cluster = await TestCluster.start({ controllers: [], limits: { maxWatchBufferBytes: 1 << 20 } });
    const object = { apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'x'.repeat(100_000) } };
    for (let i = 0; i < 100; i += 1)
      cluster.cluster.api.create({ ...object, metadata: { name: `n${100 + i}`, namespace: 'default' } });
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=1';
    const watch = await cluster.watch(`${MAPS}?${query}`);
    await create('later');
    const names = await watch.names(102);
    expect(names.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, i) => `ADDED n${100 + i}`));
    expect(names.slice(100)).toEqual(['BOOKMARK ', 'ADDED later']);
  });

  it('from a version to come sees what comes after it', async () => {
    const now = Number(await version());
    const watch = await cluster.watch(`${MAPS}?watch=1&resourceVersion=${now + 2}`);
    for (const name of ['a', 'b', 'c']) await create(name);
    expect(await watch.names(1)).toEqual(['ADDED c']);
  });

  it('can be asked for by the old paths', async () => {
    const all = await cluster.watch('/api/v1/watch/namespaces/default/configmaps');
    const one = await cluster.watch('/api/v1/watch/namespaces/default/configmaps/b');
    await create('a');
    await create('b');
    expect(await all.names(2)).toEqual(['ADDED a', 'ADDED b']);
    expect(await one.names(1)).toEqual(['ADDED b']);
  });

  it('sends bookmarks, also when nothing has changed', async () => {
    const watch = await cluster.watch(
      `${MAPS}?watch=true&allowWatchBookmarks=true&resourceVersion=${await version()}`,
    );
    for (let i = 0; i < 3; i += 1) {
      expect(await watch.next()).toMatchObject({
        type: 'BOOKMARK',
        object: { metadata: { resourceVersion: await version() } },
      });
    }
  });

  it('refuses options that contradict each other', async () => {
    for (const query of [
      'sendInitialEvents=true',
      'resourceVersionMatch=NotOlderThan',
      'sendInitialEvents=true&resourceVersionMatch=Exact',
    ]) {
      expect(await cluster.send('GET', `${MAPS}?watch=true&${query}`)).toMatchObject({
        code: 422,
        body: { reason: 'Invalid' },
      });
    }
  });

  it('from a version that is too old is told so', async () => {
    const since = await version();
    for (let i = 0; i < 101; i += 1) {
      cluster.cluster.api.create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `n${i}`, namespace: 'default' },
      });
    }
    const watch = await cluster.watch(`${MAPS}?watch=true&resourceVersion=${since}`);
    expect(await watch.next()).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 410, reason: 'Expired' },
    });
    expect(await watch.next()).toBeUndefined();
  });

  it('ends after its time, and is then forgotten', async () => {
    const watch = await cluster.watch(
      `${MAPS}?watch=true&timeoutSeconds=1&resourceVersion=${await version()}`,
    );
    expect(cluster.cluster.watchCount()).toBe(1);
    expect(await watch.next()).toBeUndefined();
    expect(cluster.cluster.watchCount()).toBe(0);
  });

  it('is forgotten when its client goes away', async () => {
    const closed = new Promise<void>((resolve) => {
      cluster.cluster.onRequest = ({ verb }) => {
        if (verb === 'watch') resolve();
      };
    });
    const watch = await cluster.watch(`${MAPS}?watch=true&resourceVersion=${await version()}`);
    await watch.close();
    await closed;
    expect(cluster.cluster.watchCount()).toBe(0);
  });

  it('can be had as a Table, with columns in the first event only', async () => {
    const accept = { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const watch = await cluster.watch(`${MAPS}?watch=true&resourceVersion=${await version()}`, accept);
    await create('a');
    await create('b');
    const [first, second] = [await watch.next(), await watch.next()];
    expect(first?.object).toMatchObject({ kind: 'Table', rows: [{ cells: ['a', 0, expect.any(String)] }] });
    expect(first?.object.columnDefinitions).toHaveLength(3);
    expect(second?.object.columnDefinitions).toBeNull();
  });

  it('is cut off when its client reads nothing, while others go on', async () => {
    await cluster.close();
    cluster = await TestCluster.start({
      controllers: [],
      limits: { maxWatchBufferBytes: 1 << 20, watchLingerMs: 0 },
    });
    const cut = new Promise<void>((resolve) => {
      cluster.cluster.onRequest = ({ verb }) => {
        if (verb === 'watch') resolve();
      };
    });
    const headers = { Authorization: 'Bearer admin' };
    const stuck = httpRequest(`${cluster.url}${MAPS}?watch=true`, { headers }, (response) =>
      response.pause(),
    );
    stuck.on('error', () => undefined);
    stuck.end();
    const reader = await cluster.watch(`${MAPS}?watch=true`);
    while (cluster.cluster.watchCount() < 2) await new Promise((resolve) => setImmediate(resolve));
    let written = 0;
    let gone = false;
    void cut.then(() => (gone = true));
    while (!gone && written < 200) {
      const name = `n${written}`;
      await cluster.send('POST', MAPS, { body: configMap(name, { data: { a: 'x'.repeat(200_000) } }) });
      expect(await reader.names(1)).toEqual([`ADDED ${name}`]);
      written += 1;
    }
    expect(gone).toBe(true);
    expect(cluster.cluster.watchCount()).toBe(1);
  });

  it('that misses events is told so behind those it has still to read, while others get each at once', async () => {
    await cluster.close();
    cluster = await TestCluster.start({ controllers: [], limits: { maxWatchBufferBytes: 1 << 20 } });
    const slow = await cluster.watch(`${MAPS}?watch=true`);
    const reader = await cluster.watch(`${MAPS}?watch=true`);
    let written = 0;
    for (; cluster.cluster.watchCount() === 2 && written < 200; written += 1) {
      await cluster.send('POST', MAPS, {
        body: configMap(`n${written}`, { data: { a: 'x'.repeat(200_000) } }),
      });
      expect(await reader.names(1)).toEqual([`ADDED n${written}`]);
    }
    expect(cluster.cluster.watchCount()).toBe(1);
    await create('later');
    expect(await reader.names(1)).toEqual(['ADDED later']);
    for (let i = 0; i < written; i += 1) expect(await slow.names(1)).toEqual([`ADDED n${i}`]);
    expect(await slow.next()).toEqual({
      type: 'ERROR',
      object: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'The resourceVersion for the provided watch is too old.',
        reason: 'Expired',
        code: 410,
      },
    });
    expect(await slow.next()).toBeUndefined();
  });

  it('is cut off in the middle of a burst without harm', async () => {
    await cluster.close();
    cluster = await TestCluster.start({ controllers: [], limits: { maxWatchBufferBytes: 1 << 20 } });
    const headers = { Authorization: 'Bearer admin' };
    const stuck = httpRequest(`${cluster.url}${MAPS}?watch=true`, { headers }, (response) =>
      response.pause(),
    );
    stuck.on('error', () => undefined);
    stuck.end();
    while (cluster.cluster.watchCount() < 1) await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 60; i += 1) {
      const object = { apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'x'.repeat(200_000) } };
      cluster.cluster.api.create({ ...object, metadata: { name: `n${i}`, namespace: 'default' } });
    }
    expect(cluster.cluster.watchCount()).toBe(0);
    expect((await cluster.send('GET', '/readyz')).code).toBe(200);
  });
});
