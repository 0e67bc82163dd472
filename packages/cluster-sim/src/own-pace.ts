/** How busy the busiest thread should be. Busier, and what Rancher asks of clusters that are there takes seconds. */
const target = 0.84;
/** What is busier than this must not last. */
const tooMuch = 0.93;
/**
 * How much of its distance to the target changes the pace in a second: little, as what is begun causes most of its work
 * only when Rancher looks next, up to 15 s later.
 */
const gain = { up: 0.08, down: 0.2, tooMuch: 0.6 };
/** Looked at is the share of about so many last seconds: each burst for itself would tell nothing but ups and downs. */
const memorySec = 4;

/** How many per second at first, at least however busy the process is, and at most. */
export interface PaceLimits {
  readonly first: number;
  readonly least: number;
  readonly most: number;
}

/**
 * How many clusters, or tunnels, per second can be begun, or ended, without more work than this process can follow,
 * found out from how busy its threads are. What is faster than that takes no less time: it makes everything late, and
 * Rancher's checks with it.
 */
export class OwnPace {
  #perSec: number;
  /** Share of the last seconds in which the busiest thread had work. */
  #share = target;

  constructor(private readonly limits: PaceLimits) {
    this.#perSec = limits.first;
  }

  get perSec(): number {
    return this.#perSec;
  }

  /** To be called every so many seconds with the share of them in which the busiest thread had work, 0 to 1. */
  observe(share: number, seconds: number): void {
    this.#share += (1 - Math.exp(-seconds / memorySec)) * (share - this.#share);
    const room = target - this.#share;
    const part = room > 0 ? gain.up : this.#share > tooMuch ? gain.tooMuch : gain.down;
    const { least, most } = this.limits;
    this.#perSec = Math.min(most, Math.max(least, this.#perSec * (1 + part * room * seconds)));
  }

  /** Begins anew: what was found out at another time says nothing about now. */
  reset(): void {
    this.#perSec = this.limits.first;
    this.#share = target;
  }
}
