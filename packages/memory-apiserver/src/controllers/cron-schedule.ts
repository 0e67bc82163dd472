/** Cron schedules as CronJobs take them: robfig/cron's standard parser (five fields, names, `@daily`, `TZ=`). */

interface Schedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** With both given, one of day and weekday is enough; with one a star, both must fit. */
  readonly isDayStar: boolean;
  readonly isWeekdayStar: boolean;
  /** `@every` instead of fields, in milliseconds. */
  readonly everyMs?: number;
  readonly timeZone?: string;
}

const macros: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const longestSearchMs = 5 * 366 * dayMs;

function parseNumber(text: string, names: readonly string[], firstName: number): number | undefined {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + firstName;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function parseField(
  text: string,
  min: number,
  max: number,
  names: readonly string[] = [],
): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [range = '', stepText, more] = part.split('/');
    const step = stepText === undefined ? 1 : parseNumber(stepText, [], 0);
    if (step === undefined || step === 0 || more !== undefined) return undefined;
    let [low, high]: (number | undefined)[] = [min, max];
    if (range !== '*' && range !== '?') {
      const [first = '', last, surplus] = range.split('-');
      if (surplus !== undefined) return undefined;
      low = parseNumber(first, names, min);
      high = last === undefined ? (stepText === undefined ? low : max) : parseNumber(last, names, min);
    }
    if (low === undefined || high === undefined || low < min || high > max || low > high) return undefined;
    for (let value = low; value <= high; value += step) values.add(value);
  }
  return values;
}

function parseEvery(text: string): number | undefined {
  const units: Record<string, number> = { h: hourMs, m: minuteMs, s: 1000 };
  let total = 0;
  if (!/^(\d+(\.\d+)?[hms])+$/.test(text)) return undefined;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)([hms])/g))
    total += Number(amount) * (units[unit ?? ''] ?? 0);
  return total >= 1000 ? total : undefined;
}

/** The schedule, or undefined if the text isn't one. */
export function parseSchedule(text: string, timeZone?: string): Schedule | undefined {
  const prefix = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(text.trim());
  if (prefix?.[2] !== undefined) return parseSchedule(prefix[2], prefix[1]);
  if (timeZone !== undefined && !isTimeZone(timeZone)) return undefined;
  const zone = timeZone === undefined ? {} : { timeZone };
  const every = /^@every\s+(\S+)$/.exec(text.trim());
  const fields = (macros[text.trim()] ?? (every === null ? text.trim() : '* * * * *')).split(/\s+/);
  const [minuteText, hourText, dayText, monthText, weekdayText] = fields;
  if (fields.length !== 5) return undefined;
  const minutes = parseField(minuteText ?? '', 0, 59);
  const hours = parseField(hourText ?? '', 0, 23);
  const days = parseField(dayText ?? '', 1, 31);
  const months = parseField(monthText ?? '', 1, 12, monthNames);
  const weekdays = parseField(weekdayText ?? '', 0, 6, weekdayNames);
  const everyMs = every === null ? undefined : parseEvery(every[1] ?? '');
  if (!minutes || !hours || !days || !months || !weekdays || (every !== null && everyMs === undefined))
    return undefined;
  return {
    minutes,
    hours,
    days,
    months,
    weekdays,
    isDayStar: /^[*?]/.test(dayText ?? ''),
    isWeekdayStar: /^[*?]/.test(weekdayText ?? ''),
    ...(everyMs === undefined ? {} : { everyMs }),
    ...zone,
  };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** How far local time is ahead of UTC at the moment, in milliseconds. */
function offsetAt(ms: number, timeZone: string | undefined): number {
  if (timeZone === undefined || timeZone === 'UTC' || timeZone === 'Etc/UTC') return 0;
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).formatToParts(ms);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const match = /GMT([+-])(\d+):(\d+)/.exec(name);
  if (match === null) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * hourMs + Number(match[3]) * minuteMs);
}

/** The first time of the schedule after `after`, in milliseconds; undefined if there is none within five years. */
export function nextTime(schedule: Schedule, after: number): number | undefined {
  if (schedule.everyMs !== undefined) return Math.floor(after / 1000) * 1000 + schedule.everyMs;
  const end = after + longestSearchMs;
  let time = Math.floor(after / minuteMs) * minuteMs + minuteMs;
  while (time < end) {
    const local = time + offsetAt(time, schedule.timeZone);
    const date = new Date(local);
    if (!schedule.months.has(date.getUTCMonth() + 1)) {
      time += Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) - local;
    } else if (!fitsDay(schedule, date)) {
      time += dayMs - (local % dayMs);
    } else if (!schedule.hours.has(date.getUTCHours())) {
      time += hourMs - (local % hourMs);
    } else if (!schedule.minutes.has(date.getUTCMinutes())) {
      time += minuteMs;
    } else {
      return time;
    }
  }
  return undefined;
}

function fitsDay({ days, weekdays, isDayStar, isWeekdayStar }: Schedule, date: Date): boolean {
  const byDay = days.has(date.getUTCDate());
  const byWeekday = weekdays.has(date.getUTCDay());
  return isDayStar || isWeekdayStar ? byDay && byWeekday : byDay || byWeekday;
}
