import { describe, expect, it } from 'vitest';
import {
  AlreadyExistsError,
  NotFoundError,
  RancherError,
  UnexpectedAnswerError,
  WaitTimeoutError,
} from '../src/index.js';
import type { Recorded, Reply } from './support/rancher-stub.js';
import { error, RancherStub, v3Cluster } from './support/rancher-stub.js';

const provisioning = '/v1/provisioning.cattle.io.clusters';
const object = `${provisioning}/fleet-default/one`;
const key = { key: 'example.com/uid', value: 'u-1' };
const mine = { [key.key]: key.value };
const management = v3Cluster('c-m-abcdefgh', 'one', { annotations: mine });

const provisioned = (clusterName?: string, more: object = {}): Reply => ({
  json: {
    id: 'fleet-default/one',
    metadata: { namespace: 'fleet-default', name: 'one', annotations: mine, ...more },
    ...(clusterName === undefined ? {} : { status: { clusterName } }),
  },
});

describe('createCluster', () => {
  it('creates through the provisioning API and waits for the management cluster', async () => {
    await using stub = await RancherStub.start();
    stub.on('POST', provisioning, () => ({ ...provisioned(), status: 201 }));
    stub.sequence('GET', object, provisioned(), provisioned(), provisioned('c-m-abcdefgh'));
    stub.sequence('GET', '/v3/clusters/c-m-abcdefgh', error(404, 'NotFound', 'not yet'), {
      json: management,
    });
    const cluster = await stub.client().createCluster({ name: 'one', annotations: mine, labels: { a: 'b' } });
    expect(cluster).toMatchObject({
      id: 'c-m-abcdefgh',
      name: 'one',
      via: 'provisioning',
      annotations: mine,
    });
    expect(stub.requests.find(({ method }) => method === 'POST')?.body).toEqual({
      type: 'provisioning.cattle.io.cluster',
      metadata: { namespace: 'fleet-default', name: 'one', annotations: mine, labels: { a: 'b' } },
      spec: {},
    });
  });

  it.each([404, 405])('falls back to /v3 where the provisioning route answers %i', async (status) => {
    await using stub = await RancherStub.start();
    stub.on('POST', provisioning, () => ({ status, text: 'no such route' }));
    stub.on('POST', '/v3/clusters', () => ({
      status: 201,
      json: v3Cluster('c-abcde', 'one', { annotations: mine }),
    }));
    const cluster = await stub.client().createCluster({ name: 'one', annotations: mine });
    expect(cluster).toMatchObject({ id: 'c-abcde', via: 'management' });
    expect(stub.requests.at(-1)?.body).toEqual({ type: 'cluster', name: 'one', annotations: mine });
  });

  it('does not fall back when asked for the provisioning API, nor on other failures', async () => {
    await using stub = await RancherStub.start();
    stub.on('POST', '/v3/clusters', () => ({ status: 201, json: v3Cluster('c-abcde', 'one') }));
    const client = stub.client();
    await expect(client.createCluster({ name: 'one', via: 'provisioning' })).rejects.toThrow(NotFoundError);
    stub.on('POST', provisioning, () => error(422, 'Invalid', 'metadata.name: not RFC 1123'));
    await expect(client.createCluster({ name: 'One' })).rejects.toMatchObject({
      status: 422,
      code: 'Invalid',
    });
    expect(stub.log).not.toContain('POST /v3/clusters');
  });

  it('goes straight to /v3 when asked to', async () => {
    await using stub = await RancherStub.start();
    stub.on('POST', '/v3/clusters', () => ({ status: 201, json: v3Cluster('c-abcde', 'one') }));
    await stub.client().createCluster({ name: 'one', via: 'management' });
    expect(stub.log).toEqual(['POST /v3/clusters']);
  });

  it.each<['provisioning' | 'management', string, Reply]>([
    ['provisioning', provisioning, error(409, 'AlreadyExists', 'clusters "one" already exists')],
    ['management', '/v3/clusters', error(422, 'NotUnique', 'Cluster name must be unique')],
  ])('throws AlreadyExistsError for a taken name via %s', async (via, path, reply) => {
    await using stub = await RancherStub.start();
    stub.on('POST', path, () => reply);
    await expect(stub.client().createCluster({ name: 'one', via })).rejects.toThrow(AlreadyExistsError);
  });

  it('reports a create whose answer was lost as existing, so that it can be adopted', async () => {
    await using stub = await RancherStub.start();
    stub.sequence('POST', provisioning, { cut: true }, error(409, 'AlreadyExists', 'already exists'));
    stub.on('GET', '/v3/clusters', () => ({ json: { data: [management] } }));
    const client = stub.client();
    await expect(client.createCluster({ name: 'one', annotations: mine })).rejects.toThrow(
      AlreadyExistsError,
    );
    await expect(client.adoptCluster('one', key)).resolves.toMatchObject({ id: 'c-m-abcdefgh' });
  });

  it('gives up when the management cluster never comes or the object goes away', async () => {
    await using stub = await RancherStub.start();
    stub.on('POST', provisioning, () => provisioned());
    stub.on('GET', object, () => provisioned());
    const client = stub.client({ poll: { timeoutMs: 20 } });
    await expect(client.createCluster({ name: 'one' })).rejects.toThrow(WaitTimeoutError);
    stub.on('GET', object, () => error(404, 'NotFound', 'gone'));
    await expect(client.createCluster({ name: 'one', via: 'provisioning' })).rejects.toThrow(
      'deleted meanwhile',
    );
  });

  it('stops waiting when aborted', async () => {
    await using stub = await RancherStub.start();
    const controller = new AbortController();
    stub.on('POST', provisioning, () => provisioned());
    stub.on('GET', object, () => {
      setImmediate(() => controller.abort(new Error('enough')));
      return provisioned();
    });
    const client = stub.client({ poll: { initialMs: 3_600_000, maxMs: 3_600_000 } });
    await expect(client.createCluster({ name: 'one', signal: controller.signal })).rejects.toThrow('enough');
  });
});

