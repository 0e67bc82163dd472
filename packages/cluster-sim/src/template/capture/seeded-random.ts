import { createHash } from 'node:crypto';

const letters = 'bcdfghjklmnpqrstvwxz2456789';

/** Endless bytes that only depend on the seed: the same seed gives the same names in the same order. */
export class SeededRandom {
  #counter = 0;
  #block = Buffer.alloc(0);
  #used = 0;

  constructor(private readonly seed: number) {}

  bytes(count: number): Buffer {
    const result = Buffer.alloc(count);
    for (let filled = 0; filled < count;) {
      if (this.#used === this.#block.length) {
        this.#block = createHash('sha256').update(`${this.seed}/${this.#counter++}`).digest();
        this.#used = 0;
      }
      const copied = this.#block.copy(result, filled, this.#used);
      this.#used += copied;
      filled += copied;
    }
    return result;
  }

  /** Letters and digits that may stand in any name of Kubernetes, as its own generated names have them. */
  word(length: number): string {
    return Array.from(this.bytes(length), (byte) => letters[byte % letters.length]).join('');
  }
}
