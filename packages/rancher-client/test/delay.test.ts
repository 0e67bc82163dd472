import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullJitterDelay, pause, pollDelay, retryAfterMs } from '../src/delay.js';

const range = { initialMs: 500, maxMs: 2000 };

describe('fullJitterDelay', () => {
  it('lies between zero and a bound that doubles up to the maximum', () => {
    expect([0, 1, 2, 3, 1000].map((attempt) => fullJitterDelay(attempt, range, () => 1))).toEqual([
      500, 1000, 2000, 2000, 2000,
    ]);
    expect(fullJitterDelay(3, range, () => 0)).toBe(0);
  });
});

describe('pollDelay', () => {
  it('lies in the upper half of the bound', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, random) => {
          const delay = pollDelay(attempt, range, () => random);
          const bound = fullJitterDelay(attempt, range, () => 1);
          expect(delay).toBeGreaterThanOrEqual(bound / 2);
          expect(delay).toBeLessThanOrEqual(bound);
        },
      ),
    );
  });
});

describe('retryAfterMs', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');

  it.each([
    ['3', 3000],
    [' 0 ', 0],
    ['900', 60_000],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('reads %j', (header, expected) => {
    expect(retryAfterMs(header, now, 60_000)).toBe(expected);
  });

  it('never answers anything but undefined or a time within the cap', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const wait = retryAfterMs(header, now, 60_000);
        expect(wait === undefined || (wait >= 0 && wait <= 60_000)).toBe(true);
      }),
    );
  });
});

describe('pause', () => {
  it('rejects with the reason of whichever signal is aborted, before or during the wait', async () => {
    const reason = new Error('enough');
    await expect(pause(60_000, undefined, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = pause(60_000, new AbortController().signal, controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  it('resolves when the time is over', async () => {
    await expect(pause(1, new AbortController().signal)).resolves.toBeUndefined();
  });
});
