import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { resource, rows } from './support/fake-cluster.js';
import { SteveFixture } from './support/steve-fixture.js';

afterEach(() => {
  vi.useRealTimers();
});

const fakeTimers = (): unknown =>
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });

describe('/v1/subscribe', () => {
  it('streams creates, changes and removals of a type after resource.start', async () => {
    await using fixture = SteveFixture.fake();
    const { cluster } = fixture;
    const client = await fixture.subscribe();
    client.send({ resourceType: 'configmap', namespace: 'a' });
    expect(await client.next()).toEqual({
      name: 'resource.start',
      resourceType: 'configmap',
      namespace: 'a',
    });
    cluster.add('v1', 'ConfigMap', 'elsewhere', {}, 'b');
    cluster.add('v1', 'ConfigMap', 'c', { data: { k: '1' } }, 'a');
    cluster.patch('configmaps', 'a', 'c', 'merge', { data: { k: '2' } });
    cluster.delete('configmaps', 'a', 'c');
    const common = { resourceType: 'configmap', namespace: 'a' };
    expect(await client.next()).toMatchObject({
      ...common,
      name: 'resource.create',
      revision: '102',
      data: { id: 'a/c', type: 'configmap', data: { k: '1' }, metadata: { state: { name: 'active' } } },
    });
    expect(await client.next()).toMatchObject({
      ...common,
      name: 'resource.change',
      data: { data: { k: '2' } },
    });
    expect(await client.next()).toMatchObject({
      ...common,
      name: 'resource.remove',
      revision: '104',
      data: { id: 'a/c' },
    });
  });

  it('first brings what has changed since the given resourceVersion', async () => {
    await using fixture = SteveFixture.fake();
    const { cluster } = fixture;
    cluster.add('v1', 'Node', 'old');
    const { revision } = (await fixture.request('/v1/nodes')).body;
    cluster.add('v1', 'Node', 'b');
    cluster.add('v1', 'Node', 'a');
    const client = await fixture.subscribe();
    client.send({ resourceType: 'node', resourceVersion: revision });
    expect((await client.next()).name).toBe('resource.start');
    expect([(await client.next()).data.id, (await client.next()).data.id]).toEqual(['b', 'a']);
  });

  it('narrows a stream to an id or a selector', async () => {
    await using fixture = SteveFixture.fake();
    const { cluster } = fixture;
    const client = await fixture.subscribe();
    client.send({ resourceType: 'configmap', id: 'a/one' });
    client.send({ resourceType: 'configmap', selector: 'app=web' });
    await client.next();
    await client.next();
    cluster.add('v1', 'ConfigMap', 'two', {}, 'a');
    cluster.add('v1', 'ConfigMap', 'one', {}, 'a');
    cluster.add('v1', 'ConfigMap', 'three', { metadata: { labels: { app: 'web' } } }, 'a');
    expect(await client.next()).toMatchObject({ id: 'a/one', data: { id: 'a/one' } });
    expect(await client.next()).toMatchObject({ selector: 'app=web', data: { id: 'a/three' } });
  });

  it('in mode resource.changes only says that something changed, at once and then once per interval', async () => {
    await using fixture = SteveFixture.fake();
    const { cluster } = fixture;
    const client = await fixture.subscribe();
    fakeTimers();
    client.send({ resourceType: 'node', mode: 'resource.changes' });
    const common = { resourceType: 'node', mode: 'resource.changes' };
    expect(await client.next()).toEqual({ ...common, name: 'resource.start' });
    for (const name of ['a', 'b', 'c']) cluster.add('v1', 'Node', name);
    expect(await client.next()).toEqual({ ...common, name: 'resource.changes', revision: '101' });
    vi.advanceTimersByTime(5_000);
    expect(await client.next()).toEqual({ ...common, name: 'resource.changes', revision: '103' });
    vi.advanceTimersByTime(20_000);
    cluster.add('v1', 'Node', 'd');
    expect(await client.next()).toEqual({ ...common, name: 'resource.changes', revision: '104' });
  });

  it('ends a stream on stop, and one stream does not start twice', async () => {
    await using fixture = SteveFixture.fake();
    const client = await fixture.subscribe();
    client.send({ resourceType: 'node' });
    client.send({ resourceType: 'node' });
    client.send({ resourceType: 'pod' });
    expect([(await client.next()).resourceType, (await client.next()).resourceType]).toEqual(['node', 'pod']);
    expect(fixture.cluster.watchers.size).toBe(2);
    client.send({ resourceType: 'node', stop: true });
    expect(await client.next()).toEqual({ name: 'resource.stop', resourceType: 'node' });
    expect(fixture.cluster.watchers.size).toBe(1);
  });

  it('answers an error for an unknown type and for nonsense, and goes on', async () => {
    await using fixture = SteveFixture.fake();
    const client = await fixture.subscribe();
    client.send('{');
    client.send('null');
    client.send({ resourceType: 'nothing' });
    client.send({ resourceType: 'userpreference' });
    expect((await client.next()).name).toBe('resource.error');
    expect((await client.next()).name).toBe('resource.error');
    expect(await client.next()).toMatchObject({
      name: 'resource.error',
      data: { error: 'failed to find schema nothing' },
    });
    expect(await client.next()).toMatchObject({ name: 'resource.stop', resourceType: 'nothing' });
    expect(await client.next()).toMatchObject({ name: 'resource.start', resourceType: 'userpreference' });
  });

  it('counts: sends the counts of what changed, gathered', async () => {
    await using fixture = SteveFixture.fake();
    const client = await fixture.subscribe();
    fakeTimers();
    client.send({ resourceType: 'count' });
    expect((await client.next()).name).toBe('resource.start');
    fixture.cluster.add('v1', 'Node', 'a');
    expect((await client.next()).data.counts).toEqual({ node: { summary: { count: 1 }, namespaces: {} } });
    fixture.cluster.add('v1', 'Node', 'b');
    fixture.cluster.add('v1', 'Pod', 'p', {}, 'default');
    vi.advanceTimersByTime(5_000);
    const { counts } = (await client.next()).data;
    expect(Object.keys(counts)).toEqual(['node', 'pod']);
    expect(counts.node.summary.count).toBe(2);
  });

  it('schemas: tells of types that come and go with a CRD', async () => {
    await using fixture = SteveFixture.fake();
    const { cluster } = fixture;
    const client = await fixture.subscribe();
    client.send({ resourceType: 'schema' });
    expect((await client.next()).name).toBe('resource.start');
    cluster.served = [...rows, resource('example.com', 'v1', 'Widget')];
    cluster.add('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'widgets.example.com');
    expect(await client.next()).toMatchObject({
      name: 'resource.create',
      resourceType: 'schema',
      data: { id: 'example.com.widget' },
    });
    cluster.served = rows;
    cluster.delete('customresourcedefinitions.apiextensions.k8s.io', undefined, 'widgets.example.com');
    expect(await client.next()).toMatchObject({
      name: 'resource.remove',
      data: { id: 'example.com.widget' },
    });
  });

  it('schemas: waits for a catalog that follows definitions later', async () => {
    await using fixture = SteveFixture.fake();
    const { cluster } = fixture;
    const waiting: (() => void)[] = [];
    cluster.discovered = () => new Promise((resolve) => waiting.push(resolve));
    const client = await fixture.subscribe();
    client.send({ resourceType: 'schema' });
    expect((await client.next()).name).toBe('resource.start');
    cluster.add('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'widgets.example.com');
    cluster.add('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'gadgets.example.com');
    cluster.served = [...rows, resource('example.com', 'v1', 'Widget')];
    for (const discovered of waiting) discovered();
    expect(await client.next()).toMatchObject({
      name: 'resource.create',
      data: { id: 'example.com.widget' },
    });
  });

  it('pings all clients each 30 s, with one timer that ends with the last of them', async () => {
    await using fixture = SteveFixture.fake();
    fakeTimers();
    const clients = [await fixture.subscribe(), await fixture.subscribe()];
    for (const client of clients) {
      client.send({ resourceType: 'node' });
      await client.next();
    }
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(30_000);
    for (const client of clients) expect(await client.next()).toEqual({ name: 'ping' });
    for (const client of clients) {
      client.socket.close();
      await once(client.socket, 'close');
    }
    await vi.waitUntil(() => vi.getTimerCount() === 0);
  });

  it('closes its watches when the client goes', async () => {
    await using fixture = SteveFixture.fake();
    const client = await fixture.subscribe();
    client.send({ resourceType: 'count' });
    await client.next();
    expect(fixture.cluster.watchers.size).toBeGreaterThan(5);
    client.socket.terminate();
    await vi.waitUntil(() => fixture.cluster.watchers.size === 0);
  });
});
