import { describe, expect, it } from 'vitest';
import type { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import type { KubeObject } from '../../src/object.js';
import { conditions, containers, newCluster } from './cluster.js';

const indexKey = 'batch.kubernetes.io/job-completion-index';

/** A Job of which a test decides how its pods end. */
class TestJob {
  readonly #cluster: ScratchCluster;

  constructor(spec: Record<string, unknown>) {
    this.#cluster = newCluster({ disabled: ['kubelet'] });
    this.#cluster.api.create({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'job', namespace: 'demo' },
      spec: { template: { spec: { ...containers(), restartPolicy: 'Never' } }, ...spec },
    });
    this.#cluster.advance(1000);
  }

  get job(): KubeObject {
    return this.#cluster.api.get('jobs.batch', 'demo', 'job');
  }

  get status(): Record<string, unknown> {
    return this.job['status'] as Record<string, unknown>;
  }

  get conditions(): string[] {
    return conditions(this.job);
  }

  /** Pods that haven't ended, by name. */
  running(): KubeObject[] {
    return this.#cluster.api
      .list('pods', { namespace: 'demo' })
      .filter(({ status }) => !['Failed', 'Succeeded'].includes(status.phase as string));
  }

  indexes(): string[] {
    return this.running().map(({ metadata }) => metadata.annotations?.[indexKey] ?? '');
  }

  end(which: (pod: KubeObject) => boolean, phase: string, more: object = {}): void {
    for (const pod of this.running().filter(which)) {
      this.#cluster.api.update({ ...pod, status: { phase, ...more } }, { subresource: 'status' });
    }
    this.advance(1000);
  }

  ofIndex(index: number): (pod: KubeObject) => boolean {
    return ({ metadata }) => metadata.annotations?.[indexKey] === String(index);
  }

  patch(spec: object): void {
    this.#cluster.api.patch('jobs.batch', 'demo', 'job', 'merge', { spec });
    this.advance(1000);
  }

  /** Lets time pass; pods that are asked to stop do. */
  advance(ms: number): void {
    this.#cluster.advance(ms);
    for (const { metadata } of this.running()) {
      if (metadata.deletionTimestamp === undefined) continue;
      this.#cluster.api.delete('pods', 'demo', metadata.name, { gracePeriodSeconds: 0 });
    }
    this.#cluster.advance(1000);
  }
}

const exited = (exitCode: number): object => ({
  containerStatuses: [
    {
      name: 'app',
      ready: false,
      restartCount: 0,
      image: 'x',
      imageID: 'x',
      lastState: {},
      state: { terminated: { exitCode, finishedAt: '2026-01-01T12:00:00Z' } },
    },
  ],
});
const any = (): boolean => true;

describe('a Job’s success policy', () => {
  it('ends it as soon as the named indexes have succeeded, and stops the others', () => {
    const job = new TestJob({
      completions: 3,
      parallelism: 3,
      completionMode: 'Indexed',
      successPolicy: { rules: [{ succeededIndexes: '0,2', succeededCount: 1 }] },
    });
    job.end(job.ofIndex(1), 'Succeeded');
    expect(job.conditions).toEqual([]);
    job.end(job.ofIndex(2), 'Succeeded');
    job.advance(60_000);
    expect(job.running()).toEqual([]);
    expect(job.conditions).toEqual(['Complete=True/SuccessPolicy', 'SuccessCriteriaMet=True/SuccessPolicy']);
    expect(job.status).toMatchObject({ succeeded: 2, completedIndexes: '1,2' });
    expect(job.status['failed']).toBeUndefined();
  });
});

describe('a Job’s pod failure policy', () => {
  const rule = (action: string): object => ({ action, onExitCodes: { operator: 'In', values: [42] } });

  it('can fail it at once', () => {
    const job = new TestJob({ podFailurePolicy: { rules: [rule('FailJob')] } });
    const [{ metadata }] = job.running() as [KubeObject];
    job.end(any, 'Failed', exited(42));
    expect(job.conditions).toEqual(['Failed=True/PodFailurePolicy', 'FailureTarget=True/PodFailurePolicy']);
    expect(job.status['conditions']).toMatchObject([
      {
        message: `Container app for pod demo/${metadata.name} failed with exit code 42 matching FailJob rule at index 0`,
      },
      {},
    ]);
  });

  it('can ignore failures, which then cost nothing', () => {
    const job = new TestJob({ backoffLimit: 0, podFailurePolicy: { rules: [rule('Ignore')] } });
    job.end(any, 'Failed', exited(42));
    job.advance(60_000);
    expect(job.conditions).toEqual([]);
    expect(job.running()).toHaveLength(1);
    job.end(any, 'Failed', exited(1));
    expect(job.conditions).toContain('Failed=True/BackoffLimitExceeded');
  });
});

describe('a Job’s backoff limit per index', () => {
  const spec = { completions: 2, parallelism: 2, completionMode: 'Indexed', backoffLimitPerIndex: 1 };

  it('gives up single indexes, counts each failure once, and fails at the end', () => {
    const job = new TestJob(spec);
    job.end(job.ofIndex(1), 'Failed', exited(1));
    expect(job.indexes()).toEqual(['0']);
    job.advance(20_000);
    expect(job.indexes().sort()).toEqual(['0', '1']);
    const [again] = job.running().filter(job.ofIndex(1));
    expect(again?.metadata.annotations).toMatchObject({
      'batch.kubernetes.io/job-index-failure-count': '1',
    });
    job.end(job.ofIndex(1), 'Failed', exited(1));
    expect(job.status).toMatchObject({ failed: 2, failedIndexes: '1' });
    job.end(job.ofIndex(0), 'Succeeded');
    expect(job.conditions).toEqual(['Failed=True/FailedIndexes', 'FailureTarget=True/FailedIndexes']);
    expect(job.status).toMatchObject({ failed: 2, succeeded: 1, completedIndexes: '0', failedIndexes: '1' });
  });

  it('ends at once with more failed indexes than are allowed', () => {
    const job = new TestJob({ ...spec, backoffLimitPerIndex: 0, maxFailedIndexes: 0 });
    job.end(job.ofIndex(0), 'Failed', exited(1));
    expect(job.conditions).toContain('Failed=True/MaxFailedIndexesExceeded');
    expect(job.running()).toEqual([]);
  });
});

describe('a Job', () => {
  it('of another manager is left alone', () => {
    const job = new TestJob({ managedBy: 'example.com/other' });
    expect(job.running()).toEqual([]);
    expect(job.status).toEqual({});
  });

  it('that is suspended loses its pods without counting them, and begins anew when it goes on', () => {
    const job = new TestJob({});
    const { startTime } = job.status;
    job.patch({ suspend: true });
    expect(job.running()).toEqual([]);
    expect(job.status['failed']).toBeUndefined();
    job.advance(10_000);
    job.patch({ suspend: false });
    expect(job.running()).toHaveLength(1);
    expect(job.status['startTime']).not.toBe(startTime);
    expect(job.conditions).toEqual(['Suspended=False/JobResumed']);
  });

  it('waits longer after each failure', () => {
    const job = new TestJob({});
    const failed = {
      conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T12:00:02Z' }],
    };
    job.end(any, 'Failed', failed);
    expect(job.running()).toEqual([]);
    job.advance(15_000);
    expect(job.running()).toHaveLength(1);
  });
});
