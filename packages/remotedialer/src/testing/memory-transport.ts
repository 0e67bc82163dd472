import type { Transport, TransportHandler } from '../transport.js';

export interface MemoryTransportOptions {
  /** Queued bytes at which the transport counts as saturated. @default 512 KiB */
  readonly capacity?: number;
}

interface Queued {
  readonly bytes: Buffer;
  readonly onSent: (() => void) | undefined;
}

/** One end of a pair that hands messages over in memory, in order, in a later microtask. Needs no ports. */
export class MemoryTransport implements Transport {
  handler: TransportHandler | undefined;
  /** Pings this end has sent. */
  pings = 0;
  /** When false, pings from the other end are not answered. */
  answersPings = true;
  readonly #capacity: number;
  #other: MemoryTransport | undefined;
  #queue: Queued[] = [];
  #queuedBytes = 0;
  #held = false;
  #scheduled = false;
  #open = true;

  constructor(options: MemoryTransportOptions = {}) {
    this.#capacity = options.capacity ?? 512 * 1024;
  }

  /** Makes two transports the ends of one. */
  static join(left: MemoryTransport, right: MemoryTransport): void {
    left.#other = right;
    right.#other = left;
  }

  get open(): boolean {
    return this.#open;
  }

  get saturated(): boolean {
    return this.#queuedBytes >= this.#capacity;
  }

  /** Messages on their way to the other end. */
  get queued(): number {
    return this.#queue.length;
  }

  send(head: Uint8Array, payload: Uint8Array = new Uint8Array(), onSent?: () => void): void {
    if (!this.#open) return onSent?.();
    const bytes = Buffer.concat([head, payload]);
    this.#queue.push({ bytes, onSent });
    this.#queuedBytes += bytes.length;
    this.#schedule();
  }

  ping(): void {
    this.pings++;
    if (!this.#open) return;
    this.#other?.handler?.onLife();
    if (this.#other?.answersPings) this.handler?.onLife();
  }

  /** Keeps all messages back until {@link release}: a stalled network. */
  hold(): void {
    this.#held = true;
  }

  /** Ends {@link hold}. */
  release(): void {
    this.#held = false;
    this.#schedule();
  }

  /** Hands over up to `count` messages now, by default those that are queued at the moment. */
  deliver(count = this.#queue.length): void {
    while (count-- > 0) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      const wasSaturated = this.saturated;
      this.#queuedBytes -= next.bytes.length;
      this.#other?.handler?.onMessage(next.bytes);
      next.onSent?.();
      if (wasSaturated && !this.saturated) this.handler?.onDrain();
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#held = false;
    this.deliver();
    this.terminate();
  }

  terminate(error?: Error): void {
    const other = this.#other;
    this.#end(error);
    if (other !== undefined) other.#end(new Error('the other end closed the transport'));
  }

  #schedule(): void {
    if (this.#held || this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.#held) return;
      this.deliver();
      // What was added meanwhile takes a turn of its own, so that answers from the other end can cross it.
      if (this.#queue.length > 0) this.#schedule();
    });
  }

  #end(error?: Error): void {
    if (!this.#open) return;
    this.#open = false;
    const unsent = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    const handler = this.handler;
    this.handler = undefined;
    for (const { onSent } of unsent) onSent?.();
    handler?.onClose(error);
  }
}

/** Two transports joined in memory. */
export function createTransportPair(
  options?: MemoryTransportOptions,
): [left: MemoryTransport, right: MemoryTransport] {
  const left = new MemoryTransport(options);
  const right = new MemoryTransport(options);
  MemoryTransport.join(left, right);
  return [left, right];
}
