import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Connection } from './connection.js';
import { webSocketOptions } from './handshake.js';
import { silentLogger, type Logger } from './logger.js';
import { Session, type ConnectRequest } from './session.js';
import { SessionManager } from './session-manager.js';
import type { Ticker } from './ticker.js';
import { WebSocketTransport } from './websocket-transport.js';

/** Who a client turned out to be. */
export interface Authorization {
  /** The name under which its tunnel is dialled. */
  readonly clientKey: string;
}

export interface TunnelServerOptions {
  /**
   * Decides about an upgrade: `null` answers 401 `failed authentication`, a throw answers 400 with the error's
   * message, as Go servers do.
   */
  readonly authorize: (request: IncomingMessage) => Promise<Authorization | null> | Authorization | null;
  /** Serves dials that come from clients. @default each is refused with an Error; the session lives on */
  readonly onConnect?: (connection: Connection, request: ConnectRequest, clientKey: string) => void;
  readonly logger?: Logger;
  /** @default the one all sessions of this process share */
  readonly ticker?: Ticker;
}

interface TunnelServerEvents {
  session: [clientKey: string, sessionId: string];
  sessionEnd: [clientKey: string, sessionId: string, error: Error | undefined];
}

/** The end that accepts WebSockets and dials through them. Has no port of its own: give it `upgrade` events. */
export class TunnelServer extends EventEmitter<TunnelServerEvents> {
  readonly #options: TunnelServerOptions;
  readonly #logger: Logger;
  readonly #sessions = new SessionManager();
  readonly #webSockets = new WebSocketServer({
    ...webSocketOptions,
    noServer: true,
    clientTracking: false,
    // A Go server takes no subprotocol even if one is offered.
    handleProtocols: () => false,
  });
  #closed = false;

  constructor(options: TunnelServerOptions) {
    super();
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
  }

  /** Takes an `upgrade` event of an http(s) server. Agents of Rancher send headers of 4 to 8 KiB and more. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ignore = (): void => undefined;
    socket.on('error', ignore);
    this.#authorize(request).then(
      (authorization) => {
        if (this.#closed) return refuse(socket, 503, 'server is closing');
        if (authorization === null) return refuse(socket, 401, 'failed authentication');
        socket.off('error', ignore);
        this.#accept(request, socket, head, authorization.clientKey);
      },
      (error: unknown) => refuse(socket, 400, error instanceof Error ? error.message : String(error)),
    );
  }

  /** Whether a client with this key is connected. */
  hasSession(clientKey: string): boolean {
    return this.#sessions.has(clientKey);
  }

  /** The keys of all connected clients. */
  clients(): string[] {
    return this.#sessions.keys();
  }

  /**
   * Opens a stream through the newest live session of the key. A failure of the far dial shows up as the connection's
   * `error`. Throws {@link SessionNotFoundError}, or {@link InvalidAddressError} for what must not be sent.
   */
  dial(clientKey: string, protocol: string, address: string): Connection {
    return this.#sessions.pick(clientKey).dial(protocol, address);
  }

  /** {@link dial} bound to one client. */
  dialer(clientKey: string): (protocol: string, address: string) => Connection {
    return (protocol, address) => this.dial(clientKey, protocol, address);
  }

  /**
   * Ends the sessions of a key and returns how many there were. `graceful` tells the open connections; `cut` is like
   * a broken network.
   */
  disconnect(clientKey: string, mode: 'graceful' | 'cut' = 'graceful'): number {
    const sessions = [...this.#sessions.of(clientKey)];
    for (const session of sessions) {
      if (mode === 'cut') session.destroy();
      else session.close();
    }
    return sessions.length;
  }

  /** Accepts nobody any more and ends all sessions gracefully. Resolves when their sockets are closed. */
  async close(): Promise<void> {
    this.#closed = true;
    const sessions = [...this.#sessions.all()];
    if (sessions.length === 0) return;
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (this.#sessions.keys().length === 0) resolve();
      };
      this.on('sessionEnd', check);
      for (const session of sessions) session.close();
    });
  }

  async #authorize(request: IncomingMessage): Promise<Authorization | null> {
    return this.#options.authorize(request);
  }

  #accept(request: IncomingMessage, socket: Duplex, head: Buffer, clientKey: string): void {
    this.#webSockets.handleUpgrade(request, socket, head, (ws) => {
      const { ticker, onConnect } = this.#options;
      const transport = new WebSocketTransport(ws, socket as Socket, 'none');
      const session: Session = new Session(transport, {
        role: 'server',
        clientKey,
        sessionKey: randomSessionKey(),
        onEnd: (error) => this.#onEnd(session, error),
        ...(onConnect && { onConnect: (connection, connect) => onConnect(connection, connect, clientKey) }),
        ...(ticker && { ticker }),
      });
      this.#sessions.add(session);
      this.#logger.info({ clientKey, sessionId: session.sessionKey }, 'tunnel session opened');
      this.emit('session', clientKey, session.sessionKey);
    });
  }

  #onEnd(session: Session, error: Error | undefined): void {
    this.#sessions.remove(session);
    const { clientKey, sessionKey } = session;
    this.#logger.info({ clientKey, sessionId: sessionKey, err: error }, 'tunnel session ended');
    this.emit('sessionEnd', clientKey, sessionKey, error);
  }
}

/** A random 63-bit number in decimals, as Go servers use; a string because it exceeds 2^53. */
function randomSessionKey(): string {
  return (randomBytes(8).readBigUInt64LE() >> 1n).toString();
}

function refuse(socket: Duplex, status: number, body: string): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
