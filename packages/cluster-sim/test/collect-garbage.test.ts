import { constants, PerformanceObserver, type NodeGCPerformanceDetail } from 'node:perf_hooks';
import { expect, it, onTestFinished } from 'vitest';
import { collectGarbage } from '../src/collect-garbage.js';

const MB = 1 << 20;
const collected = (withinMs?: number, smallBytes = 0): Promise<void> =>
  new Promise((resolve) => collectGarbage(resolve, { smallBytes, ...(withinMs && { withinMs }) }));
const heapUsed = (): number => process.memoryUsage().heapUsed;

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

it('does not stop a thread with a large heap', async () => {
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

it('collects what has died, although little was allocated since the last collection', async () => {
  const heap: unknown[][] = [Array.from({ length: 1_000_000 }, (_, index) => ({ index, text: `${index}` }))];
  await collected(100);
  const before = heapUsed();
  heap.length = 0;
  await collected(100);
  expect(before - heapUsed()).toBeGreaterThan(32 * MB);
});

it('collects a small heap at once', () => {
  const heap: unknown[][] = [Array.from({ length: 1_000_000 }, (_, index) => ({ index, text: `${index}` }))];
  const before = heapUsed();
  heap.length = 0;
  let ended = false;
  collectGarbage(() => (ended = true));
  expect(ended).toBe(true);
  expect(before - heapUsed()).toBeGreaterThan(32 * MB);
});

it('does not call back for a collection that another one has replaced', async () => {
  const calls: string[] = [];
  collectGarbage(() => calls.push('first'), { smallBytes: 0, withinMs: 100 });
  await collected(100);
  expect(calls).toEqual([]);
});
