import { performance } from 'node:perf_hooks';
import { busyShare } from '../busy-share.js';

export interface ConnectPacerOptions {
  /** Milliseconds on a clock that never goes back. @default performance.now */
  clock?: () => number;
  /** Share of the time since the last call in which the event loop was busy, 0 to 1. */
  utilization?: () => number;
  /** Connects per second at first, at least and at most. @default 24, 10, 400 */
  rate?: { first: number; least: number; most: number };
}

const tickMs = 50;
/** How often the rate is set anew. */
const adjustMs = 500;
/** How busy the event loop should be meanwhile. Busier, and what Rancher asks of those that are back takes seconds. */
const target = 0.84;
/** What this much is exceeded by must not last. */
const tooMuch = 0.93;
/**
 * How much of its distance to the target changes the rate at each adjustment: little, as a connect causes most of its
 * work only when Rancher looks next, up to 15 s later.
 */
const gain = { up: 0.04, down: 0.1, tooMuch: 0.3 };
/** What the last measurement counts in the share that is looked at, which is that of about four seconds. */
const weight = 0.12;

/**
 * Hands out turns to reconnect, so that a fleet that lost Rancher, or was restarted, doesn't come back faster than this
 * process can serve what Rancher asks of each cluster then (a dozen TLS connections, some 100 requests). The rate is led
 * so that the event loop has work for most of the time, not all of it. There is a timer only while someone waits.
 */
export class ConnectPacer {
  readonly #clock: () => number;
  readonly #utilization: () => number;
  readonly #limits: { first: number; least: number; most: number };
  readonly #waiting: (() => void)[] = [];
  #rate: number;
  #credit = 1;
  /** Share of the last seconds in which the event loop was busy. */
  #share = target;
  #tickedAt: number;
  #adjustedAt: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ConnectPacerOptions = {}) {
    this.#clock = options.clock ?? (() => performance.now());
    this.#utilization = options.utilization ?? busyShare();
    this.#limits = options.rate ?? { first: 24, least: 10, most: 400 };
    this.#rate = this.#limits.first;
    this.#tickedAt = this.#adjustedAt = this.#clock();
  }

  /** Connects per second that are let through now. */
  get rate(): number {
    return this.#rate;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves when it is the caller's turn; first come, first served. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#timer !== undefined) return;
      this.#earn(1);
      this.#release();
      if (this.#waiting.length === 0) return;
      // What was measured while nobody waited says nothing about now.
      this.#utilization();
      this.#share = target;
      this.#rate = this.#limits.first;
      this.#adjustedAt = this.#clock();
      this.#arm();
    });
  }

  /** Lets everybody go. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #arm(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#adjust();
      // What is left of the last tick counts and a late timer is made up for; a pause must not be followed by a burst.
      this.#earn(1 + (2 * this.#rate * tickMs) / 1000);
      this.#release();
      if (this.#waiting.length > 0) this.#arm();
    }, tickMs);
  }

  #adjust(): void {
    if (this.#clock() - this.#adjustedAt < adjustMs) return;
    this.#adjustedAt = this.#clock();
    this.#share += weight * (this.#utilization() - this.#share);
    const room = target - this.#share;
    const { least, most } = this.#limits;
    const part = room > 0 ? gain.up : this.#share > tooMuch ? gain.tooMuch : gain.down;
    this.#rate = Math.min(most, Math.max(least, this.#rate * (1 + part * room)));
  }

  /** Turns for the time since the last call, with what is left `most` at once. */
  #earn(most: number): void {
    const now = this.#clock();
    this.#credit = Math.min(most, this.#credit + (this.#rate * (now - this.#tickedAt)) / 1000);
    this.#tickedAt = now;
  }

  #release(): void {
    while (this.#credit >= 1 && this.#waiting.length > 0) {
      this.#credit -= 1;
      this.#waiting.shift()?.();
    }
  }
}
