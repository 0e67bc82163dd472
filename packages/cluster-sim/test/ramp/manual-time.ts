import type { Delayer } from '../../src/delayer.js';

/** A clock that is moved by hand, and a delayer by it for work of one key. */
export interface ManualTime {
  now: () => number;
  delayer: Pick<Delayer, 'delay'>;
  /** Resolves when promises that are resolved already have had their turns. */
  settle(): Promise<void>;
  /** Moves the clock, and runs what becomes due on the way. */
  advance(ms: number): Promise<void>;
}

/** `lateMs`: by how much all work is later than it was to be. */
export function manualTime(lateMs = 0): ManualTime {
  let now = 0;
  let due: { at: number; run: () => void } | undefined;
  const settle = (): Promise<void> => new Promise(setImmediate);
  return {
    now: () => now,
    delayer: {
      delay: (_key, delayMs, run) => {
        if (due === undefined || now + delayMs + lateMs < due.at) due = { at: now + delayMs + lateMs, run };
      },
    },
    settle,
    async advance(ms) {
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
