interface Waiting<T> {
  readonly key: string;
  item: T;
  dueAt: number;
  /** Position in the heap, kept so that an entry can be moved or taken out in O(log n). */
  index: number;
}

/** setTimeout takes no longer delay than this; a later entry just wakes the queue early once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface DelayingQueueOptions<T> {
  /** Called once per added item, not before its delay has passed, in the order of due times. */
  onDue(item: T): void;
  /** Milliseconds; Date.now by default. */
  now?: () => number;
}

/**
 * Hands out items after their delays, with one timer however many items wait: thousands of clusters share one.
 * The timer doesn't keep the process alive.
 */
export class DelayingQueue<T> {
  readonly #onDue: (item: T) => void;
  readonly #now: () => number;
  readonly #byKey = new Map<string, Waiting<T>>();
  /** Binary heap, the soonest first. */
  readonly #heap: Waiting<T>[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;
  #closed = false;

  constructor(options: DelayingQueueOptions<T>) {
    this.#onDue = (item) => options.onDue(item);
    this.#now = options.now ?? (() => Date.now());
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Hands out `item` after `delayMs`. If the key waits already, the sooner of the two stays and the other is dropped. */
  add(key: string, item: T, delayMs: number): void {
    if (this.#closed) return;
    const dueAt = this.#now() + Math.max(0, delayMs);
    const waiting = this.#byKey.get(key);
    if (waiting !== undefined) {
      if (waiting.dueAt <= dueAt) return;
      waiting.dueAt = dueAt;
      waiting.item = item;
      this.#up(waiting);
    } else {
      const entry: Waiting<T> = { key, item, dueAt, index: this.#heap.length };
      this.#byKey.set(key, entry);
      this.#heap.push(entry);
      this.#up(entry);
    }
    this.#arm();
  }

  /** Forgets the key if it waits. */
  remove(key: string): void {
    const waiting = this.#byKey.get(key);
    if (waiting !== undefined) this.#take(waiting);
  }

  /** Drops all items and the timer; later calls of {@link add} do nothing. */
  close(): void {
    this.#closed = true;
    this.#heap.length = 0;
    this.#byKey.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.dueAt >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = first.dueAt;
    const delay = Math.min(MAX_TIMER_MS, Math.max(0, Math.ceil(first.dueAt - this.#now())));
    this.#timer = setTimeout(() => this.#wake(), delay);
    this.#timer.unref();
  }

  #wake(): void {
    this.#timer = undefined;
    // While items are handed out, new ones need no timer of their own: the loop or the last line sees them.
    this.#timerAt = -Infinity;
    try {
      const now = this.#now();
      for (let first = this.#heap[0]; first !== undefined && first.dueAt <= now; first = this.#heap[0]) {
        this.#take(first);
        this.#onDue(first.item);
      }
    } finally {
      this.#timerAt = Infinity;
      this.#arm();
    }
  }

  #take(entry: Waiting<T>): void {
    this.#byKey.delete(entry.key);
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    last.index = entry.index;
    this.#heap[entry.index] = last;
    this.#up(last);
    this.#down(last);
  }

  #up(entry: Waiting<T>): void {
    for (;;) {
      const parent = this.#heap[(entry.index - 1) >> 1];
      if (entry.index === 0 || parent === undefined || parent.dueAt <= entry.dueAt) return;
      this.#swap(entry, parent);
    }
  }

  #down(entry: Waiting<T>): void {
    for (;;) {
      const left = this.#heap[2 * entry.index + 1];
      const right = this.#heap[2 * entry.index + 2];
      const child = right !== undefined && left !== undefined && right.dueAt < left.dueAt ? right : left;
      if (child === undefined || child.dueAt >= entry.dueAt) return;
      this.#swap(entry, child);
    }
  }

  #swap(a: Waiting<T>, b: Waiting<T>): void {
    [a.index, b.index] = [b.index, a.index];
    this.#heap[a.index] = a;
    this.#heap[b.index] = b;
  }
}
