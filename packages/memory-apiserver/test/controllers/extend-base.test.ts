import { describe, expect, it, onTestFinished } from 'vitest';
import type {
  ApiServerOptions,
  BaseDraft,
  Cluster,
  ClusterBase,
  JournalEntry,
  KubeObject,
} from '../../src/index.js';
import { ApiServer } from '../../src/index.js';
import { node, workload } from './cluster.js';

const createdAt = Date.UTC(2026, 0, 1);
const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'demo' } };

function newServer(options: ApiServerOptions = {}): ApiServer {
  const server = new ApiServer(options);
  onTestFinished(() => server.close());
  return server;
}

const plainBase = (server: ApiServer): ClusterBase =>
  server.createBase([namespace, node('{{cluster-name}}-n1'), workload('apps/v1', 'Deployment', 'web')]);

const config = (name: string, data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'demo' },
  data,
});

/** Objects with the variable in their names, and what controllers make of them. */
function write({ api, variables: { key = '' } }: BaseDraft): void {
  const agent = workload('apps/v1', 'Deployment', `agent-${key}`, { replicas: 2 });
  agent.metadata.annotations = { nested: JSON.stringify({ secret: `credentials-${key}` }) };
  api.create(agent, { fieldManager: 'installer' });
  api.create(config('keys', { [`of-${key}`]: 'x', chart: '{{ .Values.key }} {{key}} {{credentials}}' }), {
    fieldManager: 'installer',
  });
}

const extended = (server: ApiServer, base = plainBase(server)): ClusterBase =>
  server.extendBase(base, write, { variables: ['key'] });

const create = (server: ApiServer, base: ClusterBase, name: string, key: string): Cluster =>
  server.createCluster({ name, uid: name, base, createdAt, caCert: 'PEM', variables: { key } });

const textOf = (cluster: Cluster): string => JSON.stringify(cluster.snapshot());
const namesOf = ({ api }: Cluster, storage: string): string[] =>
  api.list(storage, { namespace: 'demo' }).map(({ metadata }) => metadata.name);
const fieldsOf = (cluster: Cluster, kind: string, name: string): unknown[] =>
  (cluster.snapshot().items.find((item) => item.kind === kind && item.metadata.name === name)?.metadata
    .managedFields ?? []) as unknown[];

