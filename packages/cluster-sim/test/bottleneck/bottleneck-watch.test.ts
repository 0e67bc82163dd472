import { expect, it } from 'vitest';
import { BottleneckWatch } from '../../src/bottleneck/bottleneck-watch.js';
import type { LoadSample } from '../../src/bottleneck/judge.js';

it('says once when the agent becomes a bottleneck and once when it is none any more', () => {
  let now = 0;
  let due: (() => void) | undefined;
  let delay = 0;
  const lines: [string, object][] = [];
  const sample: LoadSample = {
    eventLoopDelayP99Ms: 0,
    eventLoopShare: 0.98765,
    cpuCores: 1,
    cores: 2,
    memoryAvailableBytes: 8e9,
    memoryTotalBytes: 16e9,
    heapUsedBytes: 1e8,
    heapLimitBytes: 4e9,
  };
  const log = (object: object, message: string): void => void lines.push([message, object]);
  const watch = new BottleneckWatch({
    sample: () => ({ ...sample }),
    delayer: { delay: (_key, delayMs, run) => ([delay, due] = [delayMs, run]) },
    now: () => now,
    logger: { debug: log, info: log, warn: log, error: log },
  });
  const pass = (periods: number): void => {
    for (; periods > 0; periods--) {
      now += delay;
      due?.();
    }
  };
  expect(watch.view).toMatchObject({ active: false, reasons: [], since: null });
  watch.start();
  pass(5);
  expect(watch.view).toMatchObject({
    active: true,
    reasons: ['cpu'],
    since: new Date(20_000).toISOString(),
    eventLoopShare: 0.988,
  });
  sample.eventLoopShare = 0.1;
  sample.cpuCores = 0.1;
  pass(5);
  expect(watch.view).toMatchObject({ active: false, since: null });
  expect(lines.map(([message]) => message)).toEqual([
    'this agent is the bottleneck now: what is measured is not Rancher alone',
    'this agent is no bottleneck any more',
  ]);
  expect(lines[0]?.[1]).toMatchObject({ reasons: ['cpu'], cpuCores: 1 });
  expect(lines[1]?.[1]).toMatchObject({ lastedMs: 50_000 });
});
