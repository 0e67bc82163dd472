import { describe, expect, it } from 'vitest';
import type { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import type { KubeObject } from '../../src/object.js';
import { containers, eventsAbout, names, newCluster, startMs } from './cluster.js';

const minuteMs = 60_000;
const template = { spec: { ...containers(), restartPolicy: 'Never' } };
/** A Job that never ends, as its pod finds no node. */
const endless = { spec: { template: { spec: { ...template.spec, nodeSelector: { disk: 'tape' } } } } };
const cronJob = (spec: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'tick', namespace: 'demo' },
  spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template } }, ...spec },
});
interface Status {
  active?: { name: string; kind: string; uid: string }[];
  lastScheduleTime?: string;
  lastSuccessfulTime?: string;
}
const statusOf = (cluster: ScratchCluster): Status =>
  (cluster.api.get('cronjobs.batch', 'demo', 'tick')['status'] ?? {}) as Status;
const jobsOf = (cluster: ScratchCluster): KubeObject[] =>
  cluster.api.list('jobs.batch', { namespace: 'demo' });
const jobAt = (minutes: number): string => `tick-${startMs / minuteMs + minutes}`;
const patch = (cluster: ScratchCluster, spec: Record<string, unknown>): void =>
  void cluster.api.patch('cronjobs.batch', 'demo', 'tick', 'merge', { spec });
const repeated = (cluster: ScratchCluster, reason: string): number =>
  cluster.api
    .list('events', { namespace: 'demo' })
    .filter((event) => event['reason'] === reason && event['involvedObject'].kind === 'CronJob')
    .reduce((sum, event) => sum + (event['count'] as number), 0);

