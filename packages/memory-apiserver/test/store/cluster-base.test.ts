import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/object.js';
import { ClusterBase } from '../../src/store/cluster-base.js';
import { ClusterStore } from '../../src/store/cluster-store.js';
import { hashBits, revisionAt } from '../../src/store/identity.js';
import { variablePlaceholder, variableValues, type VariableValues } from '../../src/store/placeholders.js';

const object = (name: string, more: Partial<KubeObject> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  ...more,
  metadata: { name, namespace: 'default', ...more.metadata },
});

function storeOf(
  base: ClusterBase,
  name = 'one',
  uid = name,
  caCert = '',
  variables?: VariableValues,
): ClusterStore {
  const createdAt = '2026-01-02T03:04:05Z';
  const baseRevision = revisionAt(Date.parse(createdAt));
  const identity = { name, uid, createdAt, caCert, baseRevision, seed: hashBits(uid), variables };
  return new ClusterStore({ base, identity, startRevision: baseRevision, now: () => 0 });
}

const read = (store: ClusterStore, key: string): KubeObject =>
  JSON.parse(store.read('things', key) ?? 'null');
const baseOf = (...objects: KubeObject[]): ClusterBase =>
  new ClusterBase(objects.map((each) => ({ storage: 'things', object: each })));

describe('a base', () => {
  it('is rendered with the name of each cluster, in keys and anywhere in values', () => {
    const base = baseOf(
      object('{{cluster-name}}-a', { data: { host: 'x.{{cluster-name}}.y' } }),
      object('fixed'),
    );
    const store = storeOf(base, 'berlin');
    expect(store.keys('things')).toEqual(['default/berlin-a', 'default/fixed']);
    expect(read(store, 'default/berlin-a')).toMatchObject({
      metadata: { name: 'berlin-a' },
      data: { host: 'x.berlin.y' },
    });
    expect(store.read('things', 'default/paris-a')).toBeUndefined();
  });

  it('keeps names apart of which one begins with another', () => {
    const base = baseOf(
      object('{{cluster-name}}'),
      object('{{cluster-name}}-{{cluster-name}}'),
      object('a-{{cluster-name}}'),
    );
    const store = storeOf(base, 'a');
    expect(store.has('things', 'default/a')).toBe(true);
    expect(store.has('things', 'default/a-a')).toBe(true);
    expect(store.has('things', 'default/a-b')).toBe(false);
  });

  it('is rendered with the values of each cluster’s variables, in keys and anywhere in values', () => {
    const [key, id] = [variablePlaceholder('key'), variablePlaceholder('id')];
    const base = baseOf(
      object(`a-${key}`, { data: { [`k-${key}`]: `${id}.{{cluster-name}}` } }),
      object(`a-${id}-b`),
      object(`${key}-{{cluster-name}}-${id}`),
    );
    const store = storeOf(base, 'berlin', 'berlin', '', variableValues(['key', 'id'], { key: 'x', id: 'y' }));
    expect(store.keys('things')).toEqual(['default/a-x', 'default/a-y-b', 'default/x-berlin-y']);
    for (const each of store.keys('things')) expect(store.has('things', each), each).toBe(true);
    for (const each of ['a-y', 'a-x-b', 'y-berlin-x', 'x-berlin-z', 'x-paris-y'])
      expect(store.has('things', `default/${each}`), each).toBe(false);
    expect(read(store, 'default/a-x')).toMatchObject({
      metadata: { name: 'a-x' },
      data: { 'k-x': 'y.berlin' },
    });
  });

  it('gives objects UIDs that are stable for a cluster and differ between clusters', () => {
    const base = baseOf(object('a'), object('b'));
    const uid = (cluster: string, name: string): string | undefined =>
      read(storeOf(base, 'same-name', cluster), `default/${name}`).metadata.uid;
    expect(uid('one', 'a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uid('one', 'a')).toBe(uid('one', 'a'));
    expect(new Set([uid('one', 'a'), uid('one', 'b'), uid('two', 'a'), uid('two', 'b')]).size).toBe(4);
  });

  it('rewrites UIDs wherever objects of the base refer to each other', () => {
    const owner = object('owner', {
      metadata: { name: 'owner', uid: '11111111-1111-4111-8111-111111111111' },
    });
    const dependent = object('dependent', {
      metadata: {
        name: 'dependent',
        ownerReferences: [
          { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid ?? '' },
        ],
      },
      data: { of: owner.metadata.uid ?? '', foreign: '22222222-2222-4222-8222-222222222222' },
    });
    const store = storeOf(baseOf(owner, dependent));
    const { uid } = read(store, 'default/owner').metadata;
    const rendered = read(store, 'default/dependent');
    expect(rendered.metadata.ownerReferences?.[0]?.uid).toBe(uid);
    expect(rendered.data).toEqual({ of: uid, foreign: '22222222-2222-4222-8222-222222222222' });
  });

  it('renders times of its making as times after the creation of the cluster', () => {
    const status = {
      at: '1971-01-01T00:00:03Z',
      micro: '1971-01-01T00:00:01.500000Z',
      real: '2020-01-01T00:00:00Z',
    };
    const store = storeOf(baseOf(object('a', { status })));
    const rendered = read(store, 'default/a');
    expect(rendered.metadata.creationTimestamp).toBe('2026-01-02T03:04:05Z');
    expect(rendered.status).toEqual({
      at: '2026-01-02T03:04:08Z',
      micro: '2026-01-02T03:04:06.500000Z',
      real: '2020-01-01T00:00:00Z',
    });
  });

  it('escapes what is put into strings', () => {
    const pem = '-----BEGIN "CERTIFICATE"-----\nabc\\\n';
    const store = storeOf(baseOf(object('a', { data: { ca: '{{ca-cert}}' } })), 'one', 'one', pem);
    expect(read(store, 'default/a').data).toEqual({ ca: pem });
  });

  it('gives each object a version of its own', () => {
    const store = storeOf(baseOf(object('a'), object('b')));
    const versions = ['a', 'b'].map((name) =>
      Number(read(store, `default/${name}`).metadata.resourceVersion),
    );
    expect(versions[1]).toBe((versions[0] ?? 0) + 1);
    expect(store.revision).toBeGreaterThan(versions[1] ?? 0);
  });

  it('renders any strings around its placeholders unchanged', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        fc.pre(!`${before}${after}`.includes('{{'));
        const base = baseOf(object('a', { data: { text: `${before}{{cluster-name}}${after}` } }));
        expect(read(storeOf(base, 'x'), 'default/a').data.text).toBe(`${before}x${after}`);
      }),
    );
  });
});
