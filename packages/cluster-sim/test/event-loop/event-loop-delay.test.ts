import { expect, it, onTestFinished } from 'vitest';
import { EventLoopDelay } from '../../src/event-loop/event-loop-delay.js';

it('counts the ticks of a minute when it is over, a blocked event loop among them', async () => {
  const delay = new EventLoopDelay();
  onTestFinished(() => delay.close());
  // The first tick is measured against nothing.
  await expect.poll(() => delay.figures.maxMs).toBeGreaterThan(0);
  const blockedUntil = performance.now() + 400;
  while (performance.now() < blockedUntil);
  await expect.poll(() => delay.figures.maxMs).toBeGreaterThan(250);
  expect(delay.counts.count).toBe(0);
  delay.turnMinute();
  const { count, upToMs } = delay.counts;
  expect(count).toBeGreaterThan(0);
  expect(upToMs[200]).toBeLessThan(count);
});