describe('a CronJob', () => {
  it('starts a Job at each time of its schedule and says when one succeeded', () => {
    const cluster = newCluster();
    cluster.api.create(cronJob());
    cluster.advance(12 * minuteMs);
    expect(names(jobsOf(cluster))).toEqual([jobAt(5), jobAt(10)]);
    const [job] = jobsOf(cluster);
    expect(job?.metadata.ownerReferences).toMatchObject([
      { kind: 'CronJob', name: 'tick', controller: true },
    ]);
    const { active, lastScheduleTime, lastSuccessfulTime } = statusOf(cluster);
    expect([active, lastScheduleTime]).toEqual([undefined, '2026-01-01T12:10:00Z']);
    expect(lastSuccessfulTime).toBe(
      (jobsOf(cluster)[1]?.['status'] as { completionTime: string }).completionTime,
    );
    expect(eventsAbout(cluster, 'tick')).toEqual([
      `SawCompletedJob: Saw completed job: ${jobAt(5)}, condition: Complete`,
      `SawCompletedJob: Saw completed job: ${jobAt(10)}, condition: Complete`,
      `SuccessfulCreate: Created job ${jobAt(5)}`,
      `SuccessfulCreate: Created job ${jobAt(10)}`,
    ]);
  });

  it('keeps as many ended Jobs as its limits say, and tells which it deletes', () => {
    const cluster = newCluster();
    cluster.api.create(cronJob({ successfulJobsHistoryLimit: 2 }));
    cluster.advance(31 * minuteMs);
    expect(names(jobsOf(cluster))).toEqual([jobAt(25), jobAt(30)]);
    expect(eventsAbout(cluster, 'tick')).toContain(`SuccessfulDelete: Deleted job ${jobAt(5)}`);
    patch(cluster, { successfulJobsHistoryLimit: 0 });
    cluster.advance(1000);
    expect(jobsOf(cluster)).toEqual([]);
  });

  it('keeps the failed ones by a limit of their own', () => {
    const cluster = newCluster();
    const failing = { ...endless.spec, activeDeadlineSeconds: 30 };
    cluster.api.create(cronJob({ failedJobsHistoryLimit: 1, jobTemplate: { spec: failing } }));
    cluster.advance(16 * minuteMs);
    expect(names(jobsOf(cluster))).toEqual([jobAt(15)]);
    expect(statusOf(cluster).lastSuccessfulTime).toBeUndefined();
    expect(eventsAbout(cluster, 'tick')).toContain(
      `SawCompletedJob: Saw completed job: ${jobAt(5)}, condition: Failed`,
    );
  });

  it('with Allow lets Jobs run side by side', () => {
    const cluster = newCluster();
    cluster.api.create(cronJob({ jobTemplate: endless }));
    cluster.advance(11 * minuteMs);
    expect(statusOf(cluster).active).toMatchObject([
      { kind: 'Job', name: jobAt(5) },
      { kind: 'Job', name: jobAt(10) },
    ]);
  });

  it('with Forbid waits for the running Job to end, says so, and makes up for the latest time', () => {
    const cluster = newCluster();
    cluster.api.create(cronJob({ concurrencyPolicy: 'Forbid', jobTemplate: endless }));
    cluster.advance(21 * minuteMs);
    expect(names(jobsOf(cluster))).toEqual([jobAt(5)]);
    expect(repeated(cluster, 'JobAlreadyActive')).toBeGreaterThanOrEqual(3);
    expect(statusOf(cluster).lastScheduleTime).toBe('2026-01-01T12:05:00Z');
    cluster.api.delete('jobs.batch', 'demo', jobAt(5), { propagationPolicy: 'Background' });
    cluster.advance(1000);
    expect(eventsAbout(cluster, 'tick')).toContain(`MissingJob: Active job went missing: ${jobAt(5)}`);
    expect(names(jobsOf(cluster))).toEqual([jobAt(20)]);
  });

  it('with Replace deletes the running Job', () => {
    const cluster = newCluster();
    cluster.api.create(cronJob({ concurrencyPolicy: 'Replace', jobTemplate: endless }));
    cluster.advance(11 * minuteMs);
    expect(names(jobsOf(cluster))).toEqual([jobAt(10)]);
    expect(statusOf(cluster).active).toMatchObject([{ name: jobAt(10) }]);
    expect(eventsAbout(cluster, 'tick')).toContain(`SuccessfulDelete: Deleted job ${jobAt(5)}`);
  });

  it('starts nothing while it is suspended, and afterwards one Job for all that was missed', () => {
    const cluster = newCluster();
    cluster.api.create(cronJob({ suspend: true }));
    cluster.advance(23 * minuteMs);
    expect(jobsOf(cluster)).toEqual([]);
    patch(cluster, { suspend: false });
    cluster.advance(1000);
    expect(names(jobsOf(cluster))).toEqual([jobAt(20)]);
    expect(repeated(cluster, 'TooManyMissedTimes')).toBe(0);
  });

  it('warns of more than a hundred missed times and starts one Job all the same', () => {
    const cluster = newCluster();
    cluster.api.create(cronJob({ suspend: true, schedule: '* * * * *' }));
    cluster.advance(150 * minuteMs);
    patch(cluster, { suspend: false });
    cluster.advance(1000);
    expect(names(jobsOf(cluster))).toEqual([jobAt(150)]);
    expect(eventsAbout(cluster, 'tick')).toContain(
      'TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
    );
  });

  it('starts nothing that startingDeadlineSeconds rules out', () => {
    const cluster = newCluster();
    cluster.api.create(cronJob({ suspend: true, startingDeadlineSeconds: 60 }));
    cluster.advance(23 * minuteMs);
    patch(cluster, { suspend: false });
    cluster.advance(1000);
    expect(jobsOf(cluster)).toEqual([]);
    cluster.advance(2 * minuteMs);
    expect(names(jobsOf(cluster))).toEqual([jobAt(25)]);
  });

  it('whose schedule is changed begins with the next time of the new one', () => {
    const cluster = newCluster();
    cluster.api.create(cronJob({ schedule: '0 0 * * *' }));
    cluster.advance(23 * minuteMs);
    patch(cluster, { schedule: '*/5 * * * *' });
    cluster.advance(1000);
    expect(jobsOf(cluster)).toEqual([]);
    cluster.advance(2 * minuteMs);
    expect(names(jobsOf(cluster))).toEqual([jobAt(25)]);
  });

  it('keeps to its time zone and tells a Job when it was meant to start there', () => {
    const cluster = newCluster();
    cluster.api.create(cronJob({ schedule: '30 13 * * *', timeZone: 'Europe/Berlin' }));
    cluster.advance(31 * minuteMs);
    expect(names(jobsOf(cluster))).toEqual([jobAt(30)]);
    expect(jobsOf(cluster)[0]?.metadata.annotations).toEqual({
      'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T13:30:00+01:00',
    });
  });

  it('says that its schedule never comes', () => {
    const cluster = newCluster();
    cluster.api.create(cronJob({ schedule: '0 0 31 2 *' }));
    cluster.advance(minuteMs);
    expect(eventsAbout(cluster, 'tick')).toEqual([
      'InvalidSchedule: invalid schedule: 0 0 31 2 * : time difference between two schedules is less than 1 second',
    ]);
  });

  it('takes no notice of a Job of the same name that is somebody else’s, and of one that it forgot says so', () => {
    const cluster = newCluster();
    const own = cluster.api.create(cronJob({ schedule: '0 0 1 1 *' }));
    const foreign = { apiVersion: 'batch/v1', kind: 'Job', spec: endless.spec };
    const { uid = '' } = own.metadata;
    const reference = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'tick', uid, controller: true };
    cluster.api.create({ ...foreign, metadata: { name: 'other', namespace: 'demo' } });
    cluster.api.create({
      ...foreign,
      metadata: { name: 'forgotten', namespace: 'demo', ownerReferences: [reference] },
    });
    cluster.advance(1000);
    expect(statusOf(cluster).active).toBeUndefined();
    expect(eventsAbout(cluster, 'tick')).toEqual([
      'UnexpectedJob: Saw a job that the controller did not create or forgot: forgotten',
    ]);
  });

  it('is refused with a schedule or a time zone that is none', () => {
    const cluster = newCluster();
    expect(() => cluster.api.create(cronJob({ schedule: '61 * * * *' }))).toThrow(
      'spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61',
    );
    expect(() => cluster.api.create(cronJob({ schedule: '@hourly', timeZone: 'Mars/Base' }))).toThrow(
      'spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base',
    );
  });
});
