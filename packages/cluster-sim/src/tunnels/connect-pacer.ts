export interface ConnectPacerOptions {
  /** Milliseconds on a clock that never goes back. @default performance.now */
  clock?: () => number;
  /** Connects per second at first, at least and at most. @default 16, 4, 400 */
  rate?: { first: number; least: number; most: number };
}

const tickMs = 50;
/** A tick that comes so late means that this process has more to do than it can. */
const lateMs = 40;
/** Per tick: about 8 % more each second, because what a connect causes shows only seconds later. */
const growth = 1.004;
const cut = 0.8;

/**
 * Hands out turns to connect, so that a fleet that lost Rancher, or was restarted, doesn't come back faster than this
 * process can serve what Rancher asks of each cluster then (a dozen TLS connections, some 200 requests). The rate grows
 * while the event loop is on time and shrinks when it is late. There is a timer only while someone waits.
 */
export class ConnectPacer {
  readonly #clock: () => number;
  readonly #least: number;
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #rate: number;
  #credit = 1;
  #tickedAt: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ConnectPacerOptions = {}) {
    this.#clock = options.clock ?? (() => performance.now());
    const { first, least, most } = options.rate ?? { first: 16, least: 4, most: 400 };
    this.#rate = first;
    this.#least = least;
    this.#most = most;
    this.#tickedAt = this.#clock();
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
      // Nobody has waited lately: credit has been gathered, but no more than for one tick.
      this.#release();
      if (this.#waiting.length > 0) this.#arm();
    });
  }

  /** Lets everybody go. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #arm(): void {
    const due = this.#clock() + tickMs;
    this.#timer = setTimeout(() => {
      const late = this.#clock() - due > lateMs;
      this.#rate = late ? Math.max(this.#least, this.#rate * cut) : Math.min(this.#most, this.#rate * growth);
      this.#timer = undefined;
      this.#release();
      if (this.#waiting.length > 0) this.#arm();
    }, tickMs);
  }

  #release(): void {
    const now = this.#clock();
    const mostCredit = Math.max(1, (this.#rate * tickMs) / 1000);
    this.#credit = Math.min(mostCredit, this.#credit + (this.#rate * (now - this.#tickedAt)) / 1000);
    this.#tickedAt = now;
    while (this.#credit >= 1 && this.#waiting.length > 0) {
      this.#credit -= 1;
      this.#waiting.shift()?.();
    }
  }
}
