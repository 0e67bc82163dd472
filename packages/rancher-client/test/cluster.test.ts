import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCluster } from '../src/cluster.js';
import type { RancherCluster } from '../src/index.js';
import { isActive } from '../src/index.js';
import { v3Cluster } from './support/rancher-stub.js';

const allTrue = ['Connected', 'Ready', 'Updated', 'AgentDeployed'].map((type) => ({ type, status: 'True' }));
const active = parseCluster(
  v3Cluster('c-m-aaaaaaaa', 'x', { state: 'active', transitioning: 'no', conditions: allTrue }),
) as RancherCluster;

describe('isActive', () => {
  it('is true for an active cluster with all four conditions True', () => {
    expect(isActive(active)).toBe(true);
  });

  it('is false while the state or a transition says otherwise', () => {
    expect(isActive({ ...active, state: 'updating' })).toBe(false);
    expect(isActive({ ...active, transitioning: 'yes' })).toBe(false);
    expect(isActive({ ...active, transitioning: 'error' })).toBe(false);
  });

  it.each(allTrue.map(({ type }) => type))(
    'is false while %s is False, Unknown or absent, whatever the state says',
    (type) => {
      const others = allTrue.filter((condition) => condition.type !== type);
      expect(isActive({ ...active, conditions: others })).toBe(false);
      for (const status of ['False', 'Unknown']) {
        expect(isActive({ ...active, conditions: [...others, { type, status }] })).toBe(false);
      }
    },
  );
});

describe('parseCluster', () => {
  it('reads what Rancher sends, null and absent alike', () => {
    expect(parseCluster(v3Cluster('c-abcde', 'one'))).toEqual({
      id: 'c-abcde',
      name: 'one',
      state: 'pending',
      transitioning: 'yes',
      transitioningMessage: '',
      conditions: [],
      annotations: {},
      labels: { 'cattle.io/creator': 'norman' },
      removed: false,
      via: 'management',
    });
  });

  it('reads version, provider, driver, nodes and the time of creation', () => {
    const raw = v3Cluster('c-m-abcdefgh', 'two', {
      version: { gitVersion: 'v1.28.5+k3s1' },
      provider: 'k3s',
      driver: 'imported',
      nodeCount: 2,
      created: '2026-01-01T00:00:00Z',
      removed: '2026-01-02T00:00:00Z',
    });
    expect(parseCluster(raw)).toMatchObject({
      version: 'v1.28.5+k3s1',
      provider: 'k3s',
      driver: 'imported',
      nodeCount: 2,
      created: '2026-01-01T00:00:00Z',
      removed: true,
      via: 'provisioning',
    });
  });

  it('gives a complete cluster or undefined for any JSON, and never throws', () => {
    const keys = Object.keys(v3Cluster('', '', { provider: '', nodeCount: 0 }));
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...keys), fc.jsonValue())),
        (value) => {
          const cluster = parseCluster(value);
          if (cluster !== undefined) {
            expect(isActive(cluster)).toBeTypeOf('boolean');
            expect(cluster.conditions.every(({ type, status }) => type !== '' && status !== '')).toBe(true);
          }
        },
      ),
    );
  });
});
