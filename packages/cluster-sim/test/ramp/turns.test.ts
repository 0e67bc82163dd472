import { expect, it } from 'vitest';
import { Turns } from '../../src/ramp/turns.js';
import { manualTime } from './manual-time.js';

/** Turns whose time is moved by hand. */
function setup(pace: { perSec: number }, lateMs = 0) {
  const { now, delayer, settle, advance } = manualTime(lateMs);
  const turns = new Turns({ key: 'test', perSec: () => pace.perSec, now, delayer });
  const had: string[] = [];
  return {
    turns,
    had,
    async ask(...names: string[]): Promise<void> {
      for (const name of names) void turns.turn().then(() => had.push(name));
      await settle();
    },
    advance,
  };
}

it('one alone has its turn at once', async () => {
  const { had, ask, advance } = setup({ perSec: 1 });
  await ask('a');
  expect(had).toEqual(['a']);
  await advance(60_000);
  await ask('b');
  expect(had).toEqual(['a', 'b']);
});

it('many have theirs one after the other, at the pace and in the order in which they came', async () => {
  const { turns, had, ask, advance } = setup({ perSec: 2 });
  await ask('a', 'b', 'c', 'd');
  expect(had).toEqual(['a']);
  expect(turns.waiting).toBe(3);
  await advance(500);
  expect(had).toEqual(['a', 'b']);
  await advance(499);
  expect(had).toEqual(['a', 'b']);
  await advance(501);
  expect(had).toEqual(['a', 'b', 'c', 'd']);
  expect(turns.waiting).toBe(0);
});

it('follow a pace that changes while they wait, without a burst', async () => {
  const pace = { perSec: 1 };
  const { had, ask, advance } = setup(pace);
  await ask(...Array.from({ length: 50 }, (_, index) => String(index)));
  await advance(3000);
  expect(had).toHaveLength(4);
  pace.perSec = 10;
  await advance(2000);
  expect(had.length).toBeGreaterThan(12);
  expect(had.length).toBeLessThan(16);
});

it('keep their pace though every timer is late', async () => {
  const { had, ask, advance } = setup({ perSec: 10 }, 30);
  await ask(...Array.from({ length: 200 }, (_, index) => String(index)));
  await advance(10_000);
  expect(had.length).toBeGreaterThan(98);
  expect(had.length).toBeLessThan(102);
});
