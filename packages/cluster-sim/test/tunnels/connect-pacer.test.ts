import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConnectPacer } from '../../src/tunnels/connect-pacer.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setup(
  utilization: () => number,
  rate = { first: 20, least: 10, most: 100 },
): {
  pacer: ConnectPacer;
  done: () => number;
  want: (count: number) => void;
} {
  const pacer = new ConnectPacer({
    clock: () => Date.now(),
    utilization,
    rate,
  });
  let done = 0;
  return {
    pacer,
    done: () => done,
    want: (count) => {
      for (let index = 0; index < count; index++) void pacer.turn().then(() => (done += 1));
    },
  };
}

describe('ConnectPacer', () => {
  it('lets a single one through at once and then has no timer', async () => {
    const { done, want } = setup(() => 0);
    want(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(done()).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('spreads many at its rate, which grows while there is room', async () => {
    const { pacer, done, want } = setup(() => 0.1);
    want(2000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(done()).toBeGreaterThan(15);
    expect(done()).toBeLessThan(26);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(pacer.rate).toBe(100);
    expect(done()).toBe(2000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([7, 19, 21, 39, 75])('keeps a rate of %i to the fraction', async (perSec) => {
    const { done, want } = setup(() => 0.9, { first: perSec, least: perSec, most: perSec });
    want(1000);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(Math.abs(done() - 10 * perSec)).toBeLessThan(3);
  });

  it('slows down, but never below its least rate, while the process is too busy', async () => {
    const { pacer, done, want } = setup(() => 1);
    want(1000);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(pacer.rate).toBe(10);
    const before = done();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(done() - before).toBeGreaterThan(95);
    expect(done() - before).toBeLessThan(105);
  });

  it.each([8, 35, 70])(
    'keeps the process busy for most of the time, not all of it, when a connect causes %i ms of work seconds later',
    async (workMs) => {
      const connects: number[] = [];
      const shares: number[] = [];
      let askedAt = Date.now();
      // The work of a connect is spread from the 2nd to the 12th second after it.
      const doneBy = (now: number): number =>
        connects.reduce((sum, at) => sum + workMs * Math.min(1, Math.max(0, (now - at - 2_000) / 10_000)), 0);
      const pacer = new ConnectPacer({
        clock: () => Date.now(),
        utilization: () => {
          const now = Date.now();
          const share = Math.min(1, 0.1 + (doneBy(now) - doneBy(askedAt)) / (now - askedAt || 1));
          askedAt = now;
          shares.push(share);
          return share;
        },
      });
      for (let index = 0; index < 20_000; index++) void pacer.turn().then(() => connects.push(Date.now()));
      await vi.advanceTimersByTimeAsync(120_000);
      const steady = shares.slice(shares.length / 2);
      const mean = steady.reduce((sum, share) => sum + share, 0) / steady.length;
      expect(mean).toBeGreaterThan(0.7);
      expect(mean).toBeLessThan(0.9);
      pacer.close();
    },
  );

  it('begins anew after a pause, whatever the pace was before', async () => {
    const { pacer, want } = setup(() => 1);
    want(300);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(pacer.waiting).toBe(0);
    want(10);
    expect(pacer.rate).toBe(20);
  });

  it('does not make up for a pause by a burst', async () => {
    const { done, want } = setup(() => 0);
    await vi.advanceTimersByTimeAsync(60_000);
    want(100);
    await vi.advanceTimersByTimeAsync(0);
    expect(done()).toBe(1);
  });

  it('makes up for a late timer, for a late second it does not', async () => {
    let late = 0;
    const pacer = new ConnectPacer({
      clock: () => Date.now() + late,
      utilization: () => 0.9,
      rate: { first: 40, least: 40, most: 40 },
    });
    let done = 0;
    for (let index = 0; index < 100; index++) void pacer.turn().then(() => (done += 1));
    await vi.advanceTimersByTimeAsync(1);
    expect(done).toBe(1);
    late += 25;
    await vi.advanceTimersByTimeAsync(50);
    expect(done).toBe(4);
    late += 1_000;
    await vi.advanceTimersByTimeAsync(50);
    expect(done).toBeLessThan(10);
  });

  it('lets everybody go when it is closed', async () => {
    const { pacer, done, want } = setup(() => 0);
    want(100);
    pacer.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(done()).toBe(100);
  });
});
