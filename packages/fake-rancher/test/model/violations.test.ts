import { describe, expect, it } from 'vitest';
import { formatViolation, Violations } from '../../src/model/violations.js';

describe('Violations', () => {
  it('counts by kind and keeps the first in words', () => {
    const violations = new Violations();
    violations.report('http-500', 'c-1', 'first');
    violations.report('http-500', 'c-2', 'second');
    violations.report('http-500', 'c-1', 'third');
    expect(violations.list()).toEqual([
      { kind: 'http-500', count: 3, clusters: ['c-1', 'c-2'], sample: 'c-1: first' },
    ]);
    expect(violations.list().map(formatViolation)).toEqual(['http-500: 3 in 2 clusters, first c-1: first']);
  });

  it('stays small when everything goes wrong', () => {
    const violations = new Violations();
    for (let cluster = 0; cluster < 1000; cluster++)
      violations.report('x', `c-${cluster}`, 'y'.repeat(10_000));
    expect(JSON.stringify(violations.list()).length).toBeLessThan(1000);
  });

  it('notices a uid that lives in two clusters, and only then', () => {
    const violations = new Violations();
    violations.claimUid('u1', 'c-1', 'node a');
    violations.claimUid('u1', 'c-1', 'node a');
    violations.claimUid('u2', 'c-2', 'node a');
    expect(violations.list()).toEqual([]);
    violations.claimUid('u1', 'c-2', 'node b');
    expect(violations.list().map(({ kind }) => kind)).toEqual(['shared-uid']);
    violations.claimUid(undefined, 'c-2', 'node c');
    expect(violations.list().map(({ kind }) => kind)).toEqual(['shared-uid', 'uid-missing']);
  });

  it('forgets the uids of a cluster that is gone', () => {
    const violations = new Violations();
    violations.claimUid('u1', 'c-1', 'node a');
    violations.forgetUids('c-1');
    violations.claimUid('u1', 'c-2', 'node a');
    expect(violations.list()).toEqual([]);
  });
});
