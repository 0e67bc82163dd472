import { DelayingQueue } from '@scale-cluster/memory-apiserver';

export interface WorkQueueOptions {
  /** Does the work of a key; a rejection has it done again after a while. */
  work(key: string): Promise<void>;
  /** Told about each rejection. */
  onError(key: string, error: unknown, attempt: number): void;
  /** Called when a key's work is done. */
  onDone?(key: string): void;
  /** Keys worked on at a time. @default 16 */
  concurrency?: number;
  now: () => number;
  random: () => number;
}

const firstRetryMs = 100;
const longestRetryMs = 15_000;

/**
 * Keys whose objects have to be looked at: equal ones that wait are one, one that comes while it is worked on is
 * worked on again, never twice at a time. While paused, which it is at first, keys are gathered.
 */
export class WorkQueue {
  readonly #waiting = new Set<string>();
  readonly #running = new Set<string>();
  /** Of {@link #running}, those that have come again meanwhile. */
  readonly #again = new Set<string>();
  readonly #attempts = new Map<string, number>();
  readonly #later: DelayingQueue<string>;
  readonly #concurrency: number;
  #isPaused = true;
  #isClosed = false;

  constructor(private readonly options: WorkQueueOptions) {
    this.#concurrency = options.concurrency ?? 16;
    this.#later = new DelayingQueue<string>({ onDue: (key) => this.add(key), now: options.now });
  }

  /** Keys that are worked on or wait for their turn; not those that wait for a retry. */
  get size(): number {
    return this.#waiting.size + this.#running.size;
  }

  add(key: string): void {
    if (this.#isClosed) return;
    if (this.#running.has(key)) this.#again.add(key);
    else this.#waiting.add(key);
    this.#fill();
  }

  addLater(key: string, delayMs: number): void {
    if (!this.#isClosed) this.#later.add(key, key, delayMs);
  }

  resume(): void {
    this.#isPaused = false;
    this.#fill();
  }

  /** Begins no more work; what has begun goes on. */
  pause(): void {
    this.#isPaused = true;
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
    this.#again.clear();
    this.#later.close();
  }

  #fill(): void {
    if (this.#isPaused || this.#isClosed) return;
    for (const key of this.#waiting) {
      if (this.#running.size >= this.#concurrency) return;
      this.#waiting.delete(key);
      this.#running.add(key);
      void this.#run(key);
    }
  }

  async #run(key: string): Promise<void> {
    try {
      await this.options.work(key);
      this.#attempts.delete(key);
    } catch (error) {
      const attempt = (this.#attempts.get(key) ?? 0) + 1;
      this.#attempts.set(key, attempt);
      this.options.onError(key, error, attempt);
      const ceiling = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(attempt, 10));
      this.addLater(key, ceiling * (0.5 + this.options.random() / 2));
    }
    this.#running.delete(key);
    if (this.#again.delete(key) && !this.#isClosed) this.#waiting.add(key);
    this.options.onDone?.(key);
    this.#fill();
  }
}
