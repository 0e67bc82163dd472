import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTimeZone, parseSchedule } from '../../src/schema/cron-schedule.js';

const atoi = (text: string): string =>
  `failed to parse int from ${text}: strconv.Atoi: parsing "${text}": invalid syntax`;

describe('cron schedules', () => {
  it.each([
    ['', 'empty spec string'],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['* * * * * *', 'expected exactly 5 fields, found 6: [* * * * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* 24 * * *', 'end of range (24) above maximum (23): 24'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['* * * * 7', 'end of range (7) above maximum (6): 7'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['1--2 * * * *', 'too many hyphens: 1--2'],
    ['a b c d e', atoi('a')],
    ['-1 * * * *', atoi('')],
    ['@Daily', 'unrecognized descriptor: @Daily'],
    ['@every x', 'failed to parse duration @every x: time: invalid duration "x"'],
    ['@every 1h ', 'failed to parse duration @every 1h : time: unknown unit "h " in duration "1h "'],
    ['@every 5', 'failed to parse duration @every 5: time: missing unit in duration "5"'],
  ])('that are none are told in the words of robfig/cron: %j', (text, fault) => {
    expect(parseSchedule(text)).toBe(fault);
  });

  it.each([
    '*/60 * * * *',
    '*-5 * * * *',
    '+5 * * * *',
    '05 * * * *',
    '1,,2 * * * *',
    '?/5 * * * *',
    '  5 * * * *',
  ])('are taken as robfig/cron takes them: %j', (text) => {
    expect(parseSchedule(text)).toBeTypeOf('object');
  });

  it.each([
    ['@every 1h30m', 5_400_000],
    ['@every 1.5s', 1000],
    ['@every 100ms', 1000],
    ['@every -5m', 1000],
  ])('%s are whole seconds', (text, everyMs) => {
    expect(parseSchedule(text)).toMatchObject({ everyMs });
  });

  it('with steps have no star: one of day and weekday is enough', () => {
    expect(parseSchedule('0 0 */2 * 1')).toMatchObject({ isAnyDay: false });
    expect(parseSchedule('0 0 */1 * 1')).toMatchObject({ isAnyDay: true });
  });

  it('of any text are a schedule or a fault, and within their bounds', () => {
    const field = fc.oneof(fc.constantFrom('*', '*/7', '1-5', '0', '3,9'), fc.string({ maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(field, { maxLength: 6 }), (fields) => {
        const schedule = parseSchedule(fields.join(' '));
        if (typeof schedule === 'string') expect(schedule).not.toBe('');
        else expect([...schedule.minutes].every((minute) => minute >= 0 && minute <= 59)).toBe(true);
      }),
    );
  });
});

describe('time zones', () => {
  it('are known by the name of the IANA', () => {
    expect([isTimeZone('Europe/Berlin'), isTimeZone('Europe/Atlantis')]).toEqual([true, false]);
  });
});
