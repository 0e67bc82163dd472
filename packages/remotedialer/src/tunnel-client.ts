import { EventEmitter } from 'node:events';
import { fullJitterDelay, type BackoffOptions } from './backoff.js';
import type { Connection } from './connection.js';
import { SessionNotFoundError } from './errors.js';
import { openTransport, type Handshake } from './handshake.js';
import { silentLogger, type Logger } from './logger.js';
import { Session, type ConnectHandler, type SyncMode } from './session.js';
import { describeSession, type SessionInfo } from './stats.js';
import type { Ticker } from './ticker.js';
import type { MaskingMode, TunnelTlsOptions } from './tls-options.js';

/** Where to connect, and as whom. */
export interface Endpoint {
  /** `ws:` or `wss:` URL. */
  readonly url: string;
  readonly headers: Record<string, string>;
}

export interface TunnelClientOptions {
  /** Asked anew before every attempt, so rotated tokens are picked up. A failure counts as a failed attempt. */
  readonly endpoint: () => Endpoint | Promise<Endpoint>;
  /** Serves the server's dials. */
  readonly onConnect: ConnectHandler;
  readonly tls?: TunnelTlsOptions;
  /** How frames are masked. @default 'random' */
  readonly masking?: MaskingMode;
  /** Range of the delays between attempts. @default 2 s to 30 s */
  readonly backoff?: Partial<BackoffOptions>;
  /** Source of jitter, in [0, 1). @default Math.random */
  readonly random?: () => number;
  /** How long one attempt may take. @default 10000 */
  readonly handshakeTimeoutMs?: number;
  /** What SyncConnections lists. @default 'safe' */
  readonly sync?: SyncMode;
  readonly logger?: Logger;
  /** @default the one all sessions of this process share */
  readonly ticker?: Ticker;
}

/** `idle` before start; `waiting` between attempts; `closed` for good. */
export type TunnelClientStatus = 'idle' | 'connecting' | 'connected' | 'waiting' | 'closed';

interface TunnelClientEvents {
  connected: [];
  /** A session ended: without an error when either end closed it in an orderly way. */
  disconnected: [error: Error | undefined];
  /** An attempt failed: `HandshakeError` when the server answered, else the network's error. */
  attemptFailed: [error: Error, retryInMs: number];
  status: [status: TunnelClientStatus];
}

/** A session shorter than this does not reset the backoff: a server that drops everybody is not hammered. */
const STABLE_MS = 10_000;

const defaultBackoff: BackoffOptions = { initialMs: 2_000, maxMs: 30_000 };

/**
 * The end that opens the WebSocket: keeps one session to a server, for ever, and serves what the server dials.
 *
 * ```
 * idle ─start─▶ connecting ─101─▶ connected ─lost─▶ waiting ─delay─▶ connecting …
 *                   └──────failed──────────────────────▲        any ─close/destroy─▶ closed
 * ```
 */
export class TunnelClient extends EventEmitter<TunnelClientEvents> {
  readonly #options: TunnelClientOptions;
  readonly #backoff: BackoffOptions;
  readonly #logger: Logger;
  #status: TunnelClientStatus = 'idle';
  #session: Session | undefined;
  #failures = 0;
  #connectedAt = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  #handshake: Handshake | undefined;

  constructor(options: TunnelClientOptions) {
    super();
    this.#options = options;
    this.#backoff = { ...defaultBackoff, ...options.backoff };
    this.#logger = options.logger ?? silentLogger;
  }

  get status(): TunnelClientStatus {
    return this.#status;
  }

  /** The current session, while connected. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** Status, and the session and its connections as they are right now, for people. */
  debugInfo(): { status: TunnelClientStatus; failures: number; session?: SessionInfo } {
    return {
      status: this.#status,
      failures: this.#failures,
      ...(this.#session && { session: describeSession(this.#session) }),
    };
  }

  /** Begins to connect; the first attempt is made at once. Has no effect when started or closed before. */
  start(): void {
    if (this.#status === 'idle') this.#attempt();
  }

  /**
   * Asks the server to dial. Only for servers that allow it: a Go server without a `ClientConnectAuthorizer`, such as
   * Rancher, drops the session instead. Throws {@link SessionNotFoundError} when not connected.
   */
  dial(protocol: string, address: string): Connection {
    if (this.#session === undefined) throw new SessionNotFoundError('client');
    return this.#session.dial(protocol, address);
  }

  /**
   * While waiting between attempts, makes the next one now; else has no effect. For when the caller learns that the
   * server is back or that a new token is there. The backoff goes on from where it was.
   */
  retryNow(): void {
    if (this.#status !== 'waiting') return;
    clearTimeout(this.#retryTimer);
    this.#attempt();
  }

  /**
   * Ends for good: open connections are told, what is written goes out, and a Close frame (1000) shows the server that
   * it is no accident. Resolves when the socket is closed, without waiting for the server.
   */
  close(): Promise<void> {
    const session = this.#session;
    if (session === undefined) {
      this.destroy();
      return Promise.resolve();
    }
    this.#stop();
    return new Promise((resolve) => {
      this.once('disconnected', () => resolve());
      session.close();
    });
  }

  /** Ends for good, at once. The error goes to the open connections. */
  destroy(error?: Error): void {
    this.#stop();
    this.#session?.destroy(error);
  }

  #stop(): void {
    clearTimeout(this.#retryTimer);
    this.#setStatus('closed');
    this.#handshake?.cancel();
  }

  #attempt(): void {
    this.#setStatus('connecting');
    this.#open().catch((error: unknown) => {
      if (this.#status === 'closed') return;
      const reason = error instanceof Error ? error : new Error(String(error));
      const retryInMs = this.#retry();
      this.#logger.warn({ err: reason, retryInMs }, 'tunnel attempt failed');
      this.emit('attemptFailed', reason, retryInMs);
    });
  }

  async #open(): Promise<void> {
    const { url, headers } = await this.#options.endpoint();
    if (this.#status === 'closed') return;
    const { tls, masking, handshakeTimeoutMs: timeoutMs = 10_000 } = this.#options;
    this.#handshake = openTransport({ url, headers, tls, masking, timeoutMs }, (transport) => {
      const { onConnect, sync, ticker } = this.#options;
      const session = new Session(transport, {
        role: 'client',
        onConnect,
        onEnd: (error) => this.#onEnd(error),
        ...(sync && { sync }),
        ...(ticker && { ticker }),
      });
      this.#session = session;
      this.#connectedAt = session.now();
    });
    try {
      await this.#handshake.opened;
    } finally {
      this.#handshake = undefined;
    }
    this.#logger.info({}, 'tunnel connected');
    this.#setStatus('connected');
    this.emit('connected');
  }

  #onEnd(error: Error | undefined): void {
    const lived = (this.#session?.now() ?? 0) - this.#connectedAt;
    if (lived >= STABLE_MS) this.#failures = 0;
    this.#session = undefined;
    if (this.#status !== 'closed') {
      const retryInMs = this.#retry();
      this.#logger.warn({ err: error, retryInMs }, 'tunnel lost');
    }
    this.emit('disconnected', error);
  }

  #retry(): number {
    const random = this.#options.random ?? Math.random;
    const retryInMs = fullJitterDelay(this.#failures++, this.#backoff, random);
    this.#setStatus('waiting');
    this.#retryTimer = setTimeout(() => this.#attempt(), retryInMs);
    return retryInMs;
  }

  #setStatus(status: TunnelClientStatus): void {
    if (this.#status === status || this.#status === 'closed') return;
    this.#status = status;
    this.emit('status', status);
  }
}
