import { describe, expect, it } from 'vitest';
import type { SpecResult } from '../../../../tools/conformance/report.js';
import { exactly, focusOn } from '../../../../tools/conformance/suite.js';
import { regressions, resultTable } from '../../../../tools/conformance/table.js';

const result = (name: string, outcome: SpecResult['outcome']): SpecResult => ({ name, outcome, seconds: 2 });

const known = {
  a: { kwok: 'passed', ours: 'passed' },
  b: { kwok: 'passed', ours: 'failed', reason: 'needs a kubelet' },
  c: { kwok: 'failed', ours: 'passed' },
} as const;

describe('resultTable', () => {
  it('sets our results beside those of KWOK and counts both', () => {
    const results = [
      result('a', 'passed'),
      result('b', 'failed'),
      result('c', 'passed'),
      result('d', 'passed'),
    ];
    expect(resultTable(results, known).split('\n')).toEqual([
      'ours  KWOK      time  spec',
      'pass  pass     2.0 s  a',
      'FAIL  pass     2.0 s  b  (needs a kubelet)',
      'pass  FAIL     2.0 s  c',
      'pass  –        2.0 s  d',
      '',
      '3 of 4 specs pass, 1 of the 2 that pass on KWOK (50.0 %), 1 that KWOK fails',
    ]);
  });

  it('shortens names by what all have in common', () => {
    const name = '[sig-apps] Job [Privileged:ClusterAdmin] should end [Conformance]';
    expect(resultTable([result(name, 'passed')], {})).toContain('  [sig-apps] Job should end\n');
  });
});

describe('regressions', () => {
  it('are the specs that passed when they were recorded', () => {
    const results = [
      result('a', 'failed'),
      result('b', 'failed'),
      result('c', 'passed'),
      result('new', 'failed'),
    ];
    expect(regressions(results, known)).toEqual(['a']);
  });
});

describe('the focus of a run', () => {
  it('is conformance specs of the SIGs that match', () => {
    const focus = new RegExp(focusOn(['apps', 'auth'], 'Deployment'));
    expect(focus.test('[sig-apps] Deployment should run [Conformance]')).toBe(true);
    expect(focus.test('[sig-node] Deployment should run [Conformance]')).toBe(false);
    expect(focus.test('[sig-apps] Job should run [Conformance]')).toBe(false);
    expect(focus.test('[sig-apps] Deployment should run')).toBe(false);
  });

  it('can be names in full, whatever characters they have', () => {
    const focus = new RegExp(exactly(['[sig-apps] a (b)', 'c.d']));
    expect(focus.test('[sig-apps] a (b)')).toBe(true);
    expect(focus.test('cxd')).toBe(false);
  });
});
