import type { CronSchedule } from '../schema/cron-schedule.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const searchedYears = 5;

/**
 * The first time of the schedule after `after`, in milliseconds; undefined if there is none within five years. Step by
 * step as robfig/cron's `SpecSchedule.Next`, whose answers where clocks are changed are told nowhere else.
 *
 * @param timeZone IANA name of a zone. @default UTC
 */
export function nextTime(schedule: CronSchedule, after: number, timeZone?: string): number | undefined {
  if (schedule.everyMs !== undefined) return Math.floor(after / 1000) * 1000 + schedule.everyMs;
  const { minutes, hours, months } = schedule;
  const clock = new ZoneClock(timeZone);
  let time = Math.floor(after / minuteMs) * minuteMs + minuteMs;
  const lastYear = clock.read(time).getUTCFullYear() + searchedYears;
  /** Whether smaller fields have been set back to their beginning. */
  let isMoved = false;
  search: for (;;) {
    if (clock.read(time).getUTCFullYear() > lastYear) return undefined;
    for (let local = clock.read(time); !months.has(local.getUTCMonth() + 1); local = clock.read(time)) {
      if (isMoved) time = clock.add(local, { months: 1 });
      else time = clock.at(local.getUTCFullYear(), local.getUTCMonth() + 1, 1);
      isMoved = true;
      if (clock.read(time).getUTCMonth() === 0) continue search;
    }
    for (let local = clock.read(time); !fitsDay(schedule, local); local = clock.read(time)) {
      if (isMoved) time = clock.add(local, { days: 1 });
      else time = clock.at(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate() + 1);
      isMoved = true;
      // Midnight may not be there, or not a day later, where clocks are changed.
      const hour = clock.read(time).getUTCHours();
      if (hour !== 0) time += (hour > 12 ? 24 - hour : -hour) * hourMs;
      if (clock.read(time).getUTCDate() === 1) continue search;
    }
    for (let local = clock.read(time); !hours.has(local.getUTCHours()); local = clock.read(time)) {
      if (!isMoved) time -= local.getUTCMinutes() * minuteMs;
      isMoved = true;
      time += hourMs;
      if (clock.read(time).getUTCHours() === 0) continue search;
    }
    for (let local = clock.read(time); !minutes.has(local.getUTCMinutes()); local = clock.read(time)) {
      isMoved = true;
      time += minuteMs;
      if (clock.read(time).getUTCMinutes() === 0) continue search;
    }
    return time;
  }
}

function fitsDay({ days, weekdays, isAnyDay }: CronSchedule, local: Date): boolean {
  const byDay = days.has(local.getUTCDate());
  const byWeekday = weekdays.has(local.getUTCDay());
  return isAnyDay ? byDay && byWeekday : byDay || byWeekday;
}

/** The clocks on the walls of a time zone. Their times are `Date`s whose UTC fields are what they show. */
class ZoneClock {
  constructor(private readonly timeZone: string | undefined) {}

  read(time: number): Date {
    return new Date(time + offsetAt(time, this.timeZone));
  }

  /** When they show the time; one that is skipped is an hour off (Go's `time.Date`). Months count from 0. */
  at(year: number, month: number, day: number, hour = 0, minute = 0): number {
    const shown = Date.UTC(year, month, day, hour, minute);
    const nearby = shown - offsetAt(shown, this.timeZone);
    return shown - offsetAt(nearby, this.timeZone);
  }

  add(local: Date, { months = 0, days = 0 }: { months?: number; days?: number }): number {
    return this.at(
      local.getUTCFullYear(),
      local.getUTCMonth() + months,
      local.getUTCDate() + days,
      local.getUTCHours(),
      local.getUTCMinutes(),
    );
  }
}

/** By time zone: one takes as long to make as thousands of times to format. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** How far local time is ahead of UTC at the moment, in milliseconds. */
export function offsetAt(time: number, timeZone: string | undefined): number {
  if (timeZone === undefined || timeZone === 'UTC' || timeZone === 'Etc/UTC') return 0;
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
    formats.set(timeZone, format);
  }
  const name = format.formatToParts(time).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours, minutes] = /GMT([+-])(\d+):(\d+)/.exec(name) ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * hourMs + Number(minutes) * minuteMs);
}