describe('a base with what was written to another one', () => {
  it('gives clusters all of it with their own values, in names, keys and texts within texts', () => {
    const server = newServer();
    const base = extended(server);
    const [one, two] = [create(server, base, 'one', 'ab12'), create(server, base, 'two', 'cd34')];
    expect(namesOf(one, 'deployments.apps')).toEqual(['agent-ab12', 'web']);
    expect(namesOf(two, 'deployments.apps')).toEqual(['agent-cd34', 'web']);
    expect(one.api.find('deployments.apps', 'demo', 'agent-cd34')).toBeUndefined();
    const agent = two.api.get('deployments.apps', 'demo', 'agent-cd34');
    expect(agent.metadata.annotations?.['nested']).toBe('{"secret":"credentials-cd34"}');
    expect(agent['status']).toMatchObject({ availableReplicas: 2, observedGeneration: 1 });
    expect(agent.metadata.creationTimestamp).toBe('2026-01-01T00:00:00Z');
    expect(one.api.get('configmaps', 'demo', 'keys')['data']).toEqual({
      'of-ab12': 'x',
      chart: '{{ .Values.key }} {{key}} {{credentials}}',
    });
    for (const pod of one.api.list('pods', { namespace: 'demo' })) {
      expect(pod['status']).toMatchObject({ phase: 'Running' });
      expect(pod['spec']).toMatchObject({ nodeName: 'one-n1' });
    }
    expect(textOf(one)).not.toMatch(/cd34|v0[0-9a-f]{20}v|placeholder/);
  });

  it('says who owns which fields, as if it had been written in the cluster', async () => {
    const server = newServer();
    const base = plainBase(server);
    const shared = create(server, extended(server, base), 'shared', 'ab12');
    const written = server.createCluster({ name: 'shared', uid: 'written', base, createdAt, caCert: 'PEM' });
    write({ api: written.api, variables: { key: 'ab12' }, settle: () => undefined });
    await expect
      .poll(() => written.api.get('deployments.apps', 'demo', 'agent-ab12')['status'], { timeout: 10_000 })
      .toMatchObject({ availableReplicas: 2 });
    const known = (fields: unknown[]): unknown =>
      JSON.parse(JSON.stringify(fields, (name, value: unknown) => (name === 'time' ? undefined : value)));
    for (const [kind, name] of [
      ['Deployment', 'agent-ab12'],
      ['ConfigMap', 'keys'],
    ] as const) {
      const fields = known(fieldsOf(shared, kind, name)) as unknown[];
      expect(fields).toHaveLength(kind === 'Deployment' ? 2 : 1);
      expect(fields).toEqual(expect.arrayContaining(known(fieldsOf(written, kind, name)) as unknown[]));
    }
    expect(JSON.stringify(fieldsOf(shared, 'ConfigMap', 'keys'))).toContain('"f:of-ab12"');
    expect(fieldsOf(shared, 'Deployment', 'web')).toEqual([]);
  });

  it('leaves what was there as it was, uids included', () => {
    const server = newServer();
    const base = plainBase(server);
    const before = server.createCluster({ name: 'a', uid: 'a', base, createdAt, caCert: 'PEM' });
    const objects = (cluster: Cluster): Map<string, unknown> =>
      new Map(
        cluster.snapshot().items.map((item) => {
          const { resourceVersion: _revision, ...metadata } = item.metadata;
          return [`${item.kind} ${metadata.namespace}/${metadata.name}`, { ...item, metadata }];
        }),
      );
    const old = objects(before);
    before.close();
    const now = objects(create(server, extended(server, base), 'a', 'ab12'));
    for (const [name, object] of old) expect(now.get(name), name).toEqual(object);
    expect(now.size).toBeGreaterThan(old.size);
  });

  it('is the same each time it is made, so that a journal fits', async () => {
    const server = newServer();
    const entries: JournalEntry[] = [];
    const first = server.createCluster({
      name: 'a',
      uid: 'a',
      base: extended(server),
      createdAt,
      variables: { key: 'ab12' },
      caCert: 'PEM',
      onWrite: (entry) => void entries.push(entry),
    });
    const untouched = textOf(first);
    const [pod = ''] = namesOf(first, 'pods');
    first.api.delete('pods', 'demo', pod, { gracePeriodSeconds: 0 });
    await server.idle();
    const later = newServer();
    const base = extended(later);
    expect(textOf(create(later, base, 'a', 'ab12'))).toBe(untouched);
    const again = newServer().createCluster({
      name: 'a',
      uid: 'a',
      base,
      createdAt,
      variables: { key: 'ab12' },
      caCert: 'PEM',
      restore: entries,
    });
    expect(textOf(again)).toBe(textOf(first));
    expect(namesOf(again, 'pods')).not.toContain(pod);
  });

  it('leaves clusters nothing to do', async () => {
    const server = newServer();
    const base = extended(server);
    for (let i = 0; i < 20; i += 1) create(server, base, `c${i}`, `k${i}`);
    await server.idle();
    expect(server.controllerMetrics()).toMatchObject({ reconciles: 0, queued: 0, delayed: 0 });
  });

  it('has owners that go with what they own', async () => {
    const server = newServer();
    const one = create(server, extended(server), 'one', 'ab12');
    expect(namesOf(one, 'replicasets.apps')).toHaveLength(2);
    one.api.delete('deployments.apps', 'demo', 'agent-ab12');
    await server.idle();
    await expect.poll(() => namesOf(one, 'pods'), { timeout: 10_000 }).toHaveLength(1);
    expect(namesOf(one, 'replicasets.apps')).toEqual([expect.stringMatching(/^web-/)]);
  });

  it('can be extended itself, and serves the resources that were defined', () => {
    const server = newServer();
    const definition: KubeObject = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { kind: 'Widget', plural: 'widgets' },
        versions: [
          { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
        ],
      },
    };
    const widget = (name: string): KubeObject => ({
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name, namespace: 'demo' },
    });
    const first = server.extendBase(
      extended(server),
      ({ api, variables: { key, other }, settle }) => {
        api.create(definition);
        settle();
        api.create(widget(`${key}-${other}`));
      },
      { variables: ['other'] },
    );
    expect(first.variables).toEqual(['key', 'other']);
    const second = server.extendBase(first, ({ api }) => void api.create(widget('last')));
    const cluster = server.createCluster({ base: second, variables: { key: 'ab12', other: 'x' } });
    expect(namesOf(cluster, 'widgets.example.com')).toEqual(['ab12-x', 'last']);
    expect(cluster.api.find('widgets.example.com', 'demo', 'ab12-x')).toBeDefined();
    expect(namesOf(cluster, 'deployments.apps')).toContain('agent-ab12');
    cluster.api.create(widget('own'));
    expect(namesOf(cluster, 'widgets.example.com')).toEqual(['ab12-x', 'last', 'own']);
  });

  it('is not made when a write is refused, and clusters not without its values', () => {
    const server = newServer();
    const base = plainBase(server);
    const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', namespace: 'demo' } };
    expect(() => server.extendBase(base, ({ api }) => void api.create(pod))).toThrow(/spec\.containers/);
    expect(() => server.createCluster({ base: extended(server, base) })).toThrow(/needs a value .* key/);
    expect(() => server.createCluster({ base, variables: { key: 'a' } })).toThrow(/has no variable key/);
  });
});
