import type { CronJob } from './kinds.js';
import { parseTime } from './time.js';

/** Later times of a schedule, one after the other. */
export type Schedule = (after: number) => number | undefined;

/** What a schedule has come to by now. */
export interface Due {
  /** From when on times count. */
  readonly since: number;
  /** The latest time that has come; undefined if none has. */
  readonly latest?: number;
  /** How many times have come, roughly; after long gaps in a schedule `latest` can be missing nevertheless. */
  readonly missed: number;
}

/** Why no time of the schedule can be found, in upstream's words. */
export const NEVER_DUE = 'time difference between two schedules is less than 1 second';

/**
 * The latest time at which a CronJob was to start a Job, since the last one that it started (upstream:
 * `mostRecentScheduleTime`, whose estimate of the missed times this is as well). Undefined if the schedule never comes.
 *
 * @param considersDeadline whether times that `startingDeadlineSeconds` rules out don't count
 */
export function findDue(
  cronJob: CronJob,
  schedule: Schedule,
  now: number,
  considersDeadline: boolean,
): Due | undefined {
  const { startingDeadlineSeconds: deadline } = cronJob.spec;
  let since =
    parseTime(cronJob.status?.lastScheduleTime) ?? parseTime(cronJob.metadata.creationTimestamp) ?? now;
  if (considersDeadline && deadline !== undefined) since = Math.max(since, now - deadline * 1000);
  const first = schedule(since);
  if (first === undefined) return undefined;
  if (now < first) return { since, missed: 0 };
  const second = schedule(first);
  if (second === undefined) return undefined;
  if (now < second) return { since, latest: first, missed: 0 };
  const interval = second - first;
  const missed = Math.floor((now - first) / interval) + 1;
  // One interval earlier than it seems, for schedules whose times are not equally far apart.
  let latest: number | undefined;
  let time = schedule(first + (missed - 2) * interval);
  while (time !== undefined && time <= now) {
    latest = time;
    time = schedule(time);
  }
  return { since, missed, ...(latest === undefined ? {} : { latest }) };
}

/** Milliseconds until the CronJob has to be looked at again (upstream: `nextScheduleTimeDuration`). */
export function untilNext(cronJob: CronJob, schedule: Schedule, now: number): number | undefined {
  const due = findDue(cronJob, schedule, now, false);
  const next = schedule(due?.latest ?? (due?.missed === 0 ? due.since : now));
  return next === undefined ? undefined : next - now;
}
