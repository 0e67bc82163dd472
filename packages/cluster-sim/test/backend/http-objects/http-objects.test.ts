import { createApiServer, isApiError, type Cluster, type LocalServer } from '@scale-cluster/memory-apiserver';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiConnection } from '../../../src/backend/http-objects/api-connection.js';
import { HttpObjects } from '../../../src/backend/http-objects/http-objects.js';

const configMap = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});

const widgets = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', singular: 'widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        additionalPrinterColumns: [{ name: 'Size', type: 'string', jsonPath: '.spec.size' }],
      },
    ],
  },
};

describe('HttpObjects', () => {
  const server = createApiServer();
  let cluster: Cluster;
  let local: LocalServer;
  let connection: ApiConnection;
  let objects: HttpObjects;
  let serial = 0;

  beforeEach(async () => {
    serial += 1;
    cluster = server.createCluster({ name: `c${serial}`, uid: `uid-${serial}` });
    local = await cluster.listen();
    connection = new ApiConnection({ server: local.url, caCert: local.caCert, token: local.token });
    objects = new HttpObjects({ connection, random: () => 0 });
    await objects.refreshCatalog();
  });

  afterEach(async () => {
    objects.close();
    await connection.close();
    await local.close();
    cluster.close();
  });

  it('creates, reads, changes and deletes, and says of listed objects what they are', async () => {
    const created = await objects.create(configMap('one', { a: '1' }), { fieldManager: 'test' });
    expect(created.metadata.resourceVersion).toMatch(/^\d+$/);
    expect(await objects.get('configmaps', 'default', 'one')).toMatchObject({ data: { a: '1' } });
    expect(await objects.update({ ...created, data: { a: '2' } })).toMatchObject({ data: { a: '2' } });
    const patched = objects.patch('configmaps', 'default', 'one', 'merge', { data: { b: '3' } });
    expect(await patched).toMatchObject({ data: { a: '2', b: '3' } });
    await objects.patch('configmaps', 'default', 'one', 'json', [{ op: 'remove', path: '/data/a' }]);
    const found = await objects.list('configmaps', {
      namespace: 'default',
      fieldSelector: 'metadata.name=one',
    });
    expect(found).toMatchObject([{ apiVersion: 'v1', kind: 'ConfigMap', data: { b: '3' } }]);
    expect(found[0]).not.toHaveProperty('data.a');
    expect(await objects.delete('configmaps', 'default', 'one')).toBeUndefined();
    expect(await objects.find('configmaps', 'default', 'one')).toBeUndefined();
  });

  it('answers with the object when a finalizer keeps what was deleted', async () => {
    const object = configMap('kept');
    await objects.create({ ...object, metadata: { ...object.metadata, finalizers: ['example.com/hold'] } });
    const left = await objects.delete('configmaps', 'default', 'kept');
    expect(left?.metadata.deletionTimestamp).toBeDefined();
  });

  it('counts without fetching', async () => {
    const before = await objects.count('configmaps');
    for (const name of ['a', 'b', 'c']) await objects.create(configMap(name));
    expect(await objects.count('configmaps')).toBe(before + 3);
  });

  it('throws the Status that the server answers, as calls in the process do', async () => {
    const expected = await Promise.resolve()
      .then(() => cluster.api.get('configmaps', 'default', 'none'))
      .catch((error: unknown) => error);
    const error: unknown = await objects
      .get('configmaps', 'default', 'none')
      .catch((thrown: unknown) => thrown);
    expect(isApiError(error, 'NotFound')).toBe(true);
    expect((error as { status: unknown }).status).toEqual((expected as { status: unknown }).status);
    await objects.create(configMap('twice'));
    await expect(objects.create(configMap('twice'))).rejects.toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
    });
  });

  it('is unavailable when nobody answers', async () => {
    await local.close();
    await expect(objects.list('pods')).rejects.toMatchObject({ code: 503, reason: 'ServiceUnavailable' });
    expect(await connection.isOk('/readyz')).toBe(false);
  });

  it('knows what the server serves, and finds new kinds when they are asked for', async () => {
    const { catalog } = objects;
    expect(catalog.findStorage('deployments.apps')).toMatchObject({ kind: 'Deployment', namespaced: true });
    expect(catalog.find('', 'v1', 'pods')?.subresources.map(({ name }) => name)).toContain('log');
    expect(catalog.findStorage('events')).toMatchObject({ group: '', version: 'v1' });
    const { revision } = catalog;
    await objects.create(widgets);
    const widget = {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'w', namespace: 'default' },
    };
    await objects.create(widget);
    expect(catalog.revision).toBeGreaterThan(revision);
    expect(catalog.findStorage('widgets.example.com')?.custom?.printerColumns).toMatchObject([
      { name: 'Size' },
    ]);
    await expect(objects.create({ ...widget, kind: 'Gadget' })).rejects.toMatchObject({ code: 404 });
  });

  it('keeps the rows of an unchanged catalog the same array', async () => {
    const before = objects.catalog.all();
    await objects.refreshCatalog();
    expect(objects.catalog.all()).toBe(before);
  });

  describe('a watch', () => {
    const follow = (since: 'present' | 'now' | { resourceVersion: string }) => {
      const told: string[] = [];
      const watch = objects.watch(
        'configmaps',
        { namespace: 'default', since, labelSelector: '!skip' },
        (type, object) => told.push(`${type} ${object.kind} ${object.metadata.name}`),
      );
      return { told, watch };
    };

    it('tells what is there, then changes', async () => {
      await objects.create(configMap('old'));
      const { told } = follow('present');
      await expect.poll(() => told).toContain('ADDED ConfigMap old');
      await objects.create(configMap('new'));
      await objects.delete('configmaps', 'default', 'new');
      await expect
        .poll(() => told)
        .toEqual(expect.arrayContaining(['ADDED ConfigMap new', 'DELETED ConfigMap new']));
    });

    it('tells only what comes when it is asked from a version on', async () => {
      const old = await objects.create(configMap('old'));
      const resourceVersion = old.metadata.resourceVersion ?? '';
      await objects.create(configMap('new'));
      const { told } = follow({ resourceVersion });
      await expect.poll(() => told).toEqual(['ADDED ConfigMap new']);
    });

    it('says nothing after it is closed', async () => {
      const { told, watch } = follow('present');
      watch.close();
      await objects.create(configMap('late'));
      await objects.list('configmaps');
      expect(told).toEqual([]);
    });
  });
});
