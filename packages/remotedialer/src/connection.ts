import { MAX_DATA_BYTES } from './constants.js';
import { OverflowError } from './errors.js';
import { FlowControl } from './flow-control.js';
import { VirtualSocket } from './virtual-socket.js';

/** A view that keeps this much more memory alive than it shows is copied when it has to wait in a buffer. */
const PINNED_FACTOR = 8;
/** Neighbouring small writes are joined into one message up to this size. */
const JOIN_BYTES = 16 * 1024;

type WriteCallback = (error?: Error | null) => void;

/** What a connection needs of its session. */
export interface ConnectionOwner {
  /** Whether Data has to wait: the socket is saturated, or others wait already. */
  readonly congested: boolean;
  now(): number;
  sendData(connection: Connection, payload: Buffer, onSent?: () => void): void;
  sendPause(connection: Connection): void;
  sendResume(connection: Connection): void;
  /** Calls `connection.flush()` when it is its turn. */
  enqueue(connection: Connection): void;
  /** Calls `connection.probe()` at each step of the ticker (20 ms) until it returns false. */
  watch(connection: Connection): void;
  /** Forgets the connection and, unless the other end closed it first, sends `text` as its Error. */
  release(connection: Connection, text: string | undefined): void;
}

/**
 * One virtual stream: a Duplex that can stand in for a `net.Socket` (under TLS, in an http server, as an http agent's
 * connection).
 *
 * - There is no half close in the protocol: `end()` closes both directions once everything is written, and bytes the
 *   other end sends after that are lost. The other end's close ends reading after what was received.
 * - There is no reply to a dial: a failed one shows up as an `error` (or just `close`) later.
 * - Without an `error` listener an error does not end the process: the connection just closes.
 */
export class Connection extends VirtualSocket {
  /** The id on the wire; unique in the session. Negative when a client dialled. */
  readonly id: number;
  /** What was asked for, such as `tcp`. */
  readonly protocol: string;
  /** What was asked for, such as `10.43.0.1:443`. Not necessarily a place that exists. */
  readonly address: string;
  /** When it was opened, on the session's clock in milliseconds. */
  readonly openedAt: number;
  /**
   * Most bytes that a reader is given at a time. Some keep a buffer for the largest piece they have been given: node:tls
   * one of 16 KiB per connection as soon as it is more than 1 KiB. @default Infinity
   */
  readPieceBytes = Infinity;
  /** Payload bytes received. */
  bytesRead = 0;
  /** Payload bytes sent. */
  bytesWritten = 0;

  readonly #owner: ConnectionOwner;
  readonly #flow = new FlowControl();
  /** False once either end has closed it: then nothing is sent any more. */
  #open = true;
  #dueError: Error | undefined;
  #pending: Buffer[] | undefined;
  #callback: WriteCallback | undefined;
  #onSent: (() => void) | undefined;

  /** Made by sessions only. */
  constructor(owner: ConnectionOwner, id: number, protocol: string, address: string) {
    super({ writableHighWaterMark: MAX_DATA_BYTES });
    this.#owner = owner;
    this.id = id;
    this.protocol = protocol;
    this.address = address;
    this.openedAt = owner.now();
    // An error of one of thousands of streams must not end the process only because nobody listens.
    this.on('error', ignore);
  }

  /** Who waits for whom, for people. */
  get flow(): 'free' | 'paused by the other end' | 'pausing the other end' | 'both paused' {
    const { peerPausedUs, wePausedPeer } = this.#flow;
    if (peerPausedUs) return wePausedPeer ? 'both paused' : 'paused by the other end';
    return wePausedPeer ? 'pausing the other end' : 'free';
  }

