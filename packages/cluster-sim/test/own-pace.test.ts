import { describe, expect, it } from 'vitest';
import { OwnPace } from '../src/own-pace.js';

/** What is left after so many looks at a thread that is so busy. */
function after(looks: number, share: number | ((perSec: number) => number)): number {
  const pace = new OwnPace({ first: 6, least: 1, most: 200 });
  for (let look = 0; look < looks; look += 1)
    pace.observe(typeof share === 'number' ? share : share(pace.perSec), 2);
  return pace.perSec;
}

describe('the pace that a process can follow', () => {
  it('rises while there is room, and falls sooner when there is none', () => {
    expect(after(20, 0.5)).toBeGreaterThan(2 * after(0, 0));
    expect(after(8, 1)).toBeLessThan(after(0, 0) / 2);
    expect(after(10, 0.84)).toBe(after(0, 0));
  });

  it('stays within bounds, whatever comes', () => {
    expect(after(1000, 1)).toBe(1);
    expect(after(1000, 0)).toBe(200);
  });

  it('takes no notice of a burst between quieter seconds', () => {
    let look = 0;
    const perSec = after(200, () => (look++ % 3 === 0 ? 1 : 0.7));
    expect(perSec).toBeGreaterThan(5);
    expect(perSec).toBeLessThan(20);
  });

  it('begins anew when it is told to', () => {
    const pace = new OwnPace({ first: 6, least: 1, most: 200 });
    for (let look = 0; look < 20; look += 1) pace.observe(1, 2);
    pace.reset();
    expect(pace.perSec).toBe(6);
    pace.observe(0.84, 2);
    expect(pace.perSec).toBeCloseTo(6);
  });

  it('comes to what leaves the busiest thread a little room', () => {
    // A cluster takes 0.15 s of the thread: it could follow 6.7 per second at most.
    const perSec = after(200, (rate) => Math.min(1, rate * 0.15));
    expect(perSec).toBeGreaterThan(5.2);
    expect(perSec).toBeLessThan(6.3);
  });
});
