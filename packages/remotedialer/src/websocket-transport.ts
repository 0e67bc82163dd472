import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { MAX_MESSAGE_BYTES, MAX_QUEUED_BYTES, SATURATION_BYTES } from './constants.js';
import { isDataWithHeader } from './decode.js';
import { OverflowError, RemotedialerError } from './errors.js';
import { FrameReader, Opcode, type FrameHandler } from './frame-reader.js';
import { randomUint32 } from './random.js';
import type { Transport, TransportHandler } from './transport.js';
import { encodeControlFrame, encodeFrame, type Masking } from './websocket-frame.js';

/** How long a graceful end may take to hand its last bytes to the system. */
const CLOSE_MS = 1_000;
/** The code of a WebSocket that ended without a Close frame (RFC 6455 7.1.5). */
const ABNORMAL = 1006;
/** The code of a Close frame that says all is well (RFC 6455 7.4.1). */
const NORMAL_CLOSURE = 1000;

/** A TCP or TLS socket, or a stream that stands in for one. */
export type UpgradedSocket = Duplex & Partial<Pick<Socket, 'setTimeout' | 'setNoDelay'>>;

const nothing = new Uint8Array();

/**
 * Messages over one WebSocket, from the moment the handshake is done: reads and writes frames straight from and to
 * the socket, so that header and payload share one frame and one system call without being copied together, and
 * received Data is handed on without being gathered first.
 */
export class WebSocketTransport implements Transport, FrameHandler {
  handler: TransportHandler | undefined;
  readonly #socket: UpgradedSocket;
  readonly #masking: Masking;
  readonly #reader: FrameReader;
  #corked = false;
  #closing = false;
  /** A Data message is being handed on in parts. */
  #inParts = false;
  /** The parts of any other message. */
  #gathered: Buffer[] | undefined;
  #code = ABNORMAL;
  #error: Error | undefined;
  #closeTimer: NodeJS.Timeout | undefined;

  /** @param socket the TCP or TLS socket after the handshake; from now on nobody else may use it */
  constructor(socket: UpgradedSocket, masking: Masking) {
    this.#socket = socket;
    this.#masking = masking;
    this.#reader = new FrameReader(masking === 'none', MAX_MESSAGE_BYTES, this);
    socket.setTimeout?.(0);
    socket.setNoDelay?.(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    // The other end sends no more, so there is nobody left to talk to (a Go server would leave the socket open).
    socket.on('end', () => socket.destroy());
    socket.on('error', (error) => (this.#error ??= error));
    socket.on('close', () => this.#onClose());
    socket.on('drain', () => this.handler?.onDrain());
    // Once our side has ended there is nothing to wait for (facts §4 item 5).
    socket.on('finish', () => socket.destroy());
  }

  get saturated(): boolean {
    return this.#socket.writableLength >= SATURATION_BYTES;
  }

  send(head: Uint8Array, payload?: Uint8Array, onSent?: () => void): void {
    if (this.#closing || !this.#socket.writable) return onSent?.();
    this.#cork();
    const frame = encodeFrame(head, payload, this.#masking, randomUint32);
    this.#socket.write(frame[0]);
    if (frame[1] === undefined) onSent?.();
    else this.#socket.write(frame[1], onSent);
    this.#limitQueue();
  }

  ping(): void {
    this.#sendControl(Opcode.Ping, nothing);
  }

  close(): void {
    if (this.#closing) return;
    // The Close frame shows the other end that this is no accident; 'finish' then destroys the socket.
    const code = Buffer.alloc(2);
    code.writeUInt16BE(NORMAL_CLOSURE);
    this.#sendControl(Opcode.Close, code);
    this.#closing = true;
    this.#end();
  }

  terminate(error?: Error): void {
    this.#closing = true;
    this.#error ??= error;
    this.#reader.stop();
    this.#socket.destroy();
  }

  /** Sends what this turn of the event loop has gathered. */
  flush(): void {
    this.#corked = false;
    this.#socket.uncork();
  }

  // What the reader calls.

  onPiece(bytes: Buffer, last: boolean): void {
    if (this.#inParts) {
      this.#inParts = !last;
      this.handler?.onMoreData(bytes);
      return;
    }
    let message = bytes;
    if (this.#gathered !== undefined) {
      this.#gathered.push(bytes);
      if (!last && this.#gathered.length > 2) return;
      message = Buffer.concat(this.#gathered);
    }
    if (last) {
      this.#gathered = undefined;
    } else if (isDataWithHeader(message)) {
      this.#gathered = undefined;
      this.#inParts = true;
    } else {
      this.#gathered ??= [bytes];
      return;
    }
    this.handler?.onMessage(message);
  }

  onControl(opcode: number, payload: Buffer): void {
    if (opcode !== Opcode.Close) {
      if (opcode === Opcode.Ping) this.#sendControl(Opcode.Pong, payload);
      this.handler?.onLife();
      return;
    }
    this.#reader.stop();
    if (payload.length >= 2) this.#code = payload.readUInt16BE(0);
    this.#sendControl(Opcode.Close, payload.subarray(0, 2));
    this.#end();
  }

  #read(chunk: Buffer): void {
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.terminate(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** All messages of one turn of the event loop leave in one system call. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(uncork, this);
  }

  #sendControl(opcode: number, payload: Uint8Array): void {
    if (this.#closing || !this.#socket.writable) return;
    // At once: mostly it is a ping or pong with nothing beside it that could share its system call.
    this.#socket.write(encodeControlFrame(opcode, payload, this.#masking, randomUint32));
    this.#limitQueue();
  }

  #limitQueue(): void {
    if (this.#socket.writableLength > MAX_QUEUED_BYTES) {
      this.terminate(new OverflowError('the other end reads nothing of what it makes us send'));
    }
  }

  #end(): void {
    this.#socket.end();
    this.#closeTimer ??= setTimeout(() => this.#socket.destroy(), CLOSE_MS);
  }

  #onClose(): void {
    clearTimeout(this.#closeTimer);
    this.#reader.stop();
    const graceful = this.#error === undefined && (this.#closing || this.#code === NORMAL_CLOSURE);
    const error =
      this.#error ??
      new RemotedialerError('ERR_RD_CLOSED', `the other end closed the WebSocket (code ${this.#code})`);
    const handler = this.handler;
    this.handler = undefined;
    handler?.onClose(graceful ? undefined : error);
  }
}

function uncork(transport: WebSocketTransport): void {
  transport.flush();
}