  /** @internal Data arrived. */
  receive(payload: Buffer): void {
    if (!this.#open || payload.length === 0) return;
    this.bytesRead += payload.length;
    this.touch();
    const mustWait = this.readableLength > 0 || this.readableFlowing !== true;
    const pinned = payload.buffer.byteLength > PINNED_FACTOR * payload.length;
    this.#push(mustWait && pinned ? Buffer.from(payload) : payload);
    switch (this.#flow.buffered(this.readableLength, payload.length)) {
      case 'sendPause':
        return this.#owner.sendPause(this);
      case 'overflow':
        this.destroy(new OverflowError('read buffer overflow: Pause was ignored'));
    }
  }

  /** @internal The other end, or the end of the session, closed it: gracefully without an error. */
  receiveEnd(error?: Error): void {
    if (!this.#open) return;
    this.#open = false;
    this.#owner.release(this, undefined);
    this.#dropWrites();
    if (error === undefined) {
      this.push(null);
      return;
    }
    if (this.readableLength === 0) {
      this.destroy(error);
      return;
    }
    // Bytes that came before the error are still to be read; then the error is due.
    this.#dueError = error;
  }

  /** @internal Pause arrived; `oneFlag` when from a Go end. */
  receivePause(oneFlag: boolean): void {
    this.#flow.paused(this.#owner.now(), oneFlag);
    this.#awaitResume();
  }

  /** @internal Resume arrived. */
  receiveResume(): void {
    if (this.#flow.resumed() && this.#open) this.#owner.sendResume(this);
    if (this.#pending !== undefined && !this.#flow.peerPausedUs) this.#owner.enqueue(this);
  }

  /** @internal Sends one message of what waits; true when more waits and may go. */
  flush(): boolean {
    const pending = this.#pending;
    if (pending === undefined || this.#flow.peerPausedUs) return false;
    const piece = this.#take(pending, MAX_DATA_BYTES);
    if (this.#pending !== undefined) {
      this.#owner.sendData(this, piece);
      return true;
    }
    this.#sendLast(piece);
    return false;
  }

  /** @internal Looks whether the other end has forgotten to resume us; false when there is nothing to watch. */
  probe(now: number): boolean {
    const pending = this.#pending;
    switch (this.#flow.probe(now, pending !== undefined)) {
      case 'startProbe':
        if (pending !== undefined) this.#probe(pending);
        break;
      case 'letGo':
        // It is really full, but that is no reason for its own writer, held by its Pause or ours, to wait.
        if (!this.#flow.wePausedPeer) this.#owner.sendResume(this);
    }
    return this.#flow.mustLetGo || (this.#flow.peerPausedUs && this.#pending !== undefined);
  }

  /** As in Readable; what is left in the buffer afterwards decides about Resume and about an error that waits. */
  override read(size?: number): unknown {
    const chunk: unknown = super.read(size);
    if (this.#flow.drained(this.readableLength) && this.#open) this.#owner.sendResume(this);
    if (this.#dueError !== undefined && this.readableLength === 0) {
      process.nextTick(() => this.destroy(this.#dueError));
    }
    return chunk;
  }

  /** Data comes when it comes; flow control is in `read` and `receive`. */
  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: WriteCallback): void {
    this.#write([chunk], callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: WriteCallback): void {
    this.#write(joinSmall(chunks), callback);
  }

  override _final(callback: WriteCallback): void {
    this.#closeWith('EOF');
    if (!this.readableEnded) this.push(null);
    callback();
  }

  override _destroy(error: Error | null, callback: WriteCallback): void {
    this.#closeWith(error === null ? 'EOF' : error.message);
    this.#dropWrites();
    super._destroy(error, callback);
  }

  #push(payload: Buffer): void {
    const size = this.readPieceBytes;
    if (payload.length <= size) this.push(payload);
    else for (let at = 0; at < payload.length; at += size) this.push(payload.subarray(at, at + size));
  }

  #write(pieces: Buffer[], callback: WriteCallback): void {
    if (!this.#open || (pieces.length === 1 && pieces[0]?.length === 0)) return callback();
    this.touch();
    this.#pending = pieces;
    this.#callback = callback;
    if (this.#flow.peerPausedUs) this.#awaitResume();
    else if (this.#owner.congested) this.#owner.enqueue(this);
    else if (this.flush()) this.#owner.enqueue(this);
  }

  #written(): void {
    const callback = this.#callback;
    this.#callback = undefined;
    callback?.();
  }

  /** The next up to `limit` bytes of what waits. */
  #take(pending: Buffer[], limit: number): Buffer {
    const first = pending[0] ?? Buffer.alloc(0);
    const piece = first.length > limit ? first.subarray(0, limit) : first;
    if (piece.length < first.length) pending[0] = first.subarray(piece.length);
    else pending.shift();
    if (pending.length === 0) this.#pending = undefined;
    this.bytesWritten += piece.length;
    return piece;
  }

  #awaitResume(): void {
    this.#owner.watch(this);
    if (this.#pending !== undefined && this.#flow.confirms()) this.#probe(this.#pending);
  }

  /** Sets the flag of a Go end (again), so that its reader sends Resume after reading the next byte. */
  #probe(pending: Buffer[]): void {
    this.#owner.sendPause(this);
    const byte = this.#take(pending, 1);
    if (this.#pending === undefined) this.#sendLast(byte);
    else this.#owner.sendData(this, byte);
  }

  /** Sends the end of what waited; the write is done when the system has taken it. */
  #sendLast(piece: Buffer): void {
    this.#onSent ??= () => this.#written();
    this.#owner.sendData(this, piece, this.#onSent);
  }

  #closeWith(text: string): void {
    if (!this.#open) return;
    this.#open = false;
    // A Go writer that we hold would never wake up again (facts §4 item 4).
    if (this.#flow.wePausedPeer) this.#owner.sendResume(this);
    this.#owner.release(this, text);
  }

  #dropWrites(): void {
    this.#pending = undefined;
    this.#written();
  }
}

const ignore = (): void => undefined;

/** The buffers of several queued writes as few messages: small neighbours are copied together, big ones left alone. */
function joinSmall(chunks: readonly { chunk: Buffer }[]): Buffer[] {
  const pieces: Buffer[] = [];
  let run: Buffer[] = [];
  let runBytes = 0;
  const endRun = (): void => {
    const [only] = run;
    if (only !== undefined) pieces.push(run.length === 1 ? only : Buffer.concat(run, runBytes));
    run = [];
    runBytes = 0;
  };
  for (const { chunk } of chunks) {
    if (runBytes + chunk.length > JOIN_BYTES) endRun();
    run.push(chunk);
    runBytes += chunk.length;
  }
  endRun();
  return pieces;
}
