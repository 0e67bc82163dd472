import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  maxSurge,
  maxUnavailable,
  newSetReplicas,
  oldSetsToShrink,
  proportionalSizes,
} from '../../src/controllers/deployment-rollout.js';
import { safeEncode, templateText } from '../../src/controllers/hash.js';
import type { Deployment, ReplicaSet } from '../../src/controllers/kinds.js';
import { matchesSelector } from '../../src/controllers/label-selector.js';
import { amountOf, formatAmount } from '../../src/controllers/quantity.js';

const bound = fc.oneof(
  fc.nat(10),
  fc.nat(100).map((percent) => `${percent}%`),
);
const deployments = fc
  .record({ replicas: fc.nat(20), surge: bound, unavailable: bound })
  .map(({ replicas, surge, unavailable }): Deployment => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: {},
      template: { spec: { containers: [] } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } },
    },
  }));
const sets = fc
  .record({ replicas: fc.nat(20), share: fc.nat(100) })
  .map(({ replicas, share }): ReplicaSet => ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web' },
    spec: { replicas, template: { spec: { containers: [] } } },
    status: { replicas, availableReplicas: Math.floor((replicas * share) / 100) },
  }));
const size = (list: readonly ReplicaSet[]): number =>
  list.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0);
const available = (list: readonly ReplicaSet[]): number =>
  list.reduce((sum, { status }) => sum + (status?.availableReplicas ?? 0), 0);

describe('rollout arithmetic', () => {
  it('never grows the new set beyond the surge, nor beyond what is wanted', () => {
    fc.assert(
      fc.property(deployments, fc.array(sets, { maxLength: 4 }), sets, (deployment, old, newSet) => {
        const desired = deployment.spec.replicas ?? 0;
        const current = newSet.spec.replicas ?? 0;
        fc.pre(current <= desired);
        const next = newSetReplicas(deployment, [...old, newSet], current);
        expect(next).toBeGreaterThanOrEqual(current);
        expect(next).toBeLessThanOrEqual(desired);
        if (next > current) expect(size(old) + next).toBeLessThanOrEqual(desired + maxSurge(deployment));
      }),
    );
  });

  it('never takes more available pods away than may be unavailable', () => {
    fc.assert(
      fc.property(
        deployments,
        fc.array(sets, { minLength: 1, maxLength: 4 }),
        sets,
        (deployment, old, newSet) => {
          const least = (deployment.spec.replicas ?? 0) - maxUnavailable(deployment);
          const shrunk = oldSetsToShrink(deployment, newSet, old);
          const lost = shrunk.reduce((sum, { set, replicas }) => {
            expect(replicas).toBeGreaterThanOrEqual(0);
            expect(replicas).toBeLessThan(set.spec.replicas ?? 0);
            return sum + Math.max(0, (set.status?.availableReplicas ?? 0) - replicas);
          }, 0);
          const before = available([...old, newSet]);
          expect(before - lost).toBeGreaterThanOrEqual(Math.min(before, least));
        },
      ),
    );
  });

  it('spreads a changed size over all sets without loss', () => {
    fc.assert(
      fc.property(deployments, fc.array(sets, { minLength: 2, maxLength: 4 }), (deployment, active) => {
        const desired = deployment.spec.replicas ?? 0;
        const allowed = desired > 0 ? desired + maxSurge(deployment) : 0;
        const sizes = proportionalSizes(deployment, active, () => Math.max(1, size(active)));
        expect(sizes.every(({ replicas }) => replicas >= 0)).toBe(true);
        expect(sizes.reduce((sum, { replicas }) => sum + replicas, 0)).toBe(allowed);
      }),
    );
  });
});

describe('quantities', () => {
  it('come back as the same amount', () => {
    const like = fc.constantFrom('1', '1Gi', '500m');
    fc.assert(
      fc.property(fc.nat(10_000_000), like, (milli, unit) => {
        const amount = unit === '1Gi' ? milli : milli / 1000;
        expect(amountOf(formatAmount(amount, unit))).toBeCloseTo(amount, 6);
      }),
    );
  });

  it.each([
    ['500m', 0.5],
    ['1Gi', 2 ** 30],
    ['2k', 2000],
    ['1e3', 1000],
    ['.5', 0.5],
    ['nonsense', 0],
  ])('%s is %d', (text, amount) => {
    expect(amountOf(text)).toBe(amount);
  });
});

describe('selectors and hashes', () => {
  it('match as upstream does when a label is missing', () => {
    const matches = (operator: string, labels?: Record<string, string>): boolean =>
      matchesSelector({ matchExpressions: [{ key: 'a', operator, values: ['1'] }] }, labels);
    expect(['In', 'NotIn', 'Exists', 'DoesNotExist'].map((operator) => matches(operator))).toEqual([
      false,
      true,
      false,
      true,
    ]);
    expect(
      ['In', 'NotIn', 'Exists', 'DoesNotExist'].map((operator) => matches(operator, { a: '1' })),
    ).toEqual([true, false, true, false]);
    expect(matchesSelector({}, undefined)).toBe(true);
  });

  it('of templates ignore order and empty fields, and use the safe alphabet', () => {
    expect(templateText({ a: 1, b: { c: {} }, d: [] })).toBe(templateText({ a: 1 }));
    expect(templateText({ a: [{}, 1] })).not.toBe(templateText({ a: [1] }));
    fc.assert(
      fc.property(fc.nat(2 ** 31), (hash) => {
        expect(safeEncode(hash)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]+$/);
      }),
    );
  });
});
