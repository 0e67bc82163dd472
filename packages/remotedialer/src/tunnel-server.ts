import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Connection } from './connection.js';
import { InvalidAddressError, SessionNotFoundError } from './errors.js';
import { silentLogger, type Logger } from './logger.js';
import { PeerLinks, type Peer, type PeerIdentity } from './peer-links.js';
import { randomBytes } from './random.js';
import { Session, type ConnectRequest } from './session.js';
import { SessionManager } from './session-manager.js';
import { describeSession, StatsKeeper, type SessionInfo, type TunnelStats } from './stats.js';
import { rancherAgentRule, type AllowRule } from './targets.js';
import type { Ticker } from './ticker.js';
import { acceptUpgrade, refuseUpgrade, upgradeProblem } from './upgrade.js';
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
  /**
   * Which dials may be sent. The default is what Rancher's agents allow, because a Go client ends its whole session
   * over a dial that it does not allow. @default rancherAgentRule
   */
  readonly allowDial?: AllowRule;
  /** Who this server is towards its peers; needed for {@link TunnelServer.addPeer}. */
  readonly peer?: PeerIdentity;
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
  readonly #stats = new StatsKeeper();
  readonly #peers: PeerLinks | undefined;
  #closed = false;

  constructor(options: TunnelServerOptions) {
    super();
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    if (options.peer === undefined) return;
    this.#peers = new PeerLinks({
      identity: options.peer,
      clients: () => this.#sessions.all(),
      // Only own clients: a dial never travels over two links.
      dial: (clientKey, protocol, address) => this.#sessions.pick(clientKey).dial(protocol, address),
      logger: this.#logger,
      ticker: options.ticker,
    });
  }

  /** Takes an `upgrade` event of an http(s) server. Agents of Rancher send headers of 4 to 8 KiB and more. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ignore = (): void => undefined;
    socket.on('error', ignore);
    const problem = upgradeProblem(request);
    if (problem !== undefined) return refuseUpgrade(socket, 400, problem);
    const peerId = this.#peers?.authenticate(request);
    if (peerId !== undefined) {
      socket.off('error', ignore);
      this.#accept(request, socket, head, peerId, true);
      return;
    }
    this.#authorize(request).then(
      (authorization) => {
        if (this.#closed) return refuseUpgrade(socket, 503, 'server is closing');
        if (authorization === null) return refuseUpgrade(socket, 401, 'failed authentication');
        socket.off('error', ignore);
        this.#accept(request, socket, head, authorization.clientKey, false);
      },
      (error: unknown) => refuseUpgrade(socket, 400, error instanceof Error ? error.message : String(error)),
    );
  }

  /** Whether a client with this key is connected, here or at a peer. */
  hasSession(clientKey: string): boolean {
    return this.#sessions.has(clientKey) || this.#peers?.find(clientKey) !== undefined;
  }

  /** The keys of all clients that are connected here. */
  clients(): string[] {
    return this.#sessions.keys();
  }

  /**
   * Opens a stream through the newest live session of the key, or through a peer that has the client. A failure of
   * the far dial shows up as the connection's `error`; a far end that never answers shows up as nothing at all, so use
   * `setTimeout` or `setDeadline` on it. Throws {@link SessionNotFoundError}, or {@link InvalidAddressError} for what
   * must not be sent.
   */
  dial(clientKey: string, protocol: string, address: string): Connection {
    const allow = this.#options.allowDial ?? rancherAgentRule;
    if (!allow({ protocol, address }))
      throw new InvalidAddressError(`dialling ${protocol}/${address} is not allowed`);
    if (this.#sessions.has(clientKey)) return this.#sessions.pick(clientKey).dial(protocol, address);
    const link = this.#peers?.find(clientKey);
    if (link === undefined) throw new SessionNotFoundError(clientKey);
    return PeerLinks.dial(link, clientKey, protocol, address);
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

  /** Shares clients with another server: opens a link to it and accepts its link. Needs the option `peer`. */
  addPeer(peer: Peer): void {
    if (this.#peers === undefined) throw new TypeError('addPeer needs the option `peer`');
    this.#peers.add(peer);
  }

  /** Ends both links with a peer. */
  removePeer(id: string): void {
    this.#peers?.remove(id);
  }

  /** Totals since the server was made. `goMetrics` turns them into the Go library's counters. */
  stats(): TunnelStats {
    return this.#stats.total(this.#sessions.all());
  }

  /** All sessions and connections as they are right now, for people. */
  debugInfo(): SessionInfo[] {
    return [...this.#sessions.all()].map(describeSession);
  }

  /** Accepts nobody any more and ends all sessions gracefully. Resolves when their sockets are closed. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#peers?.close();
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

  #accept(request: IncomingMessage, socket: Duplex, head: Buffer, clientKey: string, isPeer: boolean): void {
    acceptUpgrade(request, socket);
    if (head.length > 0) socket.unshift(head);
    const { ticker, onConnect } = this.#options;
    const session: Session = new Session(new WebSocketTransport(socket, 'none'), {
      role: 'server',
      clientKey,
      sessionKey: randomSessionKey(),
      onEnd: (error) => (isPeer ? this.#peers?.ended(session) : this.#onEnd(session, error)),
      ...(isPeer && { onClientMessage: (type, text) => this.#peers?.learn(session, type, text) }),
      ...(!isPeer &&
        onConnect && { onConnect: (connection, dial) => onConnect(connection, dial, clientKey) }),
      ...(ticker && { ticker }),
    });
    if (isPeer) this.#peers?.accepted(session);
    else this.#onOpen(session);
  }

  #onOpen(session: Session): void {
    const { clientKey, sessionKey } = session;
    this.#sessions.add(session);
    this.#stats.opened();
    this.#peers?.announce('AddClient', session);
    this.#logger.info({ clientKey, sessionId: sessionKey }, 'tunnel session opened');
    this.emit('session', clientKey, sessionKey);
  }

  #onEnd(session: Session, error: Error | undefined): void {
    const { clientKey, sessionKey } = session;
    this.#sessions.remove(session);
    this.#stats.ended(session);
    this.#peers?.announce('RemoveClient', session);
    this.#logger.info({ clientKey, sessionId: sessionKey, err: error }, 'tunnel session ended');
    this.emit('sessionEnd', clientKey, sessionKey, error);
  }
}

/** A random 63-bit number in decimals, as Go servers use; a string because it exceeds 2^53. */
function randomSessionKey(): string {
  return (randomBytes(8).readBigUInt64LE() >> 1n).toString();
}
