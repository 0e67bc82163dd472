import { randomFillSync } from 'node:crypto';
import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { MAX_QUEUED_BYTES, SATURATION_BYTES } from './constants.js';
import { OverflowError, ProtocolError, RemotedialerError } from './errors.js';
import type { Transport, TransportHandler } from './transport.js';
import { encodeFrame, type Masking } from './websocket-frame.js';

/** How long a graceful end may take to hand its last bytes to the system. */
const CLOSE_MS = 1_000;

/**
 * Messages over one WebSocket. `ws` does the handshake, reads frames, answers pings and sends ours; messages are
 * written here, straight to the socket, so that header and payload share one frame and one system call without being
 * copied together.
 */
export class WebSocketTransport implements Transport {
  handler: TransportHandler | undefined;
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #masking: Masking;
  #corked = false;
  #closing = false;
  #error: Error | undefined;
  #closeTimer: NodeJS.Timeout | undefined;

  /** @param socket the TCP or TLS socket under `ws`, which must be open */
  constructor(ws: WebSocket, socket: Socket, masking: Masking) {
    this.#ws = ws;
    this.#socket = socket;
    this.#masking = masking;
    ws.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    ws.on('ping', () => this.handler?.onLife());
    ws.on('pong', () => this.handler?.onLife());
    ws.on('error', (error) => (this.#error ??= error));
    ws.on('close', (code) => this.#onClose(code));
    socket.on('drain', () => this.handler?.onDrain());
    // Once our side has ended there is nothing to wait for: a Go server would leave the socket open (facts §4 item 5).
    socket.once('finish', () => ws.terminate());
  }

  get saturated(): boolean {
    return this.#socket.writableLength >= SATURATION_BYTES;
  }

  send(head: Uint8Array, payload?: Uint8Array, onSent?: () => void): void {
    const socket = this.#socket;
    if (this.#closing || !socket.writable) return onSent?.();
    if (!this.#corked) {
      // All messages of one turn of the event loop leave in one system call.
      this.#corked = true;
      socket.cork();
      process.nextTick(uncork, this);
    }
    const frame = encodeFrame(head, payload, this.#masking, randomUint32);
    socket.write(frame[0]);
    if (frame[1] === undefined) onSent?.();
    else socket.write(frame[1], onSent);
    if (socket.writableLength > MAX_QUEUED_BYTES) {
      this.terminate(new OverflowError('the other end reads nothing of what it makes us send'));
    }
  }

  ping(): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.ping();
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    // Like Go ends, without a WebSocket Close frame; 'finish' then terminates.
    this.#socket.end();
    this.#closeTimer = setTimeout(() => this.#ws.terminate(), CLOSE_MS);
  }

  terminate(error?: Error): void {
    this.#closing = true;
    this.#error ??= error;
    this.#ws.terminate();
  }

  /** Sends what this turn of the event loop has gathered. */
  flush(): void {
    this.#corked = false;
    this.#socket.uncork();
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (!isBinary) return this.terminate(new ProtocolError('wrong websocket message type'));
    // With the default binaryType a message is always one Buffer.
    this.handler?.onMessage(data as Buffer);
  }

  #onClose(code: number): void {
    clearTimeout(this.#closeTimer);
    const graceful = this.#closing && this.#error === undefined;
    const error =
      this.#error ??
      new RemotedialerError('ERR_RD_CLOSED', `the other end closed the WebSocket (code ${code})`);
    const handler = this.handler;
    this.handler = undefined;
    handler?.onClose(graceful ? undefined : error);
  }
}

function uncork(transport: WebSocketTransport): void {
  transport.flush();
}

const pool = new Uint32Array(1024);
let poolAt = pool.length;

/** An unpredictable 32-bit mask (RFC 6455 5.3), from a pool because one call per frame would be slow. */
function randomUint32(): number {
  if (poolAt === pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  return pool[poolAt++] ?? 0;
}
