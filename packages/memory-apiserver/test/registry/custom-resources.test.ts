import { describe, expect, it } from 'vitest';
import { scenarios } from '../fixtures/custom-resources.js';
import { readRecorded, replay } from '../fixtures/replay.js';
import type { KubeObject } from '../../src/index.js';
import { ApiServer } from '../../src/index.js';
import { servedResources } from '../../src/registry/custom-resources.js';

const recorded = readRecorded('custom-resources-1.34.json');

describe('a CRD and its objects', () => {
  it.each(scenarios)('are answered as by kube-apiserver: $name', ({ name, steps }) =>
    replay(steps, recorded[name]),
  );
});

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

function definition(plural: string, names: object = {}, schema: object = { type: 'object' }): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural, kind: 'Thing', ...names },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  };
}

function cluster() {
  const server = new ApiServer({ controllers: [] });
  return server.createCluster({ name: 'c', uid: 'c', base: server.emptyBase });
}

interface Conditions {
  conditions: { type: string; status: string; reason: string; message: string }[];
}

const conditionsOf = (object: KubeObject): string[] =>
  (object.status as Conditions).conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`);

describe('names of a CRD', () => {
  it('are refused while another of the group has them, and accepted when that is gone', () => {
    const { api } = cluster();
    api.create(definition('things'));
    const second = api.create(definition('others'));
    expect(conditionsOf(second)).toEqual([
      'NamesAccepted=False ListKindConflict',
      'Established=False NotAccepted',
    ]);
    const thing = {
      apiVersion: 'example.com/v1',
      kind: 'Thing',
      metadata: { name: 'x', namespace: 'default' },
    };
    expect(() => api.list('others.example.com')).toThrow(/not found/);
    api.delete(DEFINITIONS, undefined, 'things.example.com');
    expect(conditionsOf(api.get(DEFINITIONS, undefined, 'others.example.com'))).toEqual([
      'NamesAccepted=True NoConflicts',
      'Established=True InitialNamesAccepted',
    ]);
    expect(api.create(thing).metadata.name).toBe('x');
  });
});

describe('a CRD that is being deleted', () => {
  it('says so and takes no new objects while old ones have finalizers', () => {
    const { api } = cluster();
    api.create(definition('things'));
    const metadata = { name: 'held', namespace: 'default', finalizers: ['example.com/hold'] };
    api.create({ apiVersion: 'example.com/v1', kind: 'Thing', metadata });
    api.delete(DEFINITIONS, undefined, 'things.example.com');
    const left = api.get(DEFINITIONS, undefined, 'things.example.com');
    expect(conditionsOf(left)).toContain('Terminating=True InstanceDeletionPending');
    expect(() =>
      api.create({
        apiVersion: 'example.com/v1',
        kind: 'Thing',
        metadata: { name: 'new', namespace: 'default' },
      }),
    ).toThrow('create not permitted while CustomResourceDefinition is terminating');
    api.patch('things.example.com', 'default', 'held', 'merge', { metadata: { finalizers: null } });
    expect(api.find(DEFINITIONS, undefined, 'things.example.com')).toBeUndefined();
  });
});

describe('equal CRDs of several clusters', () => {
  it('share what is made of them', () => {
    const [one, two] = [
      cluster().api.create(definition('things')),
      cluster().api.create(definition('things')),
    ];
    expect(servedResources(one)).toBe(servedResources(two));
    expect(servedResources(cluster().api.create(definition('others')))).not.toBe(servedResources(one));
  });
});

describe('code in the process', () => {
  it('gets pruned and completed objects, too', () => {
    const { api } = cluster();
    const spec = { type: 'object', properties: { a: { type: 'string', default: 'A' } } };
    api.create(definition('things', {}, { type: 'object', properties: { spec } }));
    const metadata = { name: 'x', namespace: 'default' };
    const created = api.create({ apiVersion: 'example.com/v1', kind: 'Thing', metadata, spec: { b: 1 } });
    expect(created.spec).toEqual({ a: 'A' });
  });
});
