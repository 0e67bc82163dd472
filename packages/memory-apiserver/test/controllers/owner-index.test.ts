import { describe, expect, it } from 'vitest';
import { OwnerIndex } from '../../src/controllers/owner-index.js';
import type { KubeObject } from '../../src/object.js';
import { variablePlaceholder, variableValues } from '../../src/store/placeholders.js';

const owned = (name: string, ...owners: string[]): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'demo',
    ownerReferences: owners.map((owner) => ({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: owner,
      uid: owner,
    })),
  },
});
const names = (index: OwnerIndex, owner: string): string[] =>
  index
    .dependents('ReplicaSet', owner)
    .map(({ name }) => name)
    .sort();

describe('owner index', () => {
  it('knows the dependents of an owner until they are gone', () => {
    const index = new OwnerIndex();
    index.add('pods', owned('a', 'web'));
    index.add('pods', owned('b', 'web', 'db'));
    expect(names(index, 'web')).toEqual(['a', 'b']);
    expect(index.knows('pods', owned('b', 'web', 'db'))).toBe(true);
    expect(index.knows('pods', owned('a', 'web', 'db'))).toBe(false);
    index.remove('pods', owned('b', 'web', 'db'));
    expect(names(index, 'web')).toEqual(['a']);
    expect(index.has('ReplicaSet', 'db')).toBe(false);
  });

  it('sees through to the base below without changing it', () => {
    const base = OwnerIndex.of([owned('a', 'web')], () => 'pods');
    const [one, other] = [new OwnerIndex(base), new OwnerIndex(base)];
    one.add('pods', owned('a', 'web'));
    one.add('pods', owned('b', 'web'));
    expect(names(one, 'web')).toEqual(['a', 'b']);
    expect(names(other, 'web')).toEqual(['a']);
    expect(other.knows('pods', owned('a', 'web'))).toBe(true);
    expect(other.has('Deployment', 'web')).toBe(false);
  });

  it('puts the cluster’s name where the base has its placeholder', () => {
    const base = OwnerIndex.of(
      [owned('{{cluster-name}}-a', '{{cluster-name}}-web'), owned('b-{{cluster-name}}', 'web')],
      () => 'pods',
    );
    const index = new OwnerIndex(base, { name: 'berlin' });
    expect(names(index, 'berlin-web')).toEqual(['berlin-a']);
    expect(names(index, 'web')).toEqual(['b-berlin']);
    expect(index.has('ReplicaSet', 'berlin-web')).toBe(true);
    expect(index.has('ReplicaSet', 'paris-web')).toBe(false);
    expect(index.knows('pods', owned('berlin-a', 'berlin-web'))).toBe(true);
    expect(index.knows('pods', owned('paris-a', 'berlin-web'))).toBe(false);
  });

  it('puts the values of the cluster’s variables where the base has their placeholders', () => {
    const key = variablePlaceholder('key');
    const base = OwnerIndex.of(
      [owned(`${key}-a`, `web-${key}`), owned(`b-${key}-{{cluster-name}}`, 'web')],
      () => 'pods',
    );
    const index = new OwnerIndex(base, {
      name: 'berlin',
      variables: variableValues(['key'], { key: 'ab12' }),
    });
    expect(names(index, 'web-ab12')).toEqual(['ab12-a']);
    expect(names(index, 'web')).toEqual(['b-ab12-berlin']);
    expect(names(index, 'web-cd34')).toEqual([]);
    expect(index.knows('pods', owned('ab12-a', 'web-ab12'))).toBe(true);
    expect(index.knows('pods', owned('cd34-a', 'web-ab12'))).toBe(false);
  });
});
