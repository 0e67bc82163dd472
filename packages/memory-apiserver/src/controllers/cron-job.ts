import { isApiError } from '../errors.js';
import { isTimeZone, parseSchedule, type CronSchedule } from '../schema/cron-schedule.js';
import { isTrue } from './conditions.js';
import type { Change, Controller, ControllerContext } from './controller.js';
import { findDue, NEVER_DUE, untilNext, type Schedule } from './cron-due.js';
import { dropHistory } from './cron-history.js';
import { CronJobRun } from './cron-job-run.js';
import { nextTime, offsetAt } from './cron-times.js';
import { isJobFinished } from './job.js';
import type { CronJob, Job } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { controllerRef, isControlledBy, ownerKeys } from './ownership.js';
import { isNamespaceTerminating } from './pods.js';
import { compact } from './status.js';
import { parseTime, timestamp } from './time.js';

const storage = 'cronjobs.batch';
const jobs = 'jobs.batch';
const scheduledTimestamp = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/** Behind the key of one whose schedule was changed: nothing is done before the next time comes. */
const RESCHEDULED = '#rescheduled';

/** So many missed times are worth a warning. */
const manyMissed = 100;

/** Starts Jobs by schedule (upstream: pkg/controller/cronjob). */
export const cronJobController = (): Controller => ({
  name: 'cronjob',
  watches: [storage, jobs],
  timed: [storage],
  keysFor(change) {
    const { type, storage: changed, object } = change;
    if (changed !== storage) return ownerKeys(object, 'CronJob', 'batch');
    if (type === 'DELETED') return [];
    return [isRescheduled(change) ? keyOf(object) + RESCHEDULED : keyOf(object)];
  },
  reconcile(key, context) {
    const [own = ''] = key.split('#');
    const { namespace, name } = splitKey(own);
    const cronJob = context.api.find(storage, namespace, name) as CronJob | undefined;
    if (cronJob === undefined) return;
    const wait = key === own ? sync(cronJob, context) : waitFor(cronJob, context);
    if (wait !== undefined) context.requeue(own, wait);
  },
});

/** A time that the new schedule would have had before it was there is not made up for. */
function isRescheduled({ type, object, former }: Change): boolean {
  if (type !== 'MODIFIED') return false;
  const before = former() as CronJob | undefined;
  const { spec } = object as CronJob;
  return (
    before !== undefined && (before.spec.schedule !== spec.schedule || before.spec.timeZone !== spec.timeZone)
  );
}

const timesOf =
  (schedule: CronSchedule, timeZone: string | undefined): Schedule =>
  (after) =>
    nextTime(schedule, after, timeZone);

function waitFor(cronJob: CronJob, { now }: ControllerContext): number | undefined {
  const { schedule, timeZone } = cronJob.spec;
  const parsed = parseSchedule(schedule);
  return typeof parsed === 'string' ? undefined : untilNext(cronJob, timesOf(parsed, timeZone), now());
}

/** Does what is to be done now. Answers after how long to look again, undefined if only a change can call for it. */
function sync(cronJob: CronJob, context: ControllerContext): number | undefined {
  const { namespace } = cronJob.metadata;
  const children = (context.api.list(jobs, compact({ namespace })) as Job[]).filter((job) =>
    isControlledBy(job, cronJob),
  );
  const run = new CronJobRun(cronJob, context);
  dropHistory(run, children);
  observe(run, children);
  const wait = cronJob.metadata.deletionTimestamp === undefined ? startDue(run) : undefined;
  run.writeStatus();
  return wait;
}

/** Notes which Jobs have ended, have gone, or have come from elsewhere. */
function observe(run: CronJobRun, children: readonly Job[]): void {
  const { api } = run.context;
  for (const job of children) {
    const { name } = job.metadata;
    const isActive = run.isActive(job);
    if (!isJobFinished(job)) {
      if (!isActive)
        run.warn('UnexpectedJob', `Saw a job that the controller did not create or forgot: ${name}`);
      continue;
    }
    const isComplete = isTrue(job.status?.conditions, 'Complete');
    if (isActive) {
      run.forget(job.metadata.uid);
      run.note(
        'SawCompletedJob',
        `Saw completed job: ${name}, condition: ${isComplete ? 'Complete' : 'Failed'}`,
      );
    }
    if (isComplete) run.succeeded(job.status?.completionTime);
  }
  for (const { uid, name, namespace } of run.active) {
    const isKnown = children.some((job) => job.metadata.uid === uid);
    if (isKnown || api.find(jobs, namespace, name) !== undefined) continue;
    run.note('MissingJob', `Active job went missing: ${name}`);
    run.forget(uid);
  }
}

