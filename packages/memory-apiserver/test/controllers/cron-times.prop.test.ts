import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextTime } from '../../src/controllers/cron-times.js';
import { parseSchedule } from '../../src/schema/cron-schedule.js';

/** The first `count` times of a schedule after a moment. */
function times(text: string, after: string, timeZone: string, count: number): string[] {
  const schedule = parseSchedule(text);
  if (typeof schedule === 'string') throw new Error(schedule);
  const found: string[] = [];
  let time: number | undefined = Date.parse(after);
  for (let n = 0; n < count; n++) {
    time = nextTime(schedule, time, timeZone);
    if (time === undefined) break;
    found.push(new Date(time).toISOString().replace('.000', ''));
  }
  return found;
}

/** What robfig/cron v3.0.1 answers: time zone, schedule, after, the times that follow (at most four). */
const recorded = JSON.parse(
  readFileSync(new URL('../fixtures/cron-times.json', import.meta.url), 'utf8'),
) as [timeZone: string, text: string, after: string, next: string[]][];

describe('times of a schedule', () => {
  it.each(recorded)('are those of robfig/cron: %s %s after %s', (timeZone, text, after, next) => {
    expect(times(text, after, timeZone, 4)).toEqual(next);
  });

  it('are none within five years of a day that never comes', () => {
    expect(times('0 0 31 2 *', '2026-01-01T00:00:00Z', 'UTC', 1)).toEqual([]);
  });

  it('are always later', () => {
    const field = fc.constantFrom('*', '*/7', '1-5', '0', '3,9', '2', '1');
    fc.assert(
      fc.property(
        fc.array(field, { minLength: 5, maxLength: 5 }),
        fc.integer({ min: 0, max: 4e12 }),
        fc.constantFrom('UTC', 'Europe/Berlin', 'America/Santiago'),
        (fields, after, timeZone) => {
          const schedule = parseSchedule(fields.join(' '));
          if (typeof schedule === 'string') return;
          expect(nextTime(schedule, after, timeZone) ?? Infinity).toBeGreaterThan(after);
        },
      ),
      { numRuns: 200 },
    );
  });
});
