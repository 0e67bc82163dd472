import { describe, expect, it } from 'vitest';
import { readReport, type Report } from '../../../../tools/conformance/report.js';

type Node = Report['SpecReports'][number];

const spec = (name: string, State: string, more: Partial<Node> = {}): Node => ({
  ContainerHierarchyTexts: ['[sig-apps] Deployment'],
  LeafNodeType: 'It',
  LeafNodeText: name,
  State,
  RunTime: 1_500_000_000,
  ...more,
});
const report = (...SpecReports: Node[]): Report[] => [{ SpecReports }];

describe('readReport', () => {
  it('names specs in full and gives their time in seconds', () => {
    expect(readReport(report(spec('should run', 'passed')))).toEqual([
      { name: '[sig-apps] Deployment should run', outcome: 'passed', seconds: 1.5 },
    ]);
  });

  it.each(['failed', 'panicked', 'timedout', 'interrupted', 'aborted'])(
    'counts %s specs as failed',
    (state) => {
      const [result] = readReport(report(spec('should run', state, { Failure: { Message: 'why' } })));
      expect(result).toMatchObject({ outcome: 'failed', message: 'why' });
    },
  );

  it('leaves out specs that did not run and what is no spec', () => {
    const nodes = [
      spec('skipped', 'skipped'),
      spec('pending', 'pending'),
      spec('', 'passed', { LeafNodeType: 'SynchronizedBeforeSuite', ContainerHierarchyTexts: null }),
      spec('', 'failed', { LeafNodeType: 'ReportAfterSuite', ContainerHierarchyTexts: null }),
    ];
    expect(readReport(report(...nodes))).toEqual([]);
  });

  it('has nothing to say of a spec whose message is empty', () => {
    const [result] = readReport(report(spec('should run', 'failed', { Failure: { Message: '' } })));
    expect(result).not.toHaveProperty('message');
  });

  it('gathers the reports of all processes, sorted by name', () => {
    const reports = [...report(spec('b', 'passed')), ...report(spec('a', 'failed'), spec('c', 'passed'))];
    expect(readReport(reports).map(({ name }) => name.at(-1))).toEqual(['a', 'b', 'c']);
  });

  it('throws when the suite could not begin, since then nothing was tested', () => {
    const setup = spec('', 'failed', {
      LeafNodeType: 'SynchronizedBeforeSuite',
      Failure: { Message: 'no nodes' },
    });
    expect(() => readReport(report(setup, spec('a', 'skipped')))).toThrow("the suite can't begin: no nodes");
  });
});
