import { Duplex } from 'node:stream';
import type { SpdyHeaders } from './header-block.js';

/** What a stream needs of its connection. */
export interface SpdyCarrier {
  write(streamId: number, chunk: Buffer, last: boolean, done: (error?: Error | null) => void): void;
  /** The stream is over; `reset` unless both ends have said their last. */
  forget(streamId: number, reset: boolean): void;
}

/** More than this unread in one stream stops the reading of the whole connection: SPDY/3.1 as Kubernetes speaks it has no windows. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/** One stream that the client has opened. */
export class SpdyStream extends Duplex {
  #wake: (() => void) | undefined;

  constructor(
    readonly id: number,
    readonly headers: SpdyHeaders,
    private readonly carrier: SpdyCarrier,
  ) {
    super({ allowHalfOpen: true });
  }

  /** Takes data from the client; a promise to wait for before more is read of the connection. */
  receive(chunk: Buffer): Promise<void> | undefined {
    if (this.destroyed || this.readableEnded) return undefined;
    this.push(chunk);
    if (this.readableLength <= MAX_UNREAD_BYTES) return undefined;
    return new Promise((resolve) => (this.#wake = resolve));
  }

  /** The client has said its last. */
  receiveEnd(): void {
    this.push(null);
  }

  override _read(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.carrier.write(this.id, chunk, false, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.carrier.write(this.id, Buffer.alloc(0), true, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#wake?.();
    this.carrier.forget(this.id, !this.writableFinished || !this.readableEnded);
    done(error);
  }
}
