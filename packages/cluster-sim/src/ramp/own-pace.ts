/** Clusters per second. */
const most = 200;
/** Busier than this is too busy; less busy than that leaves room. */
const busy = { tooMuch: 0.93, room: 0.82 };
/** A new cluster causes most of its work some 15 s after it is begun, so that the rate must rise slowly and fall soon. */
const change = { up: 1.08, down: 0.8 };

/**
 * How many clusters per second can be made, or deleted, without more work than this process can follow, found out from
 * how busy its threads are. What is faster than that takes no less time: it makes everything late, and Rancher's checks
 * with it.
 */
export class OwnPace {
  #perSec: number;

  /**
   * @param first clusters per second to begin with
   * @param least not fewer than that, however busy it is
   */
  constructor(
    first: number,
    private readonly least: number,
  ) {
    this.#perSec = first;
  }

  get perSec(): number {
    return this.#perSec;
  }

  /** To be called every two seconds with the share of that time in which the busiest thread had work, 0 to 1. */
  observe(share: number): void {
    if (share > busy.tooMuch) this.#perSec = Math.max(this.least, this.#perSec * change.down);
    else if (share < busy.room) this.#perSec = Math.min(most, this.#perSec * change.up);
  }
}
