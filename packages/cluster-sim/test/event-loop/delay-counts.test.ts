import { createHistogram } from 'node:perf_hooks';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addDelays, delayBoundsMs, delayP99Ms, noDelays } from '../../src/event-loop/delay-counts.js';

const periodMs = 50;

/** As `monitorEventLoopDelay` has it: the time from tick to tick. */
function histogramOf(delaysMs: readonly number[]) {
  const histogram = createHistogram();
  for (const delay of delaysMs) histogram.record(Math.round((periodMs + delay) * 1e6));
  return histogram;
}

it('ticks are counted by how late they were, minute after minute', () => {
  const counts = noDelays();
  addDelays(counts, histogramOf([0.2, 0.4, 19, 400]), periodMs);
  addDelays(counts, histogramOf([0.2, 5000]), periodMs);
  addDelays(counts, histogramOf([]), periodMs);
  expect(counts.count).toBe(6);
  expect(counts.upToMs).toMatchObject({ 1: 3, 18: 3, 20: 4, 300: 4, 500: 5, 1000: 5 });
  expect(counts.sumMs / 5419.8).toBeCloseTo(1, 3);
});

it('ticks that came early count as in time', () => {
  const counts = noDelays();
  addDelays(counts, histogramOf([-2, -1]), periodMs);
  expect(counts).toMatchObject({ count: 2, sumMs: 0 });
  expect(counts.upToMs[1]).toBe(2);
});

it('no delay is counted up to less than it is', () => {
  // A histogram keeps three digits: halves of a millisecond are far enough from the bounds.
  const delay = fc.integer({ min: 0, max: 1500 }).map((ms) => ms + 0.5);
  fc.assert(
    fc.property(fc.array(delay, { maxLength: 300 }), (delays) => {
      const counts = noDelays();
      addDelays(counts, histogramOf(delays), periodMs);
      expect(counts.count).toBe(delays.length);
      for (const bound of delayBoundsMs)
        expect(counts.upToMs[bound]).toBe(delays.filter((ms) => ms <= bound).length);
    }),
  );
});

it('tell the 99th percentile of any span, exact to a bound', () => {
  const before = noDelays();
  addDelays(before, histogramOf(Array.from({ length: 50 }, () => 900)), periodMs);
  const after = structuredClone(before);
  addDelays(
    after,
    histogramOf([...Array.from({ length: 980 }, () => 0.5), ...Array.from({ length: 20 }, () => 17)]),
    periodMs,
  );
  expect(delayP99Ms(before, after)).toBeCloseTo(17, 5);
  expect(delayP99Ms(before, before)).toBeNaN();
  addDelays(after, histogramOf(Array.from({ length: 20 }, () => 2000)), periodMs);
  expect(delayP99Ms(before, after)).toBe(Infinity);
});
