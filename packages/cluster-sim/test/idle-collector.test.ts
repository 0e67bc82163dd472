import { describe, expect, it } from 'vitest';
import { IdleCollector } from '../src/idle-collector.js';

const MB = 1 << 20;

function setup(total = 100 * MB) {
  const state = { total, alive: 110 * MB, now: 0, collections: 0, returned: 0 };
  const collector = new IdleCollector({
    heapTotal: () => state.total,
    clock: () => state.now,
    collect: (done) => {
      state.collections += 1;
      state.total = state.alive;
      done();
    },
    returnFreed: () => (state.returned += 1),
  });
  return { state, collector };
}

describe('a thread that falls idle', () => {
  it('collects once what a burst of work has left, of any size', () => {
    const { state, collector } = setup();
    collector.look(0.95);
    for (state.now = 60_000; state.now < 3_600_000; state.now += 10_000) collector.look(0.3);
    expect(state).toMatchObject({ collections: 1, returned: 1 });
    // Deleting is less work than creating, and leaves more.
    collector.look(0.6);
    state.now += 60_000;
    collector.look(0.02);
    expect(state).toMatchObject({ collections: 2, returned: 2 });
    // The main thread has little work on a quick machine.
    collector.look(0.14);
    state.now += 30_000;
    collector.look(0.01);
    expect(state).toMatchObject({ collections: 3, returned: 3 });
  });

  it('collects what gathers without a burst', () => {
    const { state, collector } = setup();
    state.now = 60_000;
    state.total = 109 * MB;
    collector.look(0.1);
    expect(state.collections).toBe(0);
    state.total = 111 * MB;
    collector.look(0.1);
    expect(state).toMatchObject({ collections: 1, total: 110 * MB, returned: 0 });
  });

  it('does not wait for more than 6 MB in a heap as small as the main thread has', () => {
    const { state, collector } = setup(45 * MB);
    state.now = 60_000;
    state.total = 50 * MB;
    collector.look(0.05);
    expect(state.collections).toBe(0);
    state.total = 51 * MB;
    collector.look(0.05);
    expect(state.collections).toBe(1);
  });

  it('does nothing while there is work, nor more often than twice a minute', () => {
    const { state, collector } = setup();
    state.total = 500 * MB;
    collector.look(0.95);
    state.now = 29_999;
    collector.look(0.1);
    state.now = 30_000;
    collector.look(0.7);
    expect(state.collections).toBe(0);
  });

  it('rests longer each time while ups and downs leave as much alive as before, until that changes', () => {
    const { state, collector } = setup();
    const times: number[] = [];
    const goUpAndDown = (untilMs: number): void => {
      for (; state.now < untilMs; state.now += 20_000) {
        const { collections } = state;
        collector.look(0.58);
        collector.look(0.3);
        if (state.collections > collections) times.push(state.now / 1000);
      }
    };
    goUpAndDown(3_600_000);
    expect(times).toEqual([40, 100, 220, 460, 940, 1900, 2860]);
    state.alive = 200 * MB;
    times.length = 0;
    goUpAndDown(3_600_000 + 300_000);
    expect(times).toEqual([3820, 3860]);
  });

  it('does not rest that long when clusters come or go after hours of ups and downs', () => {
    const { state, collector } = setup();
    for (; state.now < 3_600_000; state.now += 20_000) {
      collector.look(0.58);
      collector.look(0.3);
    }
    let { collections } = state;
    collector.look(0.85);
    state.now += 30_000;
    collector.look(0.1);
    expect(state.collections).toBe((collections += 1));
    // On a quick machine that is not as much work.
    collector.look(0.55);
    state.now += 30_000;
    collector.look(0.11);
    expect(state.collections).toBe(collections + 1);
  });

  it('collects again as long as that leaves less, as V8 moves only some of what is alive at a time', () => {
    const { state, collector } = setup();
    const totals: number[] = [];
    collector.look(0.95);
    state.alive = 400 * MB;
    for (; state.now < 600_000; state.now += 10_000) {
      const { collections } = state;
      collector.look(0.2);
      if (state.collections === collections) continue;
      totals.push(state.total / MB);
      state.alive = Math.max(300 * MB, state.alive - 40 * MB);
    }
    expect(totals).toEqual([400, 360, 320, 300, 300]);
  });

  it('lets a large heap grow further, and rests longer then', () => {
    const { state, collector } = setup();
    const times: number[] = [];
    state.alive = 900 * MB;
    collector.look(0.95);
    for (; state.now < 600_000; state.now += 10_000) {
      const { collections } = state;
      collector.look(0.2);
      if (state.collections > collections) times.push(state.now / 1000);
      state.total += 30 * MB;
    }
    expect(times).toEqual([30, 90, 150, 270, 510]);
  });

  it('really gives memory back', async () => {
    let clock = 0;
    const heap: unknown[][] = [[]];
    let end = (): void => undefined;
    const collected = new Promise<void>((resolve) => (end = resolve));
    const collector = new IdleCollector({ clock: () => clock, returnFreed: () => end() });
    collector.look(0.9);
    for (let index = 0; index < 1_500_000; index += 1) heap[0]?.push({ index, text: `${index}` });
    const before = process.memoryUsage().heapTotal;
    heap.length = 0;
    clock = 60_000;
    const allocating = setInterval(() => (heap[0] = Array.from({ length: 20_000 }, () => ({}))), 1);
    collector.look(0);
    await collected;
    clearInterval(allocating);
    expect(before - process.memoryUsage().heapTotal).toBeGreaterThan(32 * MB);
  });
});
