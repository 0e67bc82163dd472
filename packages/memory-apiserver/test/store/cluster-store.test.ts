import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/object.js';
import type { Change } from '../../src/store/change.js';
import { ClusterBase } from '../../src/store/cluster-base.js';
import type { ClusterStoreOptions, JournalEntry } from '../../src/store/cluster-store.js';
import { ClusterStore } from '../../src/store/cluster-store.js';
import { hashBits } from '../../src/store/identity.js';
import { splitKey } from '../../src/store/key.js';

const make = (name: string, value = ''): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name, namespace: 'ns' },
  value,
});

let base: ClusterBase;

function open(options: Partial<ClusterStoreOptions> = {}): ClusterStore {
  return new ClusterStore({
    base,
    identity: {
      name: 'c',
      uid: 'c',
      createdAt: '2026-01-01T00:00:00Z',
      caCert: '',
      baseRevision: 100,
      seed: hashBits('c'),
    },
    startRevision: 1000,
    now: () => 0,
    ...options,
  });
}

const valueAt = (store: ClusterStore, name: string): unknown => {
  const text = store.read('things', `ns/${name}`);
  return text === undefined ? undefined : (JSON.parse(text) as KubeObject).value;
};

beforeEach(() => {
  base = new ClusterBase(['b', 'd'].map((name) => ({ storage: 'things', object: make(name, 'base') })));
});

describe('ClusterStore', () => {
  it('shows its base until it has something else to say', () => {
    const store = open();
    expect(valueAt(store, 'b')).toBe('base');
    store.put('things', 'ns/b', make('b', 'own'));
    store.put('things', 'ns/c', make('c', 'own'));
    store.remove('things', 'ns/d', make('d'));
    expect(valueAt(store, 'b')).toBe('own');
    expect(valueAt(store, 'd')).toBeUndefined();
    expect(store.keys('things')).toEqual(['ns/b', 'ns/c']);
    expect(store.count('things')).toBe(2);
    expect(store.objectCount()).toBe(2);
  });

  it('leaves other clusters of the base alone', () => {
    const [one, two] = [open(), open()];
    one.put('things', 'ns/b', make('b', 'own'));
    one.remove('things', 'ns/d', make('d'));
    expect(valueAt(two, 'b')).toBe('base');
    expect(two.keys('things')).toEqual(['ns/b', 'ns/d']);
  });

  it('gives each write the next revision', () => {
    const store = open();
    const first = JSON.parse(store.put('things', 'ns/x', make('x'))) as KubeObject;
    const second = JSON.parse(store.put('others', '/y', make('y'))) as KubeObject;
    expect(Number(second.metadata.resourceVersion)).toBe(Number(first.metadata.resourceVersion) + 1);
    expect(store.revision).toBe(1002);
  });

  it('tells listeners what has been and what is', () => {
    const store = open();
    const seen: unknown[] = [];
    const onChange = ({ type, key, previousBody, body, revision }: Change): number =>
      seen.push([type, key, previousBody?.value, body.value, revision]);
    store.addListener('things', { onChange });
    store.put('things', 'ns/b', make('b', 'own'));
    store.put('things', 'ns/n', make('n', 'new'));
    store.remove('things', 'ns/n', make('n', 'last'));
    store.put('others', '/z', make('z'));
    expect(seen).toEqual([
      ['MODIFIED', 'ns/b', 'base', 'own', 1001],
      ['ADDED', 'ns/n', undefined, 'new', 1002],
      ['DELETED', 'ns/n', 'new', 'last', 1003],
    ]);
  });

  it('tells all listeners of one change before the next, even if a listener writes', () => {
    const store = open();
    const order: string[] = [];
    store.addListener('things', {
      onChange: ({ key }) => {
        order.push(`first ${key}`);
        if (key === 'ns/1') store.put('things', 'ns/2', make('2'));
      },
    });
    store.addListener('things', { onChange: ({ key }) => order.push(`second ${key}`) });
    store.put('things', 'ns/1', make('1'));
    expect(order).toEqual(['first ns/1', 'second ns/1', 'first ns/2', 'second ns/2']);
  });

  it('remembers changes within its limits', () => {
    const store = open({ eventLog: { maxEvents: 3, maxChars: 1 << 20, maxAgeMs: 1000 } });
    const start = store.revision;
    for (let i = 0; i < 5; i += 1) store.put('things', `ns/x${i}`, make(`x${i}`));
    expect(store.oldestRevision).toBe(start + 2);
    expect(store.changesSince('things', start + 1)).toBeUndefined();
    expect(store.changesSince('things', start + 2)?.map(({ key }) => key)).toEqual([
      'ns/x2',
      'ns/x3',
      'ns/x4',
    ]);
    expect(store.changesSince('things', start + 5)).toEqual([]);
  });

  it('forgets changes by age and by size', () => {
    let now = 0;
    const store = open({ now: () => now, eventLog: { maxEvents: 100, maxChars: 2000, maxAgeMs: 1000 } });
    store.put('things', 'ns/a', make('a'));
    now = 600;
    store.put('things', 'ns/b', make('b'));
    now = 1200;
    expect(store.trimLog()).toBe(true);
    expect(store.changesSince('things', store.oldestRevision)?.map(({ key }) => key)).toEqual(['ns/b']);
    store.put('things', 'ns/big', make('big', 'x'.repeat(3000)));
    expect(store.changesSince('things', store.oldestRevision)?.map(({ key }) => key)).toEqual(['ns/big']);
    now = 5000;
    expect(store.trimLog()).toBe(false);
  });

  it('comes back from its journal with the same objects, versions and larger new ones', () => {
    const journal: JournalEntry[] = [];
    const store = open({
      onChange: ({ storage, key, revision, type, text }) =>
        journal.push({ storage, ...splitKey(key), revision, json: type === 'DELETED' ? null : text }),
    });
    store.put('things', 'ns/b', make('b', 'own'));
    store.put('things', 'ns/n', make('n', 'new'));
    store.remove('things', 'ns/d', make('d'));
    store.remove('things', 'ns/n', make('n'));
    store.put('things', 'ns/m', make('m', 'new'));
    const again = open({ restore: journal, startRevision: 50 });
    expect(again.keys('things')).toEqual(store.keys('things'));
    for (const key of store.keys('things')) expect(again.read('things', key)).toBe(store.read('things', key));
    expect(again.revision).toBe(store.revision);
    expect(again.count('things')).toBe(store.count('things'));
    // A client's older version can't be served: what happened before the restart isn't in the log.
    expect(again.changesSince('things', again.revision - 1)).toBeUndefined();
  });

  it('agrees with a plain map for any writes', () => {
    const step = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd', 'e'), put: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const store = open();
        const model = new Set(['b', 'd']);
        for (const { name, put } of steps) {
          if (put) store.put('things', `ns/${name}`, make(name));
          else store.remove('things', `ns/${name}`, make(name));
          if (put) model.add(name);
          else model.delete(name);
          expect(store.keys('things')).toEqual([...model].sort().map((each) => `ns/${each}`));
          expect(store.count('things')).toBe(model.size);
          expect(store.keys('things', 'other')).toEqual([]);
        }
      }),
    );
  });
});
