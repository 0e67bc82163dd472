import { DelayingQueue } from '@scale-cluster/memory-apiserver';

/** Work for later by key, on one timer for the whole fleet. */
export class Delayer {
  readonly #queue: DelayingQueue<() => void>;

  constructor(now: () => number) {
    this.#queue = new DelayingQueue<() => void>({ onDue: (run) => run(), now });
  }

  /** Runs after the delay; if the key waits already, the sooner of the two runs and the other is dropped. */
  delay(key: string, delayMs: number, run: () => void): void {
    this.#queue.add(key, run, delayMs);
  }

  cancel(key: string): void {
    this.#queue.remove(key);
  }

  close(): void {
    this.#queue.close();
  }
}
