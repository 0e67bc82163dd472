import { isTrue } from './conditions.js';
import type { CronJobRun } from './cron-job-run.js';
import type { Job } from './kinds.js';
import { parseTime } from './time.js';

/** Deletes the oldest Jobs that have ended, beyond the limits of their CronJob. */
export function dropHistory(run: CronJobRun, jobs: readonly Job[]): void {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = run.cronJob.spec;
  dropOldest(run, jobs, 'Complete', successfulJobsHistoryLimit);
  dropOldest(run, jobs, 'Failed', failedJobsHistoryLimit);
}

function dropOldest(run: CronJobRun, jobs: readonly Job[], end: string, limit: number | undefined): void {
  if (limit === undefined) return;
  const ended = jobs.filter(
    ({ status, metadata }) => isTrue(status?.conditions, end) && metadata.deletionTimestamp === undefined,
  );
  const oldest = ended.sort(byStart).slice(0, Math.max(0, ended.length - limit));
  for (const { metadata } of oldest) run.delete(metadata.name, metadata.uid);
}

/** Those that never started last. */
const byStart = (a: Job, b: Job): number =>
  startOf(a) === startOf(b) ? (a.metadata.name < b.metadata.name ? -1 : 1) : startOf(a) < startOf(b) ? -1 : 1;

const startOf = ({ status }: Job): number => parseTime(status?.startTime) ?? Infinity;