describe('adoptCluster', () => {
  const lists = (...data: unknown[]): Reply => ({ json: { data } });

  it('takes a cluster only if our annotation has our value', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', '/v3/clusters', () =>
      lists(v3Cluster('c-other', 'one', { annotations: { [key.key]: 'u-2' } }), management),
    );
    const client = stub.client();
    await expect(client.adoptCluster('one', key)).resolves.toMatchObject({ id: 'c-m-abcdefgh' });
    await expect(client.adoptCluster('one', { ...key, value: 'u-3' })).resolves.toBeUndefined();
    expect(stub.requests.find(({ path }) => path === '/v3/clusters')?.query.get('name')).toBe('one');
  });

  it('does not take one that is being removed', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', '/v3/clusters', () => lists({ ...management, removed: '2026-01-01T00:00:00Z' }));
    stub.on('GET', object, () => provisioned('c-m-abcdefgh', { deletionTimestamp: '2026-01-01T00:00:00Z' }));
    await expect(stub.client().adoptCluster('one', key)).resolves.toBeUndefined();
  });

  it('waits for the management cluster of a provisioning cluster of ours', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', '/v3/clusters', () => lists());
    stub.sequence('GET', object, provisioned(), provisioned(), provisioned('c-m-abcdefgh'));
    stub.on('GET', '/v3/clusters/c-m-abcdefgh', () => ({ json: management }));
    await expect(stub.client().adoptCluster('one', key)).resolves.toMatchObject({ id: 'c-m-abcdefgh' });
  });
});

describe('getCluster', () => {
  it('is undefined only for a real 404', async () => {
    await using stub = await RancherStub.start();
    const client = stub.client({ retry: { attempts: 1 } });
    await expect(client.getCluster('c-abcde')).resolves.toBeUndefined();
    for (const reply of [
      error(403, 'PermissionDenied', 'no'),
      error(500, 'ServerError', 'x'),
      { json: {} },
      { cut: true },
    ]) {
      stub.on('GET', '/v3/clusters/c-abcde', () => reply);
      await expect(client.getCluster('c-abcde')).rejects.toThrow(RancherError);
    }
  });
});

