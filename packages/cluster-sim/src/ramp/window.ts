export interface WindowOptions {
  /** Largest size, and the size at first. */
  most: number;
  /** After a cut there is no other for so long, milliseconds: what fails together has one cause. @default 2000 */
  calmMs?: number;
}

/**
 * How many things may be under way at a time, found out by additive increase and multiplicative decrease as TCP does
 * (RFC 5681): about one more after each full window that went well, half as many after trouble.
 */
export class Window {
  readonly #most: number;
  readonly #calmMs: number;
  #size: number;
  #cutAt = -Infinity;

  constructor({ most, calmMs = 2_000 }: WindowOptions) {
    this.#most = most;
    this.#calmMs = calmMs;
    this.#size = most;
  }

  /** A whole number, at least 1. */
  get size(): number {
    return Math.floor(this.#size);
  }

  grow(): void {
    this.#size = Math.min(this.#most, this.#size + 1 / this.#size);
  }

  /** False when there was a cut a moment ago already. */
  cut(now: number): boolean {
    if (now - this.#cutAt < this.#calmMs) return false;
    this.#cutAt = now;
    this.#size = Math.max(1, this.#size / 2);
    return true;
  }
}
