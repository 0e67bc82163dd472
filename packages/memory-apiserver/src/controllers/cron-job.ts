import { isApiError } from '../errors.js';
import { conditionOf, isTrue } from './conditions.js';
import type { Controller, ControllerContext } from './controller.js';
import { nextTime, parseSchedule } from './cron-schedule.js';
import { isJobFinished } from './job.js';
import type { CronJob, Job, ObjectReference } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { controllerRef, isControlledBy, ownerKeys } from './ownership.js';
import { compact, writeStatus } from './status.js';
import { parseTime, timestamp } from './time.js';

const storage = 'cronjobs.batch';

/** After so many missed times only the latest counts; upstream warns then and starts it as well. */
const mostMissed = 100;

/** Starts Jobs by schedule (upstream: pkg/controller/cronjob). */
export const cronJobController = (): Controller => ({
  name: 'cronjob',
  watches: [storage, 'jobs.batch'],
  timed: [storage],
  keysFor({ type, storage: changed, object }) {
    if (changed !== storage) return ownerKeys(object, 'CronJob', 'batch');
    return type === 'DELETED' ? [] : [keyOf(object)];
  },
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    const cronJob = context.api.find(storage, namespace, name) as CronJob | undefined;
    if (cronJob !== undefined && cronJob.metadata.deletionTimestamp === undefined)
      reconcile(cronJob, key, context);
  },
});

function reconcile(cronJob: CronJob, key: string, context: ControllerContext): void {
  const { api, now } = context;
  const { namespace } = cronJob.metadata;
  const jobs = (api.list('jobs.batch', compact({ namespace })) as Job[]).filter((job) =>
    isControlledBy(job, cronJob),
  );
  dropHistory(cronJob, jobs, context);
  const status = { ...cronJob.status };
  const active = jobs.filter((job) => !isJobFinished(job));
  for (const job of jobs) {
    const completed = job.status?.completionTime;
    const isNewer = (parseTime(completed) ?? 0) > (parseTime(status.lastSuccessfulTime) ?? 0);
    if (completed !== undefined && isTrue(job.status?.conditions, 'Complete') && isNewer) {
      status.lastSuccessfulTime = completed;
    }
  }
  const schedule = parseSchedule(cronJob.spec.schedule, cronJob.spec.timeZone);
  if (schedule === undefined) {
    const message = `unparseable schedule: ${cronJob.spec.schedule}`;
    context.events.record(cronJob, 'Warning', 'UnparseableSchedule', message);
  } else if (cronJob.spec.suspend !== true) {
    const due = lastDue(cronJob, schedule, now());
    if (due !== undefined) {
      const started = start(cronJob, due, active, context);
      if (started !== undefined) {
        active.push(started);
        status.lastScheduleTime = timestamp(due);
      }
    }
    const next = nextTime(schedule, now());
    if (next !== undefined) context.requeue(key, next - now());
  }
  const references = active.map(referenceTo);
  const { active: _, ...rest } = status;
  writeStatus(api, cronJob, references.length === 0 ? rest : { ...rest, active: references });
}

const referenceTo = ({ metadata }: Job): ObjectReference => ({
  kind: 'Job',
  name: metadata.name,
  apiVersion: 'batch/v1',
  ...compact({ namespace: metadata.namespace, uid: metadata.uid, resourceVersion: metadata.resourceVersion }),
});

/** The latest time that has passed and hasn't been acted on; undefined if none or if it is too late for it. */
function lastDue(
  cronJob: CronJob,
  schedule: NonNullable<ReturnType<typeof parseSchedule>>,
  now: number,
): number | undefined {
  const { startingDeadlineSeconds: deadline } = cronJob.spec;
  const since =
    parseTime(cronJob.status?.lastScheduleTime) ?? parseTime(cronJob.metadata.creationTimestamp) ?? now;
  let earliest = deadline === undefined ? since : Math.max(since, now - deadline * 1000);
  let due: number | undefined;
  for (let missed = 0; ; missed++) {
    const next = nextTime(schedule, earliest);
    if (next === undefined || next > now) return due;
    due = next;
    // Long gaps are jumped over: only the latest time matters.
    earliest = missed < mostMissed ? next : Math.max(next, now - 86_400_000 / 24);
  }
}

function start(
  cronJob: CronJob,
  due: number,
  active: Job[],
  { api, events }: ControllerContext,
): Job | undefined {
  const { namespace, name } = cronJob.metadata;
  if (cronJob.spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
    events.record(
      cronJob,
      'Normal',
      'JobAlreadyActive',
      'Not starting job because prior execution is running and concurrency policy is Forbid',
    );
    return undefined;
  }
  if (cronJob.spec.concurrencyPolicy === 'Replace') {
    for (const { metadata } of active.splice(0)) {
      api.delete('jobs.batch', namespace, metadata.name, { propagationPolicy: 'Background' });
      events.record(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${metadata.name}`);
    }
  }
  const { metadata: template, spec } = cronJob.spec.jobTemplate;
  const jobName = `${name}-${Math.floor(due / 60_000)}`;
  try {
    const job = api.create({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name: jobName,
        ...compact({ namespace, labels: template?.labels }),
        annotations: {
          ...template?.annotations,
          'batch.kubernetes.io/cronjob-scheduled-timestamp': timestamp(due),
        },
        ownerReferences: [controllerRef(cronJob)],
      },
      spec: structuredClone(spec),
    }) as Job;
    events.record(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${jobName}`);
    return job;
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
    return api.find('jobs.batch', namespace, jobName) as Job | undefined;
  }
}

function dropHistory(cronJob: CronJob, jobs: readonly Job[], { api }: ControllerContext): void {
  const finished = (type: string): Job[] =>
    jobs
      .filter(
        ({ status, metadata }) =>
          isTrue(status?.conditions, type) && metadata.deletionTimestamp === undefined,
      )
      .sort((a, b) => endOf(a) - endOf(b));
  const surplus = [
    ...finished('Complete').slice(0, -(cronJob.spec.successfulJobsHistoryLimit ?? 3) || undefined),
    ...finished('Failed').slice(0, -(cronJob.spec.failedJobsHistoryLimit ?? 1) || undefined),
  ];
  for (const { metadata } of surplus) {
    api.delete('jobs.batch', metadata.namespace, metadata.name, { propagationPolicy: 'Background' });
  }
}

const endOf = ({ status }: Job): number =>
  parseTime(conditionOf(status?.conditions, 'Complete')?.lastTransitionTime) ??
  parseTime(conditionOf(status?.conditions, 'Failed')?.lastTransitionTime) ??
  0;
