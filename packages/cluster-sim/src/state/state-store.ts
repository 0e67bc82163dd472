import { StateError } from '../errors.js';
import { silentLogger, type Logger } from '../logger.js';
import type { ClusterRecord } from './record.js';
import { readState, stateText, writeState } from './state-file.js';

export interface StateStoreOptions {
  /** Of state.json. */
  path: string;
  logger?: Logger;
  /** How long changes that nobody waits for may stay in memory, milliseconds. @default 500 */
  lazyDelayMs?: number;
}

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

/**
 * The records of all clusters, on disk in one file. Changes made while a write runs go together into the next one
 * (group commit): 50 creates at once are one or two writes. Only changed records are turned into text again, so a
 * write of 10,000 records costs a few milliseconds of the event loop.
 */
export class StateStore {
  readonly #records = new Map<string, ClusterRecord>();
  readonly #texts = new Map<string, string>();
  readonly #path: string;
  readonly #logger: Logger;
  readonly #lazyDelayMs: number;
  #waiters: Waiter[] = [];
  #dirty = false;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Not before this (performance.now()) shall the next lazy write begin. */
  #nextLazyAt = 0;
  /** For metrics. */
  readonly stats = { writes: 0, lastWriteMs: 0, bytes: 0 };

  private constructor(
    options: StateStoreOptions,
    /** Root of derived tokens; base64. */
    readonly secret: string,
  ) {
    this.#path = options.path;
    this.#logger = options.logger ?? silentLogger;
    this.#lazyDelayMs = options.lazyDelayMs ?? 500;
  }

  /** Reads the file. Throws {@link StateError}. */
  static async open(options: StateStoreOptions): Promise<StateStore> {
    const { content, origin, problem } = await readState(options.path);
    const store = new StateStore(options, content.secret);
    for (const record of content.records) store.#set(record);
    if (origin === 'backup') {
      store.#logger.warn(
        { path: options.path, problem },
        'state.json could not be used; its backup was taken',
      );
    }
    // The secret must be on disk before any token made from it is shown to Rancher.
    if (origin !== 'state') await store.save();
    return store;
  }

  get size(): number {
    return this.#records.size;
  }

  has(name: string): boolean {
    return this.#records.has(name);
  }

  records(): IterableIterator<ClusterRecord> {
    return this.#records.values();
  }

  /** Takes a new or changed record; resolves when it is on disk. Rejects with {@link StateError}. */
  put(record: ClusterRecord): Promise<void> {
    this.#set(record);
    return this.save();
  }

  /** Takes a changed record; it reaches the disk soon, with others. For what can be found out again. */
  putLazily(record: ClusterRecord): void {
    this.#set(record);
    this.#dirty = true;
    if (this.#timer !== undefined || this.#writing !== undefined) return;
    const delay = Math.max(this.#lazyDelayMs, this.#nextLazyAt - performance.now());
    this.#timer = setTimeout(() => this.#begin(), delay);
  }

  /** Forgets a record; resolves when that is on disk. */
  remove(name: string): Promise<void> {
    this.#records.delete(name);
    this.#texts.delete(name);
    return this.save();
  }

  /** Resolves when everything taken so far is on disk. */
  save(): Promise<void> {
    this.#dirty = true;
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      // Everything that comes in the same turn of the event loop shares the write.
      if (this.#waiters.length === 1) setImmediate(() => this.#begin());
    });
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writing;
    if (this.#dirty) await this.save();
  }

  #set(record: ClusterRecord): void {
    this.#records.set(record.name, record);
    this.#texts.set(record.name, JSON.stringify(record));
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writing !== undefined || !this.#dirty) return;
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
      if (this.#waiters.length > 0) this.#begin();
      else if (this.#dirty) this.#timer = setTimeout(() => this.#begin(), this.#lazyDelayMs);
    });
  }

  async #write(): Promise<void> {
    const waiters = this.#waiters;
    this.#waiters = [];
    this.#dirty = false;
    const started = performance.now();
    const text = stateText(this.secret, this.#texts.values());
    try {
      await writeState(this.#path, text);
      // The backup is what was there before: of clusters that are all gone nothing shall be left.
      if (this.#texts.size === 0) await writeState(this.#path, text);
      for (const waiter of waiters) waiter.resolve();
    } catch (error) {
      this.#dirty = true;
      const wrapped = new StateError(`${this.#path} can't be written: ${(error as Error).message}`, {
        cause: error,
      });
      this.#logger.error({ path: this.#path, error: wrapped.message }, 'state could not be saved');
      for (const waiter of waiters) waiter.reject(wrapped);
    }
    this.stats.writes += 1;
    this.stats.lastWriteMs = performance.now() - started;
    this.stats.bytes = text.length;
    // Lazy writes may take a tenth of the time, however large the fleet.
    this.#nextLazyAt = performance.now() + 10 * this.stats.lastWriteMs;
  }
}
