import { describe, expect, it } from 'vitest';
import { OwnPace } from '../../src/ramp/own-pace.js';

/** What is left after so many looks at a thread that is so busy. */
function after(looks: number, share: number | ((perSec: number) => number)): number {
  const pace = new OwnPace(6, 1);
  for (let look = 0; look < looks; look += 1)
    pace.observe(typeof share === 'number' ? share : share(pace.perSec));
  return pace.perSec;
}

describe('the pace that a process can follow', () => {
  it('rises while there is room, and falls sooner when there is none', () => {
    expect(after(12, 0.5)).toBeGreaterThan(2 * after(0, 0));
    expect(after(4, 0.95)).toBeLessThan(after(0, 0) / 2);
    expect(after(10, 0.87)).toBe(after(0, 0));
  });

  it('stays within bounds, whatever comes', () => {
    expect(after(1000, 1)).toBe(1);
    expect(after(1000, 0)).toBe(200);
  });

  it('comes to what leaves the busiest thread a little room', () => {
    // A cluster takes 0.15 s of the thread: it could follow 6.7 per second at most.
    const perSec = after(200, (rate) => Math.min(1, rate * 0.15));
    expect(perSec).toBeGreaterThan(5.2);
    expect(perSec).toBeLessThan(6.3);
  });
});
