import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amount } from '../../src/preflight/amount.js';
import { remedyFor, roomFor, supplies } from '../../src/preflight/capacity.js';
import { readMachine, type Machine } from '../../src/preflight/machine.js';

const gib = 2 ** 30;
const machine = (more: Partial<Machine> = {}): Machine => ({
  openFiles: 20_000,
  tasks: 10_000,
  memoryBytes: 16 * gib,
  heapBytes: 4 * gib,
  ...more,
});
const nothing = { running: {}, coming: {} };

describe('supplies', () => {
  it('need two open files for each cluster beside those of the agent', () => {
    const files = (count: number) =>
      supplies(machine({ openFiles: 2200 }), { running: {}, coming: { memory: count } }).find(
        ({ resource }) => resource === 'open files',
      );
    expect(files(1000)).toMatchObject({ available: 2200, needed: 2200 });
    expect(files(1001)).toMatchObject({ available: 2200, needed: 2202 });
  });

  it('count memory for what is still to come only, limits for all clusters', () => {
    const before = supplies(machine(), { running: { memory: 500 }, coming: {} });
    const after = supplies(machine(), { running: { memory: 500 }, coming: { memory: 1 } });
    const needed = (of: typeof before, name: string): number =>
      of.find(({ resource }) => resource === name)?.needed ?? NaN;
    expect(needed(before, 'memory')).toBe(0);
    expect(needed(after, 'memory')).toBe(1.25 * 2 ** 20);
    expect(needed(before, 'open files')).toBe(200 + 1000);
    expect(needed(after, 'open files')).toBe(200 + 1002);
  });

  it('count the main cluster of kwok-shared once', () => {
    const memory = (running: number, coming: number): number =>
      supplies(machine(), {
        running: { memory: 1, 'kwok-shared': running },
        coming: { 'kwok-shared': coming },
      })[0]?.needed ?? NaN;
    expect(memory(0, 2) - memory(0, 1)).toBeLessThan(memory(0, 1));
    expect(memory(1, 1)).toBe(memory(0, 2) - memory(0, 1));
    expect(memory(0, 0)).toBe(0);
  });

  it('leave out what this system does not tell', () => {
    const told = supplies(machine({ openFiles: undefined, tasks: undefined }), nothing);
    expect(told.map(({ resource }) => resource)).toEqual(['memory', 'JavaScript heap']);
  });
});

describe('room', () => {
  it('is set by what there is least of', () => {
    expect(roomFor('memory', machine({ openFiles: 300 }), nothing)).toEqual({
      clusters: 50,
      limitedBy: 'open files',
    });
    expect(roomFor('memory', machine({ memoryBytes: 0.1 * gib }), nothing)).toEqual({
      clusters: 0,
      limitedBy: 'memory',
    });
    expect(roomFor('kwok-dedicated', machine(), nothing)).toMatchObject({ limitedBy: 'memory' });
  });

  it('is exactly what fits, of every backend and whatever is there', () => {
    const count = fc.integer({ min: 0, max: 2000 });
    fc.assert(
      fc.property(
        fc.constantFrom('memory' as const, 'kwok-shared' as const, 'kwok-dedicated' as const),
        fc.record({
          openFiles: fc.integer({ min: 100, max: 50_000 }),
          tasks: fc.integer({ min: 10, max: 50_000 }),
          memoryBytes: fc.integer({ min: 0, max: 32 * gib }),
          heapBytes: fc.integer({ min: 0, max: 8 * gib }),
        }),
        fc.record({
          running: fc.record({ memory: count }),
          coming: fc.record({ memory: count, 'kwok-shared': count }),
        }),
        (kind, there, load) => {
          const { clusters } = roomFor(kind, there, load);
          const fits = (more: number): boolean =>
            supplies(there, {
              ...load,
              coming: { ...load.coming, [kind]: ((load.coming as Record<string, number>)[kind] ?? 0) + more },
            }).every(({ available, needed }) => available >= needed);
          if (clusters > 0) expect(fits(clusters)).toBe(true);
          expect(fits(clusters + 1)).toBe(false);
        },
      ),
    );
  });
});

describe('what people read', () => {
  it('has amounts in the unit of the resource', () => {
    expect(amount({ inBytes: true }, 1.5 * gib)).toBe('1.5 GiB');
    expect(amount({ inBytes: true }, 200 * 2 ** 20)).toBe('200 MiB');
    expect(amount({ inBytes: false }, 20_000)).toBe('20000');
    expect(amount({ inBytes: false }, Infinity)).toBe('unlimited');
  });

  it('has a remedy that names the very limit', () => {
    const remedies = supplies(machine(), { running: {}, coming: { memory: 100_000 } }).map(remedyFor);
    expect(remedies[1]).toContain('--max-old-space-size=');
    expect(remedies[2]).toContain('LimitNOFILE=400400');
    expect(remedies[3]).toContain('ulimit -u');
  });
});

it('this machine tells its limits', () => {
  const { openFiles, tasks, memoryBytes, heapBytes } = readMachine();
  expect(openFiles).toBeGreaterThan(0);
  expect(tasks ?? Infinity).toBeGreaterThan(0);
  expect(memoryBytes).toBeGreaterThan(0);
  expect(heapBytes).toBeGreaterThan(0);
});
