import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CatalogFollower } from '../../../src/backend/http-objects/catalog-follower.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pauseMs = 100;

it('looks until the catalog has what the definitions say, once for many changes', async () => {
  const answers = [false, false, true];
  const refresh = vi.fn(() => Promise.resolve(answers.shift() ?? true));
  const follower = new CatalogFollower({ refresh, pauseMs });
  const told = vi.fn();
  void follower.follow().then(told);
  void follower.follow().then(told);
  await vi.advanceTimersByTimeAsync(2 * pauseMs);
  expect(told).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(pauseMs);
  expect(told).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(10 * pauseMs);
  expect(refresh).toHaveBeenCalledTimes(3);
});

it('looks again after a change that comes while it looks', async () => {
  let finish = (_: boolean): void => undefined;
  const refresh = vi.fn(() => new Promise<boolean>((resolve) => (finish = resolve)));
  const follower = new CatalogFollower({ refresh, pauseMs });
  const told = vi.fn();
  void follower.follow().then(told);
  await vi.advanceTimersByTimeAsync(pauseMs);
  void follower.follow();
  finish(true);
  await vi.advanceTimersByTimeAsync(pauseMs);
  expect(told).not.toHaveBeenCalled();
  expect(refresh).toHaveBeenCalledTimes(2);
  finish(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toHaveBeenCalledOnce();
});

it('gives up on a server that does not answer, until the next change', async () => {
  const refresh = vi.fn(() => Promise.reject<boolean>(new Error('away')));
  const follower = new CatalogFollower({ refresh, pauseMs });
  const told = vi.fn();
  void follower.follow().then(told);
  await vi.advanceTimersByTimeAsync(1_000 * pauseMs);
  expect(told).toHaveBeenCalledOnce();
  const looks = refresh.mock.calls.length;
  void follower.follow();
  await vi.advanceTimersByTimeAsync(pauseMs);
  expect(refresh.mock.calls.length).toBe(looks + 1);
});

it('ends when it is closed', async () => {
  const refresh = vi.fn(() => Promise.resolve(true));
  const follower = new CatalogFollower({ refresh, pauseMs });
  const done = follower.follow();
  follower.close();
  await done;
  expect(refresh).not.toHaveBeenCalled();
});
