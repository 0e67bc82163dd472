import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadlines } from '../src/deadlines.js';

describe('Deadlines', () => {
  let deadlines: Deadlines;
  beforeEach(() => {
    vi.useFakeTimers();
    deadlines = new Deadlines(10);
  });
  afterEach(() => {
    deadlines.close();
    vi.useRealTimers();
  });

  it('calls back once, at the first tick at or after the time', () => {
    const callback = vi.fn();
    deadlines.after(25, callback);
    vi.advanceTimersByTime(29);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    vi.advanceTimersByTime(100);
    expect(callback).toHaveBeenCalledOnce();
  });

  it('does not call back what was cancelled', () => {
    const callback = vi.fn();
    deadlines.after(10, callback)();
    vi.advanceTimersByTime(50);
    expect(callback).not.toHaveBeenCalled();
  });

  it('needs one timer for any number of waits', () => {
    for (let wait = 0; wait < 100; wait++) deadlines.after(wait, () => {});
    expect(vi.getTimerCount()).toBe(1);
  });

  it('ends a sleep early when its signal aborts', async () => {
    const controller = new AbortController();
    const sleep = deadlines.sleep(1000, controller.signal);
    controller.abort();
    expect(await sleep).toBe(false);
    expect(await deadlines.sleep(1000, controller.signal)).toBe(false);
  });

  it('says true after a whole sleep', async () => {
    const sleep = deadlines.sleep(20);
    vi.advanceTimersByTime(20);
    expect(await sleep).toBe(true);
  });
});
