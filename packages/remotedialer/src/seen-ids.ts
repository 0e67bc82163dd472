import { SYNC_LOOKAHEAD } from './constants.js';
import type { Int64 } from './message.js';

/** More gaps than this are not remembered: nobody has that many Connects under way at once. */
const MAX_GAPS = 1024;

/**
 * Which ids the other end has used in its Connects so far. Diallers count upwards (Go: `nextConnID`, from 2), but
 * concurrent Connects may overtake each other, so an id below the highest seen one can still be on the wire.
 */
export class SeenIds {
  #highest = 0;
  #gaps: Set<number> | undefined;

  /** True before the first Connect. */
  get empty(): boolean {
    return this.#highest === 0;
  }

  add(id: number): void {
    if (this.#gaps?.delete(id) === true || id <= this.#highest) return;
    const first = this.#highest === 0 ? id : this.#highest + 1;
    for (let gap = Math.max(first, id - MAX_GAPS); gap < id; gap++) (this.#gaps ??= new Set()).add(gap);
    this.#highest = id;
    if (this.#gaps !== undefined && this.#gaps.size > MAX_GAPS) this.#gaps = undefined;
  }

  /** Whether a Connect with this id came at some time. */
  has(id: number): boolean {
    return id > 0 && id <= this.#highest && this.#gaps?.has(id) !== true;
  }

  /** Adds the ids whose Connect may be on the wire right now; ascending, but for what was overtaken. */
  addMayComeNext(ids: Int64[]): void {
    if (this.#gaps !== undefined) for (const gap of this.#gaps) ids.push(gap);
    for (let ahead = 1; ahead <= SYNC_LOOKAHEAD; ahead++) ids.push(this.#highest + ahead);
  }
}
