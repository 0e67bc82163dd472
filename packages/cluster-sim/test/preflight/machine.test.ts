import { getHeapStatistics } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { readMachine } from '../../src/preflight/machine.js';

describe('the machine', () => {
  it('has a heap for each thread that clusters are in', () => {
    const { heap_size_limit: one } = getHeapStatistics();
    expect([0, 1, 4].map((shards) => readMachine(shards).heapBytes)).toEqual([one, one, 4 * one]);
  });

  it('tells what is left to this process', () => {
    const { memoryBytes, openFiles = 1, tasks = 1 } = readMachine();
    for (const amount of [memoryBytes, openFiles, tasks]) expect(amount).toBeGreaterThan(0);
  });
});
