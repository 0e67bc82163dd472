import type { Delayer } from '../delayer.js';

export interface TurnsOptions {
  /** Of the delayer: whose turns these are. */
  key: string;
  /** How many turns there are per second; asked before each. */
  perSec: () => number;
  delayer: Pick<Delayer, 'delay'>;
  now: () => number;
}

/** Hands out turns evenly, first come, first served. Who comes when nobody has for a while has its turn at once. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #nextAt = -Infinity;

  constructor(private readonly options: TurnsOptions) {}

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#pump();
    });
  }

  #pump(): void {
    const { key, perSec, delayer, now } = this.options;
    while (this.#waiting.length > 0) {
      const waitMs = this.#nextAt - now();
      if (waitMs > 0) return delayer.delay(key, waitMs, () => this.#pump());
      const interval = 1000 / perSec();
      // A late timer is made up for; a pause must not be followed by a burst.
      const isInTime = now() - this.#nextAt < interval;
      this.#nextAt = (isInTime ? this.#nextAt : now()) + interval;
      this.#waiting.shift()?.();
    }
  }
}
