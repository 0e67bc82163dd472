import { performance } from 'node:perf_hooks';
import { busyShare } from '../event-loop/busy-share.js';
import { OwnPace, type PaceLimits } from '../own-pace.js';

export interface ConnectPacerOptions {
  /** Milliseconds on a clock that never goes back. @default performance.now */
  clock?: () => number;
  /** Share of the time since the last call in which the event loop was busy, 0 to 1. */
  utilization?: () => number;
  /** Connects per second at first, at least and at most. @default 24, 10, 400 */
  rate?: PaceLimits;
}

const tickMs = 50;
/** How often the rate is set anew. */
const adjustMs = 500;

/**
 * Hands out turns to reconnect, so that a fleet that lost Rancher, or was restarted, doesn't come back faster than this
 * process can serve what Rancher asks of each cluster then (a dozen TLS connections, some 100 requests). The rate is that
 * of an {@link OwnPace}: the event loop has work for most of the time, not all of it. There is a timer only while someone
 * waits.
 */
export class ConnectPacer {
  readonly #clock: () => number;
  readonly #utilization: () => number;
  readonly #pace: OwnPace;
  readonly #waiting: (() => void)[] = [];
  #credit = 1;
  #tickedAt: number;
  #adjustedAt: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ConnectPacerOptions = {}) {
    this.#clock = options.clock ?? (() => performance.now());
    this.#utilization = options.utilization ?? busyShare();
    this.#pace = new OwnPace(options.rate ?? { first: 24, least: 10, most: 400 });
    this.#tickedAt = this.#adjustedAt = this.#clock();
  }

  /** Connects per second that are let through now. */
  get rate(): number {
    return this.#pace.perSec;
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
      this.#pace.reset();
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
      this.#earn(1 + (2 * this.rate * tickMs) / 1000);
      this.#release();
      if (this.#waiting.length > 0) this.#arm();
    }, tickMs);
  }

  #adjust(): void {
    const now = this.#clock();
    if (now - this.#adjustedAt < adjustMs) return;
    this.#pace.observe(this.#utilization(), (now - this.#adjustedAt) / 1000);
    this.#adjustedAt = now;
  }

  /** Turns for the time since the last call, with what is left `most` at once. */
  #earn(most: number): void {
    const now = this.#clock();
    this.#credit = Math.min(most, this.#credit + (this.rate * (now - this.#tickedAt)) / 1000);
    this.#tickedAt = now;
  }

  #release(): void {
    while (this.#credit >= 1 && this.#waiting.length > 0) {
      this.#credit -= 1;
      this.#waiting.shift()?.();
    }
  }
}
