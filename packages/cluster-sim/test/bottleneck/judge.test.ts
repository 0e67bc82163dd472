import { expect, it } from 'vitest';
import { BottleneckJudge, type LoadSample } from '../../src/bottleneck/judge.js';
import { LoadSampler } from '../../src/bottleneck/load-sampler.js';
import { EventLoopDelay } from '../../src/event-loop/event-loop-delay.js';

const calm: LoadSample = {
  eventLoopDelayP99Ms: 5,
  eventLoopShare: 0.2,
  cpuCores: 0.3,
  cores: 2,
  memoryAvailableBytes: 8e9,
  memoryTotalBytes: 16e9,
  heapUsedBytes: 1e8,
  heapLimitBytes: 4e9,
};

function judge(...samples: Partial<LoadSample>[]): string[][] {
  const one = new BottleneckJudge();
  return samples.map((sample) => {
    one.add({ ...calm, ...sample });
    return one.reasons;
  });
}

it('needs two periods in a row', () => {
  expect(judge({ eventLoopDelayP99Ms: 400 }, {}, { eventLoopDelayP99Ms: 400 })).toEqual([[], [], []]);
  expect(judge({ eventLoopDelayP99Ms: 400 }, { eventLoopDelayP99Ms: 400 })[1]).toEqual(['event-loop']);
});

it('ends only when things are well again, not a little better', () => {
  const busy = { eventLoopShare: 0.99 };
  const better = { eventLoopShare: 0.9 };
  expect(judge(busy, busy, better, better, {}, better, {}, {})).toEqual([
    [],
    ['cpu'],
    ['cpu'],
    ['cpu'],
    ['cpu'],
    ['cpu'],
    ['cpu'],
    [],
  ]);
});

it.each<[string, Partial<LoadSample>]>([
  ['event-loop', { eventLoopDelayP99Ms: 300 }],
  ['cpu', { eventLoopShare: 0.97 }],
  ['cpu', { cpuCores: 1.95 }],
  ['memory', { memoryAvailableBytes: 0.4e9 }],
  ['heap', { heapUsedBytes: 3.7e9 }],
])('knows %s by %j', (reason, sample) => {
  expect(judge(sample, sample)[1]).toEqual([reason]);
});

it('measures this process from call to call', () => {
  const delay = new EventLoopDelay();
  const sampler = new LoadSampler(delay);
  sampler.sample();
  const until = performance.now() + 60;
  while (performance.now() < until);
  const busy = sampler.sample();
  delay.close();
  expect(busy.cpuCores).toBeGreaterThan(0.2);
  expect(busy.memoryAvailableBytes).toBeLessThanOrEqual(busy.memoryTotalBytes);
  expect(busy.heapUsedBytes).toBeLessThan(busy.heapLimitBytes);
  expect(busy.eventLoopDelayP99Ms).toBeGreaterThanOrEqual(0);
});
