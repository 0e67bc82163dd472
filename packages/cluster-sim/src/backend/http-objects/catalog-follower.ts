export interface CatalogFollowerOptions {
  /** Looks at what is served; answers whether that is what the definitions say. */
  refresh: () => Promise<boolean>;
  /** Before each look. @default 500 */
  pauseMs?: number;
}

/** Looks in a row that find less than the definitions say, or nobody answering: then the next change begins anew. */
const mostLooks = 40;

/**
 * Keeps a catalog in step with definitions that change: after each change it is refreshed until it has what they say.
 * Many changes within a short time are one look.
 */
export class CatalogFollower {
  #running: Promise<void> | undefined;
  #isStale = false;
  #looks = 0;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #wake: () => void = () => undefined;

  constructor(private readonly options: CatalogFollowerOptions) {}

  /** Resolves when the catalog has what the definitions say now, or when that is given up. */
  follow(): Promise<void> {
    this.#isStale = true;
    this.#looks = 0;
    return (this.#running ??= this.#run().finally(() => (this.#running = undefined)));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#wake();
  }

  async #run(): Promise<void> {
    while (this.#isStale && this.#looks < mostLooks) {
      await this.#pause();
      if (this.#closed) return;
      this.#isStale = false;
      this.#looks += 1;
      const isComplete = await this.options.refresh().catch(() => false);
      if (!isComplete) this.#isStale = true;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(resolve, this.options.pauseMs ?? 500).unref();
    });
  }
}
