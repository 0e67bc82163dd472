import { constants, PerformanceObserver, type NodeGCPerformanceDetail } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import { expect, it, onTestFinished } from 'vitest';
import { collectGarbage } from '../src/collect-garbage.js';

const MB = 1 << 20;
const collected = (withinMs?: number): Promise<void> =>
  new Promise((resolve) => collectGarbage(resolve, withinMs));
const heapUsed = (): number => process.memoryUsage().heapUsed;

const oldSpace = (): number =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')?.space_size ?? NaN;

/** Majors that stopped the thread from their begin to their end, from now on. */
function forcedCollections(): unknown[] {
  const forced: unknown[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind, flags = 0 } = (entry as { detail?: NodeGCPerformanceDetail }).detail ?? {};
      const isForced = (flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) > 0;
      if (kind === constants.NODE_PERFORMANCE_GC_MAJOR && isForced) forced.push(entry);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  onTestFinished(() => observer.disconnect());
  return forced;
}

it('does not stop a thread that has work', async () => {
  const forced = forcedCollections();
  const heap: unknown[][] = [Array.from({ length: 1_000_000 }, (_, index) => ({ index, text: `${index}` }))];
  const before = heapUsed();
  heap.length = 0;
  const allocating = setInterval(() => (heap[0] = Array.from({ length: 20_000 }, () => ({}))), 1);
  await collected();
  clearInterval(allocating);
  expect(before - heapUsed()).toBeGreaterThan(32 * MB);
  expect(forced).toEqual([]);
});

it('does not stop a thread that allocates next to nothing either', async () => {
  const forced = forcedCollections();
  const heap: unknown[][] = [Array.from({ length: 1_000_000 }, (_, index) => ({ index, text: `${index}` }))];
  await collected(2_000);
  const before = heapUsed();
  heap.length = 0;
  await collected(2_000);
  expect(before - heapUsed()).toBeGreaterThan(32 * MB);
  expect(forced).toEqual([]);
});

it('keeps a heap dense of which a part changes all the time, as V8 does not by itself', async () => {
  let random = 1;
  const upTo = (most: number): number => (random = (random * 48_271) % 2_147_483_647) % (most + 1);
  const some = (): unknown[] => Array.from({ length: 5 + upTo(60) }, (_, index) => ({ text: `x${index}` }));
  const heap = Array.from({ length: 20_000 }, some);
  const change = (objects: number): void => {
    for (let index = 0; index < objects; index += 1) heap[upTo(heap.length - 1)] = some();
  };
  const sizes: number[] = [];
  for (let turn = 0; turn < 20; turn += 1) {
    change(6_000);
    const changing = setInterval(() => change(20), 1);
    await collected();
    clearInterval(changing);
    sizes.push(oldSpace());
  }
  const [first = NaN] = sizes;
  const [, , last = NaN] = sizes.slice(-5).sort((a, b) => a - b);
  expect(last / first).toBeLessThan(1.2);
});

it('does not call back for a collection that another one has replaced', async () => {
  const calls: string[] = [];
  collectGarbage(() => calls.push('first'), 100);
  await collected(100);
  expect(calls).toEqual([]);
});
