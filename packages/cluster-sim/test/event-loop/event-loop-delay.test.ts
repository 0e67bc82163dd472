import { createHistogram } from 'node:perf_hooks';
import { expect, it, onTestFinished } from 'vitest';
import { EventLoopDelay } from '../../src/event-loop/event-loop-delay.js';

it('tells of a blocked event loop, and counts it in the minute in which it was', () => {
  const histogram = Object.assign(createHistogram(), { enable: () => true, disable: () => true });
  const delay = new EventLoopDelay(histogram);
  const ticks = (count: number, delayMs: number): void => {
    for (let tick = 0; tick < count; tick++) histogram.record((50 + delayMs) * 1e6);
  };
  expect(delay.figures).toEqual({ meanMs: 0, p99Ms: 0, maxMs: 0 });
  ticks(190, 1);
  ticks(10, 400);
  expect(delay.turn()).toBeCloseTo(400, 0);
  ticks(200, 1);
  expect(delay.turn()).toBeCloseTo(1, 0);
  expect(delay.turn()).toBe(0);
  const { counts } = delay;
  expect(counts).toMatchObject({ count: 400, upToMs: { 200: 390, 500: 400 } });
  // Of the minute that has begun; p99 is exact to a bound, 300 to 500 here, and never beyond the longest delay.
  const firstMinute = delay.figures;
  expect(firstMinute.maxMs).toBeCloseTo(400, 0);
  expect(firstMinute.p99Ms).toBeGreaterThan(300);
  expect(firstMinute.p99Ms).toBeLessThanOrEqual(firstMinute.maxMs);
  expect(firstMinute.meanMs).toBeCloseTo(11, 0);

  delay.turnMinute();
  ticks(200, 3);
  delay.turn();
  expect(delay.figures).toEqual(firstMinute);
  delay.turnMinute();
  expect(delay.figures.maxMs).toBeCloseTo(3, 0);
  expect([counts.count, delay.counts.count]).toEqual([400, 600]);
});

it('measures this thread', async () => {
  const delay = new EventLoopDelay();
  onTestFinished(() => delay.close());
  // The first tick after a turn is measured against nothing.
  await expect.poll(() => (delay.turn(), delay.counts.count), { interval: 300 }).toBeGreaterThanOrEqual(1);
});
