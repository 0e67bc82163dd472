import type { Change } from './change.js';

export interface EventLogLimits {
  /** At most so many changes are kept. */
  maxEvents: number;
  /** At most so many characters of object text. */
  maxChars: number;
  /** Changes are dropped after this time, as etcd's compaction does. */
  maxAgeMs: number;
}

export const defaultEventLogLimits: EventLogLimits = {
  maxEvents: 5000,
  maxChars: 4 << 20,
  maxAgeMs: 300_000,
};

/** The recent changes of a cluster, oldest first: what watches resume from and old lists are rebuilt from. */
export class EventLog {
  #changes: Change[] = [];
  /** Changes before this index are dropped; the array is cut when half of it is. */
  #head = 0;
  #chars = 0;
  #start: number;

  constructor(
    startRevision: number,
    private readonly limits: EventLogLimits,
  ) {
    this.#start = startRevision;
  }

  /** All changes after this revision are in the log. */
  get startRevision(): number {
    return this.#start;
  }

  get size(): number {
    return this.#changes.length - this.#head;
  }

  add(change: Change): void {
    this.#changes.push(change);
    this.#chars += size(change);
    while (this.size > this.limits.maxEvents || (this.#chars > this.limits.maxChars && this.size > 1))
      this.#drop();
  }

  /** Drops what is older than the limit. Answers whether anything is left. */
  trim(now: number): boolean {
    for (let first = this.#changes[this.#head]; first !== undefined; first = this.#changes[this.#head]) {
      if (now - first.at < this.limits.maxAgeMs) break;
      this.#drop();
    }
    return this.size > 0;
  }

  /** Changes after the revision, oldest first. The caller has compared with {@link startRevision}. */
  *since(revision: number): Generator<Change> {
    for (let index = this.#firstAfter(revision); index < this.#changes.length; index += 1) {
      const change = this.#changes[index];
      if (change !== undefined) yield change;
    }
  }

  #firstAfter(revision: number): number {
    let low = this.#head;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#changes[middle]?.revision ?? Infinity) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #drop(): void {
    const dropped = this.#changes[this.#head];
    this.#head += 1;
    if (dropped !== undefined) {
      this.#chars -= size(dropped);
      this.#start = dropped.revision;
    }
    if (this.#head * 2 > this.#changes.length) {
      this.#changes = this.#changes.slice(this.#head);
      this.#head = 0;
    }
  }
}

const size = (change: Change): number => change.text.length;
