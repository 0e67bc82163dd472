import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManagedCluster } from '../../src/cluster/managed-cluster.js';
import { Delayer } from '../../src/delayer.js';
import { Limiter } from '../../src/reconcile/limiter.js';
import type { Action } from '../../src/reconcile/plan.js';
import { Reconciler } from '../../src/reconcile/reconciler.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

function cluster(name: string): ManagedCluster {
  return new ManagedCluster({ name, uid: name, createdAt: 0, backend: 'memory', stages: {} }, 0, false);
}

interface Setup {
  reconciler: Reconciler;
  log: string[];
  failures: { name: string; delay: number; attempts: number }[];
}

function setup(execute: (one: ManagedCluster, action: Action) => Promise<number | undefined>): Setup {
  const log: string[] = [];
  const failures: Setup['failures'] = [];
  const reconciler = new Reconciler({
    execute: (one, action) => {
      log.push(`${one.name} ${action}`);
      return execute(one, action);
    },
    onStep: () => undefined,
    onFailure: (one) =>
      failures.push({
        name: one.name,
        delay: (one.failure?.retryAt ?? 0) - Date.now(),
        attempts: one.failure?.attempts ?? 0,
      }),
    delayer: new Delayer(() => Date.now()),
    now: () => Date.now(),
    random: () => 0.5,
  });
  return { reconciler, log, failures };
}

describe('Reconciler', () => {
  it('takes one step at a time per cluster, all clusters side by side', async () => {
    const running = new Map<string, number>();
    let most = 0;
    const { reconciler, log } = setup(async (one, action) => {
      running.set(one.name, (running.get(one.name) ?? 0) + 1);
      most = Math.max(most, running.size);
      expect(running.get(one.name)).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 10));
      running.delete(one.name);
      if (action === 'register') one.record.rancherId = 'c-1';
      else one.inRancher = 'gone';
      return action === 'read-token' ? undefined : undefined;
    });
    const both = [cluster('a'), cluster('b')];
    for (const one of both) for (let times = 0; times < 3; times++) reconciler.wake(one);
    await vi.advanceTimersByTimeAsync(100);
    expect(most).toBe(2);
    expect(log.filter((line) => line.startsWith('a'))).toEqual(['a register', 'a read-token', 'a tear-down']);
  });

  it('tries a failing step for ever with growing, capped delays', async () => {
    const { reconciler, failures } = setup(() => Promise.reject(new Error('no')));
    const one = cluster('a');
    reconciler.wake(one);
    await vi.advanceTimersByTimeAsync(30 * 60_000);
    expect(failures.slice(0, 8).map((failure) => failure.delay)).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
    ]);
    expect(failures.length).toBeGreaterThan(50);
    expect(one.failure).toMatchObject({ stage: 'registered', message: 'no', attempts: failures.length });
  });

  it('never retries in a tight loop, even by the luckiest draw', async () => {
    const times: number[] = [];
    const reconciler = new Reconciler({
      execute: () => (times.push(Date.now()), Promise.reject(new Error('no'))),
      onStep: () => undefined,
      onFailure: () => undefined,
      delayer: new Delayer(() => Date.now()),
      now: () => Date.now(),
      random: () => 0,
    });
    reconciler.wake(cluster('a'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(times.length).toBeLessThanOrEqual(41);
  });

  it('lets a waiting retry wait when something small changes, but not for an urgent wish', async () => {
    const { reconciler, log } = setup(() => Promise.reject(new Error('no')));
    const one = cluster('a');
    reconciler.wake(one);
    await vi.advanceTimersByTimeAsync(1);
    reconciler.wake(one);
    await vi.advanceTimersByTimeAsync(400);
    expect(log).toHaveLength(1);
    one.record.deleting = true;
    reconciler.wake(one, true);
    await vi.advanceTimersByTimeAsync(1);
    expect(log).toEqual(['a register', 'a tear-down']);
  });

  it('sees a change that came while a step ran', async () => {
    const { reconciler, log } = setup(async (one, action) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (action === 'register') throw new Error('no');
      return undefined;
    });
    const one = cluster('a');
    reconciler.wake(one);
    await vi.advanceTimersByTimeAsync(5);
    one.record.deleting = true;
    reconciler.wake(one, true);
    await vi.advanceTimersByTimeAsync(50);
    expect(log).toEqual(['a register', 'a tear-down']);
  });

  it('forgets a failure when the step succeeds', async () => {
    let tries = 0;
    const { reconciler } = setup(async (one) => {
      if (tries++ === 0) throw new Error('no');
      one.record.deleting = true;
      one.inRancher = 'gone';
      return undefined;
    });
    const one = cluster('a');
    reconciler.wake(one);
    await vi.advanceTimersByTimeAsync(1);
    expect(one.failure?.message).toBe('no');
    await vi.advanceTimersByTimeAsync(2000);
    expect(one.failure).toBeUndefined();
  });

  it('does nothing more once it is closed', async () => {
    const { reconciler, log } = setup(async () => undefined);
    reconciler.close();
    reconciler.wake(cluster('a'));
    await vi.advanceTimersByTimeAsync(1000);
    expect(log).toEqual([]);
  });
});

describe('Limiter', () => {
  it('runs no more than its limit, in the order of arrival, and goes on after failures', async () => {
    const limiter = new Limiter(2);
    const order: number[] = [];
    let running = 0;
    const all = Array.from({ length: 6 }, (_, index) =>
      limiter.run(async () => {
        order.push(index);
        expect(++running).toBeLessThanOrEqual(2);
        await new Promise((resolve) => setTimeout(resolve, 10));
        running -= 1;
        if (index % 2 === 0) throw new Error('no');
      }),
    );
    const settled = Promise.allSettled(all);
    await vi.advanceTimersByTimeAsync(0);
    expect([limiter.running, limiter.waiting]).toEqual([2, 4]);
    await vi.advanceTimersByTimeAsync(100);
    expect((await settled).filter((one) => one.status === 'rejected')).toHaveLength(3);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    expect([limiter.running, limiter.waiting]).toEqual([0, 0]);
  });
});
