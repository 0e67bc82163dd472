import { expect, it } from 'vitest';
import { Turns } from '../../src/ramp/turns.js';

/** Turns whose time is moved by hand. */
function setup(pace: { perSec: number }) {
  let now = 0;
  let due: { at: number; run: () => void } | undefined;
  const turns = new Turns({
    key: 'test',
    perSec: () => pace.perSec,
    now: () => now,
    delayer: {
      delay: (_key, delayMs, run) => {
        if (due === undefined || now + delayMs < due.at) due = { at: now + delayMs, run };
      },
    },
  });
  const had: string[] = [];
  const settle = (): Promise<void> => new Promise(setImmediate);
  return {
    turns,
    had,
    async ask(...names: string[]): Promise<void> {
      for (const name of names) void turns.turn().then(() => had.push(name));
      await settle();
    },
    async advance(ms: number): Promise<void> {
      const until = now + ms;
      while (due !== undefined && due.at <= until) {
        const { at, run } = due;
        due = undefined;
        now = at;
        run();
        await settle();
      }
      now = until;
    },
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
