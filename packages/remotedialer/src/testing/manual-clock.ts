import type { TickerClock } from '../ticker.js';

/** A clock that moves only when told to. Give it to a `Ticker` to play hours of pings in a moment. */
export class ManualClock implements TickerClock {
  #now = 0;
  #steps = new Map<() => void, { intervalMs: number; dueAt: number }>();

  now(): number {
    return this.#now;
  }

  every(intervalMs: number, step: () => void): () => void {
    this.#steps.set(step, { intervalMs, dueAt: this.#now + intervalMs });
    return () => this.#steps.delete(step);
  }

  /** How many timers run: one per ticker in use, whatever the number of sessions. */
  get timers(): number {
    return this.#steps.size;
  }

  /** Lets time pass, calling every step when it is due. */
  advance(byMs: number): void {
    const end = this.#now + byMs;
    for (;;) {
      let nextAt = end;
      for (const { dueAt } of this.#steps.values()) nextAt = Math.min(nextAt, dueAt);
      this.#now = nextAt;
      const due = [...this.#steps].filter(([, timer]) => timer.dueAt <= nextAt);
      if (due.length === 0) return;
      for (const [step, timer] of due) {
        timer.dueAt += timer.intervalMs;
        step();
      }
    }
  }

  /** Lets time pass as if the event loop had been blocked: then every step is called once. */
  stall(byMs: number): void {
    this.#now += byMs;
    for (const [step, timer] of [...this.#steps]) {
      timer.dueAt = this.#now + timer.intervalMs;
      step();
    }
  }
}
