import { afterEach, describe, expect, it, vi } from 'vitest';
import { startMemoryLog } from '../src/memory-log.js';

describe('memory log', () => {
  afterEach(() => vi.useRealTimers());

  it('logs memory and the number of clusters at each interval until stopped', () => {
    vi.useFakeTimers();
    const info = vi.fn();
    const logger = { debug: () => {}, info, warn: () => {}, error: () => {} };
    const stop = startMemoryLog(30, logger, () => 7);
    vi.advanceTimersByTime(60_000);
    expect(info).toHaveBeenCalledTimes(2);
    expect(info.mock.calls[0]?.[0]).toMatchObject({
      clusters: 7,
      rssMiB: expect.any(Number),
      heapUsedMiB: expect.any(Number),
    });
    stop();
    vi.advanceTimersByTime(60_000);
    expect(info).toHaveBeenCalledTimes(2);
  });

  it('logs nothing with interval 0', () => {
    vi.useFakeTimers();
    startMemoryLog(0, { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }, () => 0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
