/**
 * All waiting of this process on one ticker: a hash wheel of callbacks. Time here passes only while the event
 * loop turns, so a stall of this process does not make thousands of requests look late at once.
 */
export class Deadlines {
  readonly #resolutionMs: number;
  readonly #slots = new Map<number, Set<() => void>>();
  readonly #timer: NodeJS.Timeout;
  #tick = 0;

  /** @param resolutionMs how far apart ticks are: callbacks come up to this much late. */
  constructor(resolutionMs = 25) {
    this.#resolutionMs = resolutionMs;
    this.#timer = setInterval(() => this.#turn(), resolutionMs);
  }

  /** Calls back once, `ms` from now; the answer cancels that. */
  after(ms: number, callback: () => void): () => void {
    const at = this.#tick + Math.max(1, Math.ceil(ms / this.#resolutionMs));
    let slot = this.#slots.get(at);
    if (!slot) this.#slots.set(at, (slot = new Set()));
    // A wrapper of its own, so that the same function can wait twice.
    const entry = (): void => callback();
    slot.add(entry);
    return () => void this.#slots.get(at)?.delete(entry);
  }

  /** Resolves to true after `ms`, or at once to false when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const onAbort = (): void => {
        cancel();
        resolve(false);
      };
      const cancel = this.after(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve(true);
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Ends the ticker; what still waits is never called. */
  close(): void {
    clearInterval(this.#timer);
    this.#slots.clear();
  }

  #turn(): void {
    const slot = this.#slots.get(++this.#tick);
    if (!slot) return;
    this.#slots.delete(this.#tick);
    for (const entry of slot) entry();
  }
}
