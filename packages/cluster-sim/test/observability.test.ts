import { describe, expect, it } from 'vitest';
import { EventRing } from '../src/events.js';
import { percentiles } from '../src/metrics.js';

describe('EventRing', () => {
  const event = { at: '', type: 'phase', cluster: 'a', phase: 'active' } as const;

  it('numbers events and gives those after a number, as far as it has them', () => {
    const ring = new EventRing(3);
    expect(ring.since(0)).toEqual([]);
    for (let index = 0; index < 5; index++) ring.add(event);
    expect(ring.since(0).map((one) => one.seq)).toEqual([3, 4, 5]);
    expect(ring.since(4).map((one) => one.seq)).toEqual([5]);
    expect(ring.since(5)).toEqual([]);
    expect(ring.lastSeq).toBe(5);
  });
});

describe('percentiles', () => {
  it('are nearest ranks, and zero without samples', () => {
    expect(percentiles(Array.from({ length: 100 }, (_, index) => 100 - index))).toEqual({
      p50: 50,
      p95: 95,
      p99: 99,
      max: 100,
    });
    expect(percentiles([7])).toEqual({ p50: 7, p95: 7, p99: 7, max: 7 });
    expect(percentiles([])).toEqual({ p50: 0, p95: 0, p99: 0, max: 0 });
  });
});
