/** Cron schedules as CronJobs take them: robfig/cron's standard parser (five fields, names, `@daily`, `@every`). */

/** When something is due: the values that fit each field. */
export interface CronSchedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** With both of days and weekdays given, one that fits is enough; with one a star, both must fit. */
  readonly isAnyDay: boolean;
  /** `@every` instead of fields, in milliseconds. */
  readonly everyMs?: number;
}

class Fault extends Error {}

/** The schedule, or in upstream's words why the text isn't one. */
export function parseSchedule(text: string): CronSchedule | string {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
}

/** True for the name of a time zone that this machine knows, in the spelling of the IANA. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const EVERY = '@every ';

function parse(text: string): CronSchedule {
  if (text === '') throw new Fault('empty spec string');
  if (text.startsWith(EVERY)) return { ...parseFields('* * * * *'), everyMs: parseEvery(text) };
  if (!text.startsWith('@')) return parseFields(text);
  const macro = macros[text];
  if (macro === undefined) throw new Fault(`unrecognized descriptor: ${text}`);
  return parseFields(macro);
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

function parseFields(text: string): CronSchedule {
  const fields = text.split(/\s+/).filter((field) => field !== '');
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields;
  if (fields.length !== 5)
    throw new Fault(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  const minutes = parseField(minute, { min: 0, max: 59 });
  const hours = parseField(hour, { min: 0, max: 23 });
  const days = parseField(day, { min: 1, max: 31 });
  const months = parseField(month, { min: 1, max: 12, names: monthNames });
  const weekdays = parseField(weekday, { min: 0, max: 6, names: weekdayNames });
  return {
    minutes: minutes.values,
    hours: hours.values,
    days: days.values,
    months: months.values,
    weekdays: weekdays.values,
    isAnyDay: days.hasStar || weekdays.hasStar,
  };
}

interface Bounds {
  min: number;
  max: number;
  /** Of the values, from `min` on. */
  names?: readonly string[];
}

function parseField(text: string, bounds: Bounds): { values: ReadonlySet<number>; hasStar: boolean } {
  const values = new Set<number>();
  let hasStar = false;
  for (const part of text.split(',').filter((range) => range !== '')) {
    const { low, high, step, isStar } = parseRange(part, bounds);
    for (let value = low; value <= high; value += step) values.add(value);
    hasStar ||= isStar;
  }
  return { values, hasStar };
}

/** `number | number "-" number [ "/" number ]`, where a star stands for all numbers. */
function parseRange(text: string, { min, max, names = [] }: Bounds) {
  const [range = '', stepText, ...surplus] = text.split('/');
  const [first = '', last, ...more] = range.split('-');
  const isWhole = first === '*' || first === '?';
  const number = (word: string): number => {
    const named = names.indexOf(word.toLowerCase());
    return named >= 0 ? named + min : parseNumber(word);
  };
  const low = isWhole ? min : number(first);
  if (!isWhole && more.length > 0) throw new Fault(`too many hyphens: ${text}`);
  let high = isWhole ? max : last === undefined ? low : number(last);
  if (surplus.length > 0) throw new Fault(`too many slashes: ${text}`);
  const step = stepText === undefined ? 1 : parseNumber(stepText);
  // `5/10` means from 5 to the end.
  if (stepText !== undefined && last === undefined) high = max;
  if (low < min) throw new Fault(`beginning of range (${low}) below minimum (${min}): ${text}`);
  if (high > max) throw new Fault(`end of range (${high}) above maximum (${max}): ${text}`);
  if (low > high) throw new Fault(`beginning of range (${low}) beyond end of range (${high}): ${text}`);
  if (step === 0) throw new Fault(`step of range should be a positive number: ${text}`);
  return { low, high, step, isStar: isWhole && step === 1 };
}

function parseNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) {
    const quoted = JSON.stringify(text);
    throw new Fault(`failed to parse int from ${text}: strconv.Atoi: parsing ${quoted}: invalid syntax`);
  }
  if (Number(text) < 0) throw new Fault(`negative number (${Number(text)}) not allowed: ${text}`);
  return Number(text);
}

const unitMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ns: 1e-6,
};

/** `@every` and a duration of Go, in whole seconds, one at least. */
function parseEvery(text: string): number {
  const duration = text.slice(EVERY.length);
  const fault = (what: string): Fault => new Fault(`failed to parse duration ${text}: time: ${what}`);
  const quoted = JSON.stringify(duration);
  const parts = [...duration.matchAll(/(\d+\.?\d*|\.\d+)([^\d.]*)/g)];
  const signless = duration.replace(/^[-+]/, '');
  if (signless === '0') return 1000;
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== signless)
    throw fault(`invalid duration ${quoted}`);
  let total = 0;
  for (const [, amount, unit = ''] of parts) {
    const ms = unitMs[unit];
    if (unit === '') throw fault(`missing unit in duration ${quoted}`);
    if (ms === undefined) throw fault(`unknown unit ${JSON.stringify(unit)} in duration ${quoted}`);
    total += Number(amount) * ms;
  }
  if (duration.startsWith('-')) total = -total;
  return Math.max(1000, Math.floor(total / 1000) * 1000);
}
