import { EventEmitter } from 'node:events';
import { PING_INTERVAL_MS } from './constants.js';

/**
 * Finest step of a ticker: how exact the times below are. The pings of a step are sent in one go, and everything
 * else waits meanwhile: with 6,000 sessions for 24 of them, some 2 ms.
 */
const STEP_MS = 20;
const SLOTS = PING_INTERVAL_MS / STEP_MS;
/** A step that comes this late is reported: at 60 s the other ends give up. */
const STALL_MS = 10_000;

/** Something that wants to be woken every 5 s. */
export interface TickerMember {
  /**
   * @param now the ticker's clock in milliseconds
   * @param lateMs how much too late this call comes; large after the event loop was blocked
   */
  tick(now: number, lateMs: number): void;
}

/** Where a ticker gets its time from; tests give a clock they move by hand. */
export interface TickerClock {
  now(): number;
  /** Calls `step` every `intervalMs` until the returned function is called. Must not keep the process alive. */
  every(intervalMs: number, step: () => void): () => void;
}

const systemClock: TickerClock = {
  now: () => performance.now(),
  every(intervalMs, step) {
    const timer = setInterval(step, intervalMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};

/**
 * One timer for all sessions of a process. Members are woken every 5 s, first 5 s after they joined, so the pings of
 * thousands of sessions spread over the interval as their starts did. Runs only while somebody is in it.
 *
 * Emits `stall` (lateMs) when a step comes more than 10 s late, which means that the event loop was blocked so long
 * that tunnels are in danger.
 */
export class Ticker extends EventEmitter<{ stall: [lateMs: number] }> {
  readonly #clock: TickerClock;
  readonly #slots: Set<TickerMember>[] = Array.from({ length: SLOTS }, () => new Set());
  readonly #everyStep = new Set<TickerMember>();
  #slot = 0;
  #members = 0;
  #nextStepAt = 0;
  #stop: (() => void) | undefined;

  constructor(clock: TickerClock = systemClock) {
    super();
    this.#clock = clock;
  }

  /** Milliseconds on this ticker's clock, which never runs backwards. */
  now(): number {
    return this.#clock.now();
  }

  /** Wakes `member` every 5 s from now on. Returns the slot to give to {@link remove}. */
  add(member: TickerMember): number {
    this.#start();
    this.#slots[this.#slot]?.add(member);
    return this.#slot;
  }

  /** Takes a member out. */
  remove(member: TickerMember, slot: number): void {
    if (this.#slots[slot]?.delete(member)) this.#release();
  }

  /** Wakes `member` at every step (20 ms) until {@link unwatch}: for the few that have something to time. */
  watch(member: TickerMember): void {
    if (this.#everyStep.has(member)) return;
    this.#start();
    this.#everyStep.add(member);
  }

  /** Ends {@link watch}. */
  unwatch(member: TickerMember): void {
    if (this.#everyStep.delete(member)) this.#release();
  }

  #start(): void {
    if (this.#members++ > 0) return;
    this.#nextStepAt = this.now() + STEP_MS;
    this.#stop = this.#clock.every(STEP_MS, () => this.#step());
  }

  #release(): void {
    if (--this.#members > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }

  #step(): void {
    const now = this.now();
    const lateMs = now - this.#nextStepAt;
    const due = Math.floor(lateMs / STEP_MS) + 1;
    if (due <= 0) return;
    this.#nextStepAt += due * STEP_MS;
    if (lateMs > STALL_MS) this.emit('stall', lateMs);
    // A late call makes up for the steps that were missed, but wakes nobody twice.
    const steps = Math.min(SLOTS, due);
    for (let step = 0; step < steps; step++) {
      this.#slot = (this.#slot + 1) % SLOTS;
      for (const member of this.#slots[this.#slot] ?? []) member.tick(now, lateMs);
    }
    for (const member of this.#everyStep) member.tick(now, lateMs);
  }
}

/** The ticker that all sessions of this process share unless given another. */
export const sharedTicker = new Ticker();