/** Starts the Job whose time has come, if its CronJob lets it. */
function startDue(run: CronJobRun): number | undefined {
  const { cronJob, context } = run;
  const { spec } = cronJob;
  const now = context.now();
  if (spec.timeZone !== undefined && !isTimeZone(spec.timeZone)) {
    const zone = JSON.stringify(spec.timeZone);
    run.warn('UnknownTimeZone', `invalid timeZone: ${zone}: unknown time zone ${spec.timeZone}`);
    return undefined;
  }
  if (spec.suspend === true) return undefined;
  const parsed = parseSchedule(spec.schedule);
  if (typeof parsed === 'string') {
    run.warn('UnparseableSchedule', `unparseable schedule: ${JSON.stringify(spec.schedule)} : ${parsed}`);
    return undefined;
  }
  const schedule = timesOf(parsed, spec.timeZone);
  const due = findDue(cronJob, schedule, now, true);
  if (due === undefined) {
    run.warn('InvalidSchedule', `invalid schedule: ${spec.schedule} : ${NEVER_DUE}`);
    return undefined;
  }
  if (due.latest !== undefined) {
    if (due.missed > manyMissed)
      run.warn(
        'TooManyMissedTimes',
        'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
      );
    start(run, due.latest);
  }
  return untilNext({ ...cronJob, status: run.status }, schedule, now);
}

function start(run: CronJobRun, at: number): void {
  const { cronJob, context } = run;
  const name = `${cronJob.metadata.name}-${Math.floor(at / 60_000)}`;
  const isStarted = run.active.some((job) => job.name === name);
  if (isStarted || parseTime(run.status.lastScheduleTime) === at) return;
  const { concurrencyPolicy } = cronJob.spec;
  if (concurrencyPolicy === 'Forbid' && run.active.length > 0) {
    run.note(
      'JobAlreadyActive',
      'Not starting job because prior execution is running and concurrency policy is Forbid',
    );
    return;
  }
  if (concurrencyPolicy === 'Replace') for (const job of run.active) run.delete(job.name, job.uid);
  try {
    const job = context.api.create(jobOf(cronJob, name, at)) as Job;
    run.note('SuccessfulCreate', `Created job ${name}`);
    run.started(job, at);
  } catch (error) {
    if (isApiError(error, 'AlreadyExists')) {
      // Created before, but the status couldn't be written; or somebody else's, who keeps account of it.
      const job = context.api.find(jobs, cronJob.metadata.namespace, name) as Job | undefined;
      if (job !== undefined && isControlledBy(job, cronJob)) run.started(job, at);
      return;
    }
    if (isApiError(error) && !isNamespaceTerminating(error))
      run.warn('FailedCreate', `Error creating job: ${error.message}`);
    throw error;
  }
}

function jobOf(cronJob: CronJob, name: string, at: number): Job {
  const { jobTemplate, timeZone } = cronJob.spec;
  const { labels, annotations } = jobTemplate.metadata ?? {};
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      ...compact({ namespace: cronJob.metadata.namespace, labels }),
      annotations: { ...annotations, [scheduledTimestamp]: zonedTimestamp(at, timeZone) },
      ownerReferences: [controllerRef(cronJob)],
    },
    spec: structuredClone(jobTemplate.spec),
  };
}

/** RFC 3339 with the offset of the time zone. */
function zonedTimestamp(at: number, timeZone: string | undefined): string {
  const offset = offsetAt(at, timeZone);
  if (offset === 0) return timestamp(at);
  const minutes = Math.abs(offset) / 60_000;
  const two = (count: number): string => String(count).padStart(2, '0');
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  return timestamp(at + offset).replace('Z', zone);
}
