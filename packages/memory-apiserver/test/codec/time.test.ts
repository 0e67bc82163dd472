import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  formatGoDuration,
  formatMicroTime,
  formatTime,
  humanDuration,
  parseGoDuration,
} from '../../src/codec/time.js';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

describe('humanDuration', () => {
  it.each([
    [-2 * second, '<invalid>'],
    [-1 * second, '0s'],
    [0, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [3 * minute + 20 * second, '3m20s'],
    [10 * minute, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [5 * hour + 3 * minute, '5h3m'],
    [8 * hour, '8h'],
    [47 * hour, '47h'],
    [2 * day, '2d'],
    [2 * day + 4 * hour, '2d4h'],
    [30 * day, '30d'],
    [2 * 365 * day, '2y'],
    [(2 * 365 + 35) * day, '2y35d'],
    [9 * 365 * day, '9y'],
  ])('writes %i ms as %s', (milliseconds, text) => {
    expect(humanDuration(milliseconds)).toBe(text);
  });
});

describe('Go durations', () => {
  it.each([
    [0n, '0s'],
    [1n, '1ns'],
    [1_500n, '1.5µs'],
    [200_000_000n, '200ms'],
    [1_500_000_000n, '1.5s'],
    [60_000_000_000n, '1m0s'],
    [3_600_000_000_000n, '1h0m0s'],
    [-5_430_000_000_000n, '-1h30m30s'],
  ])('writes %s ns as %s', (nanoseconds, text) => {
    expect(formatGoDuration(nanoseconds)).toBe(text);
    expect(parseGoDuration(text)).toBe(nanoseconds);
  });

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), (milliseconds) => {
        const nanoseconds = BigInt(milliseconds) * 1_000_000n;
        expect(parseGoDuration(formatGoDuration(nanoseconds))).toBe(nanoseconds);
      }),
    );
  });

  it('are nothing else', () => {
    for (const text of ['', 'x', '1', '1d', '1h x']) expect(parseGoDuration(text)).toBeUndefined();
  });
});

describe('times', () => {
  it('have whole seconds or microseconds', () => {
    expect(formatTime(1_715_000_000_987)).toBe('2024-05-06T12:53:20Z');
    expect(formatMicroTime(1_715_000_000, 123_456_789)).toBe('2024-05-06T12:53:20.123456Z');
  });
});
