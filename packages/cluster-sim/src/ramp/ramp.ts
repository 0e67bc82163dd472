import type { RancherAnswer } from '@scale-cluster/rancher-client';
import type { Delayer } from '../delayer.js';
import type { Logger } from '../logger.js';
import type { RampView } from '../views.js';
import type { OwnPace } from '../own-pace.js';
import { Window } from './window.js';

export interface RampOptions {
  /** Most creations towards Rancher at a time. */
  concurrent: number;
  /** Most creations begun per second; 0 for no such limit. */
  perSec: number;
  /** Most clusters between their creation in Rancher and Active; 0 for no such limit. */
  maxActivations: number;
  /** What this process itself can follow. @default no limit */
  ownPace?: Pick<OwnPace, 'perSec'>;
  delayer: Pick<Delayer, 'delay'>;
  now: () => number;
  logger: Logger;
}

/** An answer later than this is a sign of too much work; Rancher at ease takes some 10 to 300 ms. */
const slowMs = 3_000;
/** How long nothing new begins after a refusal that names no time, doubled by each further one. */
const pause = { firstMs: 1_000, mostMs: 30_000 };
/** A cluster that isn't Active after this long has trouble of its own and holds up no others. */
const stragglerMs = 120_000;

/**
 * Lets clusters begin their way into Rancher as fast as Rancher takes them: never more at a time than it bears, found
 * out from how it answers; not while it asks to wait (429 and 5xx, `Retry-After`); not faster than the user allows or
 * this process can follow; and not while too many earlier ones are still on their way to Active. First come, first served.
 */
export class Ramp {
  readonly #window: Window;
  readonly #waiting = new Map<string, (go: boolean) => void>();
  /** Since when each is on its way to Active, the oldest first. */
  readonly #activating = new Map<string, number>();
  #inFlight = 0;
  #nextAt = -Infinity;
  #pausedUntil = -Infinity;
  #refusalsInRow = 0;
  #refusals = 0;
  #slow = 0;

  constructor(private readonly options: RampOptions) {
    this.#window = new Window({ most: options.concurrent });
  }

  /** How many wait for their turn. */
  get queued(): number {
    return this.#waiting.size;
  }

  get view(): RampView {
    const { concurrent, perSec, maxActivations, now, ownPace } = this.options;
    this.#dropStragglers();
    return {
      window: this.#window.size,
      maxWindow: concurrent,
      inFlight: this.#inFlight,
      queued: this.queued,
      maxPerSec: perSec,
      ownPerSec: Number((ownPace?.perSec ?? 0).toFixed(1)),
      activating: this.#activating.size,
      maxActivations,
      pausedMs: Math.max(0, this.#pausedUntil - now()),
      slowAnswers: this.#slow,
      refusals: this.#refusals,
    };
  }

  /**
   * Runs the task when it is its turn, or never when it is cancelled before. From its turn on the key counts as on its
   * way to Active, until {@link settled} or a rejection of the task.
   */
  async run(key: string, task: () => Promise<void>): Promise<void> {
    const go = await new Promise<boolean>((resolve) => {
      this.#waiting.set(key, resolve);
      this.#pump();
    });
    if (!go) return;
    try {
      await task();
    } catch (error) {
      this.#activating.delete(key);
      throw error;
    } finally {
      this.#inFlight -= 1;
      this.#pump();
    }
  }

  /** It needs no turn any more; nothing happens if it has had one. */
  cancel(key: string): void {
    const resolve = this.#waiting.get(key);
    this.#waiting.delete(key);
    resolve?.(false);
  }

  /** It is Active, or will never be. */
  settled(key: string): void {
    if (this.#activating.delete(key)) this.#pump();
  }

  /** Learns from an answer of Rancher, of any request. */
  observe({ request, status, durationMs, retryAfterMs }: RancherAnswer): void {
    if (status === 0 || status === 429 || status >= 500) return this.#refused(retryAfterMs);
    this.#refusalsInRow = 0;
    // A list of all clusters is slow by its size.
    if (durationMs > slowMs && request !== 'GET /v3/clusters') {
      this.#slow += 1;
      this.#cut('Rancher answers slowly: fewer creations at a time');
    } else if (this.#inFlight >= this.#window.size) {
      this.#window.grow();
      this.#pump();
    }
  }

  #refused(retryAfterMs: number | undefined): void {
    const now = this.options.now();
    this.#refusals += 1;
    if (this.#cut('Rancher refuses or does not answer: fewer creations at a time')) {
      const own = Math.min(pause.mostMs, pause.firstMs * 2 ** this.#refusalsInRow);
      this.#refusalsInRow = Math.min(this.#refusalsInRow + 1, 10);
      this.#pausedUntil = Math.max(this.#pausedUntil, now + own);
    }
    // Each may ask for another time; the latest counts.
    if (retryAfterMs !== undefined) this.#pausedUntil = Math.max(this.#pausedUntil, now + retryAfterMs);
  }

  #cut(why: string): boolean {
    const cut = this.#window.cut(this.options.now());
    if (cut) this.options.logger.debug({ window: this.#window.size }, why);
    return cut;
  }

  #pump(): void {
    for (const [key, resolve] of this.#waiting) {
      const waitMs = this.#waitMs();
      if (waitMs > 0) {
        if (Number.isFinite(waitMs)) this.options.delayer.delay('ramp', waitMs, () => this.#pump());
        return;
      }
      const { now } = this.options;
      this.#waiting.delete(key);
      this.#inFlight += 1;
      this.#activating.delete(key);
      this.#activating.set(key, now());
      this.#nextAt = Math.max(this.#nextAt, now()) + 1000 / this.#perSec;
      resolve(true);
    }
  }

  /** Until the next may begin; Infinity when that depends on the end of another one. */
  #waitMs(): number {
    const { now, maxActivations } = this.options;
    if (this.#inFlight >= this.#window.size) return Infinity;
    let until = Math.max(this.#pausedUntil, this.#nextAt);
    if (maxActivations > 0) {
      this.#dropStragglers();
      const oldest = this.#activating.values().next();
      if (this.#activating.size >= maxActivations && oldest.done !== true)
        until = Math.max(until, oldest.value + stragglerMs);
    }
    return Math.max(0, until - now());
  }

  /** Infinity without any limit. */
  get #perSec(): number {
    const { perSec, ownPace } = this.options;
    return Math.min(perSec > 0 ? perSec : Infinity, ownPace?.perSec ?? Infinity);
  }

  #dropStragglers(): void {
    const limit = this.options.now() - stragglerMs;
    for (const [key, since] of this.#activating) {
      if (since > limit) return;
      this.#activating.delete(key);
    }
  }
}
