import { getHeapStatistics } from 'node:v8';
import { collectGarbage, denseUpToBytes } from './collect-garbage.js';
import { returnFreedMemorySoon } from './freed-memory.js';

export interface IdleCollectorOptions {
  /** Bytes that V8 has of the machine for objects of this thread. @default asks V8 */
  heapTotal?: () => number;
  /** Has everything collected, and calls `done` then. @default V8's */
  collect?: (done: () => void) => void;
  /** Called after the collection that follows a burst: returns what the C library keeps. @default malloc_trim, soon */
  returnFreed?: () => void;
  /** Milliseconds on a clock that never goes back. @default performance.now */
  clock?: () => number;
}

/** Busier than that, V8 collects by itself soon enough. */
const idleShare = 0.6;
/** A burst is over when the load has fallen from more than that times what it is now, and a little. */
const fallen = { times: 1.5, more: 0.05 };
/** Clusters came, went or connected again, whatever came before: so busy, or that many times what it is now and more. */
const strong = { share: 0.75, times: 3, more: 0.1 };
/** What a heap must have grown by without a burst, to be worth a collection. */
const growth = { small: { bytes: 6 << 20, share: 0.1 }, large: { bytes: 32 << 20, share: 0.2 } };
/** Pause after a collection; twice the last one, up to the second, when what is alive is as much as after that. */
const rest = { leastMs: 30_000, mostMs: 16 * 60_000 };
/** A difference in what is alive that counts. */
const changed = 0.1;
/** A collection that left so much less than the one before is followed by another: V8 moves 12 MB each time. */
const shrunk = 0.03;

/**
 * Gives back what a burst of work has left. V8 collects when something is allocated: a thread that falls idle after
 * thousands of clusters came, or went, would keep what it needed at its busiest for hours, and one with a little work
 * all the time would spread what lives longer over ever more pages of memory. A collection takes some seconds of CPU at
 * 3,000 clusters, so that ups and downs of an idle fleet must not cause one after the other.
 */
export class IdleCollector {
  readonly #heapTotal: () => number;
  readonly #collect: (done: () => void) => void;
  readonly #returnFreed: () => void;
  readonly #clock: () => number;
  /** Highest share of a period since the last collection. */
  #busiest = 0;
  #after: number;
  #collectedAt: number;
  #restMs = rest.leastMs;
  /** Whether another collection may well leave less than the last one. */
  #mayShrink = false;

  constructor(options: IdleCollectorOptions = {}) {
    this.#heapTotal = options.heapTotal ?? (() => getHeapStatistics().total_heap_size);
    this.#clock = options.clock ?? (() => performance.now());
    this.#collect = options.collect ?? collectGarbage;
    this.#returnFreed = options.returnFreed ?? returnFreedMemorySoon;
    this.#after = this.#heapTotal();
    this.#collectedAt = this.#clock();
  }

  /** To be called every so often with the share of the time since the last call in which the thread had work. */
  look(eventLoopShare: number): void {
    this.#busiest = Math.max(this.#busiest, eventLoopShare);
    if (eventLoopShare > idleShare) return;
    const restedMs = this.#clock() - this.#collectedAt;
    if (restedMs < rest.leastMs) return;
    const burstIsOver = this.#busiest > eventLoopShare * fallen.times + fallen.more;
    const strongBurst = Math.min(strong.share, eventLoopShare * strong.times + strong.more);
    const hasRested = this.#busiest > strongBurst || restedMs >= this.#restMs;
    const isSmall = this.#after < denseUpToBytes;
    const { bytes, share } = isSmall ? growth.small : growth.large;
    const hasGrown = this.#heapTotal() >= this.#after + Math.max(bytes, this.#after * share);
    const givesBack = hasRested && (burstIsOver || hasGrown);
    const keepsDense = isSmall && (hasGrown || this.#mayShrink);
    if (!givesBack && !keepsDense) return;
    this.#collectedAt = this.#clock();
    this.#collect(() => this.#collected(burstIsOver));
  }

  #collected(afterBurst: boolean): void {
    // It takes a while, and what little work frees is soon used again.
    if (afterBurst) this.#returnFreed();
    this.#busiest = 0;
    const before = this.#after;
    this.#after = this.#heapTotal();
    const isNews = Math.abs(this.#after - before) > changed * before;
    this.#mayShrink = (afterBurst && isNews) || this.#after < before * (1 - shrunk);
    this.#restMs = isNews ? rest.leastMs : Math.min(rest.mostMs, 2 * this.#restMs);
    this.#collectedAt = this.#clock();
  }
}