describe('deleteCluster', () => {
  const cluster = { id: 'c-m-abcdefgh', name: 'one', via: 'provisioning' as const };

  it('deletes the provisioning object, from which Rancher deletes the rest', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', object, () => provisioned('c-m-abcdefgh'));
    stub.on('DELETE', object, () => provisioned());
    await stub.client().deleteCluster(cluster);
    expect(stub.log).toEqual([`GET ${object}`, `DELETE ${object}`]);
  });

  it('leaves a later cluster of the same name alone', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', object, () => provisioned('c-m-zzzzzzzz'));
    await stub.client().deleteCluster(cluster);
    expect(stub.log).toEqual([`GET ${object}`, 'DELETE /v3/clusters/c-m-abcdefgh']);
  });

  it('treats 404 as success, and other refusals not', async () => {
    await using stub = await RancherStub.start();
    const client = stub.client();
    await expect(client.deleteCluster({ ...cluster, via: 'management' })).resolves.toBeUndefined();
    await expect(client.deleteCluster(cluster)).resolves.toBeUndefined();
    stub.on('DELETE', '/v3/clusters/c-m-abcdefgh', () => error(403, 'PermissionDenied', 'no'));
    await expect(client.deleteCluster(cluster)).rejects.toMatchObject({ status: 403 });
  });
});

describe('listClusters', () => {
  const all = Array.from({ length: 25 }, (_, index) =>
    v3Cluster(`c-${String(index).padStart(5, '0')}`, `n${index}`),
  );

  /** Pages as norman makes them: links with its own idea of the host, each page marked partial. */
  const page =
    (items: unknown[]) =>
    ({ query, path }: Recorded): Reply => {
      const limit = Number(query.get('limit'));
      const start = items.findIndex(
        (item) => (item as { id: string }).id === (query.get('marker') ?? (items[0] as { id: string }).id),
      );
      const next = items[start + limit] as { id: string } | undefined;
      query.set('marker', next?.id ?? '');
      return {
        json: {
          type: 'collection',
          data: items.slice(start, start + limit),
          pagination: {
            limit,
            total: items.length,
            partial: true,
            ...(next === undefined
              ? {}
              : { next: `https://rancher.elsewhere.example${path}?${query.toString()}` }),
          },
        },
      };
    };

  it('follows every page, on the host it knows', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', '/v3/clusters', page(all));
    const clusters = await stub.client({ pageSize: 10 }).listClusters();
    expect(clusters.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    expect(stub.log).toHaveLength(3);
  });

  it('passes the filters on and keeps them on further pages', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', '/v3/clusters', page(all));
    await stub.client({ pageSize: 20 }).listClusters({ namePrefix: 'n', name: 'x y' });
    const queries = stub.requests
      .filter(({ path }) => path === '/v3/clusters')
      .map(({ query }) => [query.get('name_prefix'), query.get('name')]);
    expect(queries).toEqual([
      ['n', 'x y'],
      ['n', 'x y'],
    ]);
  });

  it('throws when a later page fails instead of answering the first ones', async () => {
    await using stub = await RancherStub.start();
    stub.on('GET', '/v3/clusters', (request) =>
      request.query.has('marker') ? { status: 500 } : page(all)(request),
    );
    const client = stub.client({ pageSize: 10, retry: { attempts: 2 } });
    await expect(client.listClusters()).rejects.toMatchObject({ status: 500 });
  });

  it.each<[string, Reply]>([
    ['says that there is more but not where', { json: { data: all, pagination: { partial: true } } }],
    ['has fewer items than it says', { json: { data: all.slice(1), pagination: { total: 25 } } }],
    ['is no collection', { json: { type: 'error' } }],
    ['is empty', { text: '' }],
    ['holds something that is no cluster', { json: { data: [...all, { type: 'cluster' }] } }],
    ['leads in a circle', { json: { data: all, pagination: { next: 'http://x/v3/clusters?limit=2000' } } }],
  ])('throws when the list %s', async (_name, reply) => {
    await using stub = await RancherStub.start();
    stub.on('GET', '/v3/clusters', () => reply);
    await expect(stub.client().listClusters()).rejects.toThrow(UnexpectedAnswerError);
  });

  it('reads again when items went away between two pages', async () => {
    await using stub = await RancherStub.start();
    let disturbed = false;
    stub.on('GET', '/v3/clusters', (request) => {
      if (!request.query.has('marker') || disturbed) return page(all)(request);
      disturbed = true;
      return { json: { data: [], pagination: { total: 24, partial: true } } };
    });
    const clusters = await stub.client({ pageSize: 10 }).listClusters();
    expect(clusters).toHaveLength(25);
  });
});
