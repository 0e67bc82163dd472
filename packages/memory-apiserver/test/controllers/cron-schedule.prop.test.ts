import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextTime, parseSchedule } from '../../src/controllers/cron-schedule.js';

const next = (text: string, after: string, timeZone?: string): string | undefined => {
  const schedule = parseSchedule(text, timeZone);
  const time = schedule === undefined ? undefined : nextTime(schedule, Date.parse(after));
  return time === undefined ? undefined : new Date(time).toISOString().slice(0, 16);
};

describe('cron schedules', () => {
  it.each([
    ['*/15 * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:15'],
    ['0 0 1 * *', '2026-01-31T23:59:00Z', '2026-02-01T00:00'],
    ['30 4 * * MON-FRI', '2026-01-02T04:30:00Z', '2026-01-05T04:30'],
    ['0 12 13 * FRI', '2026-01-01T00:00:00Z', '2026-01-02T12:00'],
    ['0 0 29 feb *', '2026-01-01T00:00:00Z', '2028-02-29T00:00'],
    ['@weekly', '2026-01-01T00:00:00Z', '2026-01-04T00:00'],
    ['0-10/5 8,20 * * *', '2026-01-01T08:06:00Z', '2026-01-01T08:10'],
    ['TZ=America/New_York 0 9 * * *', '2026-01-01T00:00:00Z', '2026-01-01T14:00'],
  ])('%s after %s comes at %s', (text, after, expected) => {
    expect(next(text, after)).toBe(expected);
  });

  it('follow the time zone over its summer time', () => {
    expect(next('0 9 * * *', '2026-03-28T12:00:00Z', 'Europe/Berlin')).toBe('2026-03-29T07:00');
    expect(next('0 9 * * *', '2026-03-27T12:00:00Z', 'Europe/Berlin')).toBe('2026-03-28T08:00');
  });

  it.each([
    '',
    '* * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '5-1 * * * *',
    '*/0 * * * *',
    'a b c d e',
    '@every x',
  ])('refuse %j', (text) => {
    expect(parseSchedule(text)).toBeUndefined();
  });

  it('never throw and never answer a time that is not later', () => {
    const field = fc.oneof(
      fc.constantFrom('*', '*/7', '1-5', '0', '3,9', 'x', '99'),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(field, { maxLength: 6 }), fc.integer({ min: 0, max: 4e12 }), (fields, after) => {
        const schedule = parseSchedule(fields.join(' '));
        const time = schedule === undefined ? undefined : nextTime(schedule, after);
        expect(time === undefined || time > after).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
