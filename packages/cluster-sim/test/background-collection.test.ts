import { expect, it } from 'vitest';
import { collectInBackground } from '../src/background-collection.js';

const MB = 1 << 20;
const collected = (withinMs?: number): Promise<void> =>
  new Promise((resolve) => collectInBackground(resolve, withinMs));
const heapUsed = (): number => process.memoryUsage().heapUsed;

it('collects what has died, although little was allocated since the last collection', async () => {
  const heap: unknown[][] = [Array.from({ length: 1_000_000 }, (_, index) => ({ index, text: `${index}` }))];
  await collected();
  const before = heapUsed();
  heap.length = 0;
  await collected(100);
  expect(before - heapUsed()).toBeGreaterThan(32 * MB);
});

it('does not call back for a collection that another one has replaced', async () => {
  const calls: string[] = [];
  collectInBackground(() => calls.push('first'), 100);
  await collected(100);
  expect(calls).toEqual([]);
});
