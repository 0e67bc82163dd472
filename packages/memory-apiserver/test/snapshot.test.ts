import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiServer, Cluster, KubeObject } from '../src/index.js';
import { createApiServer } from '../src/index.js';

const configMap = (name: string, value = '1'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data: { value },
});

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'ships.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'ships', kind: 'Ship' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
} as KubeObject;
const ship = (name: string): KubeObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Ship',
  metadata: { name, namespace: 'default' },
});

/** What stays the same over a restore. */
const contents = ({ api }: Cluster, storage: string): unknown[] =>
  api
    .list(storage)
    .map(({ metadata, ...rest }) => ({ ...rest, metadata: { ...metadata, resourceVersion: '' } }));

let server: ApiServer;
let cluster: Cluster;

beforeEach(() => {
  server = createApiServer({ controllers: [] });
  cluster = server.createCluster();
});
afterEach(() => server.close());

describe('snapshot', () => {
  it('brings back what was changed, removed and added since', () => {
    for (const name of ['kept', 'changed', 'removed']) cluster.api.create(configMap(name));
    const before = contents(cluster, 'configmaps');
    const snapshot = cluster.snapshot();
    cluster.api.update(configMap('changed', '2'));
    cluster.api.delete('configmaps', 'default', 'removed');
    cluster.api.create(configMap('added'));
    cluster.restore(snapshot);
    expect(contents(cluster, 'configmaps')).toEqual(before);
  });

  it('shows watchers what a restore changes, and nothing else', () => {
    for (const name of ['kept', 'changed', 'removed']) cluster.api.create(configMap(name));
    const snapshot = cluster.snapshot();
    cluster.api.update(configMap('changed', '2'));
    cluster.api.delete('configmaps', 'default', 'removed');
    cluster.api.create(configMap('added'));
    const events: string[] = [];
    cluster.api.watch('configmaps', {}, (type, { metadata }) => events.push(`${type} ${metadata.name}`));
    cluster.restore(snapshot);
    expect(events.sort()).toEqual(['ADDED removed', 'DELETED added', 'MODIFIED changed']);
  });

  it('survives JSON and goes into a cluster of another process', async () => {
    cluster.api.create(definition);
    cluster.api.create(ship('one'));
    cluster.api.create(configMap('note'), { fieldManager: 'me' });
    cluster.api.delete('clusterroles.rbac.authorization.k8s.io', undefined, 'view');
    const text = JSON.stringify(cluster.snapshot());
    const other = createApiServer({ controllers: [] });
    const copy = other.createCluster();
    copy.restore(JSON.parse(text) as ReturnType<Cluster['snapshot']>);
    for (const storage of [
      'configmaps',
      'namespaces',
      'ships.example.com',
      'clusterroles.rbac.authorization.k8s.io',
    ])
      expect(contents(copy, storage)).toEqual(contents(cluster, storage));
    expect(copy.objectCount()).toBe(cluster.objectCount());
    await other.close();
  });

  it('serves the kinds that the snapshot defines, and those only', () => {
    const empty = cluster.snapshot();
    cluster.api.create(definition);
    cluster.api.create(ship('one'));
    const full = cluster.snapshot();
    cluster.restore(empty);
    expect(cluster.catalog.findStorage('ships.example.com')).toBeUndefined();
    cluster.restore(full);
    expect(cluster.api.list('ships.example.com').map(({ metadata }) => metadata.name)).toEqual(['one']);
    cluster.api.create(ship('two'));
  });

  it('lets controllers go on from what it brings back', async () => {
    const busy = createApiServer();
    const other = busy.createCluster();
    await busy.idle();
    const snapshot = other.snapshot();
    other.api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'later' } });
    await busy.idle();
    expect(other.api.find('serviceaccounts', 'later', 'default')).toBeDefined();
    other.restore(snapshot);
    await busy.idle();
    expect(other.api.find('namespaces', undefined, 'later')).toBeUndefined();
    expect(other.api.list('serviceaccounts', { namespace: 'later' })).toEqual([]);
    await busy.close();
  });

  it('refuses objects of unknown kinds and leaves the cluster as it is', () => {
    const { items, ...list } = cluster.snapshot();
    expect(() => cluster.restore({ ...list, items: [ship('one')] })).toThrow(
      'no matches for kind "Ship" in version "example.com/v1"',
    );
    expect(contents(cluster, 'namespaces')).toHaveLength(
      items.filter(({ kind }) => kind === 'Namespace').length,
    );
  });
});
