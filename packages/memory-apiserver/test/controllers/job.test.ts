import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIndexes, parseIndexes } from '../../src/controllers/job-indexes.js';
import type { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import type { KubeObject } from '../../src/object.js';
import { conditions, containers, newCluster } from './cluster.js';

const template = { spec: { ...containers(), restartPolicy: 'Never' } };
const job = (spec: Record<string, unknown>): KubeObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'once', namespace: 'demo' },
  spec: { template, ...spec },
});
const get = (cluster: ScratchCluster): KubeObject => cluster.api.get('jobs.batch', 'demo', 'once');
const pods = (cluster: ScratchCluster): KubeObject[] => cluster.api.list('pods', { namespace: 'demo' });

describe('job', () => {
  it('runs as many pods as it wants, no more than parallelism at once, and is complete', () => {
    const cluster = newCluster();
    cluster.api.create(job({ completions: 5, parallelism: 2 }));
    let most = 0;
    for (let i = 0; i < 300; i++) {
      cluster.advance(100);
      most = Math.max(most, Number(get(cluster)['status'].active ?? 0));
    }
    expect(most).toBe(2);
    expect(pods(cluster)).toHaveLength(5);
    expect(pods(cluster).some(({ metadata }) => metadata.finalizers !== undefined)).toBe(false);
    expect(get(cluster)['status']).toMatchObject({ succeeded: 5, ready: 0, uncountedTerminatedPods: {} });
    expect(get(cluster)['status'].completionTime).toBeDefined();
    expect(conditions(get(cluster))).toEqual([
      'Complete=True/CompletionsReached',
      'SuccessCriteriaMet=True/CompletionsReached',
    ]);
  });

  it('with indexes runs each index once', () => {
    const cluster = newCluster();
    cluster.api.create(job({ completions: 3, parallelism: 3, completionMode: 'Indexed' }));
    cluster.advance(10_000);
    expect(get(cluster)['status']).toMatchObject({ succeeded: 3, completedIndexes: '0-2' });
    const indexes = pods(cluster).map(
      ({ metadata }) => metadata.labels?.['batch.kubernetes.io/job-completion-index'],
    );
    expect(indexes.sort()).toEqual(['0', '1', '2']);
  });

  it('does nothing while it is suspended', () => {
    const cluster = newCluster();
    cluster.api.create(job({ suspend: true }));
    cluster.advance(5000);
    expect(pods(cluster)).toHaveLength(0);
    expect(conditions(get(cluster))).toEqual(['Suspended=True/JobSuspended']);
    cluster.api.patch('jobs.batch', 'demo', 'once', 'merge', { spec: { suspend: false } });
    cluster.advance(10_000);
    expect(conditions(get(cluster))).toContain('Complete=True/CompletionsReached');
  });

  it('fails when its pods have failed more often than backoffLimit allows', () => {
    const cluster = newCluster({ disabled: ['kubelet'] });
    cluster.api.create(job({ backoffLimit: 1 }));
    for (let i = 0; i < 2; i++) {
      cluster.advance(60_000);
      const running = pods(cluster).find(({ status }) => (status as { phase: string }).phase === 'Pending');
      expect(running).toBeDefined();
      cluster.api.update({ ...running, status: { phase: 'Failed' } } as KubeObject, {
        subresource: 'status',
      });
    }
    cluster.advance(60_000);
    expect(get(cluster)['status']).toMatchObject({ failed: 2 });
    expect(conditions(get(cluster))).toEqual([
      'Failed=True/BackoffLimitExceeded',
      'FailureTarget=True/BackoffLimitExceeded',
    ]);
  });

  it('fails when it takes longer than activeDeadlineSeconds, and its pods go', () => {
    const cluster = newCluster();
    const stuck = { spec: { ...template.spec, nodeSelector: { disk: 'tape' } } };
    cluster.api.create(job({ activeDeadlineSeconds: 10, template: stuck }));
    cluster.advance(20_000);
    expect(conditions(get(cluster))).toContain('Failed=True/DeadlineExceeded');
    expect(pods(cluster)).toHaveLength(0);
  });

  it('does not hold its running pods back when it is deleted before them', () => {
    const cluster = newCluster();
    cluster.api.create(job({ completions: 2, parallelism: 2 }));
    cluster.advance(500);
    expect(pods(cluster).every(({ metadata }) => metadata.finalizers?.length === 1)).toBe(true);
    cluster.api.delete('jobs.batch', 'demo', 'once', { propagationPolicy: 'Background' });
    cluster.advance(5000);
    expect(pods(cluster)).toHaveLength(0);
  });

  it('lets a namespace go in the middle of its work', () => {
    const cluster = newCluster();
    cluster.api.create(job({ completions: 2, parallelism: 2 }));
    cluster.advance(500);
    cluster.api.delete('namespaces', undefined, 'demo');
    cluster.advance(5000);
    expect(cluster.api.find('namespaces', undefined, 'demo')).toBeUndefined();
  });

  it('is deleted ttlSecondsAfterFinished after its end, with its pods', () => {
    const cluster = newCluster();
    cluster.api.create(job({ ttlSecondsAfterFinished: 30 }));
    cluster.advance(20_000);
    expect(pods(cluster)).toHaveLength(1);
    cluster.advance(30_000);
    expect(cluster.api.count('jobs.batch', 'demo')).toBe(0);
    expect(pods(cluster)).toHaveLength(0);
  });
});

describe('completed indexes', () => {
  it('read back as they were written', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(60)), (indexes) => {
        const sorted = [...indexes].sort((a, b) => a - b);
        expect([...parseIndexes(formatIndexes(indexes))]).toEqual(sorted);
      }),
    );
  });

  it('are ranges from three neighbours on', () => {
    expect(formatIndexes([0, 1, 3, 4, 5, 9])).toBe('0,1,3-5,9');
  });
});
