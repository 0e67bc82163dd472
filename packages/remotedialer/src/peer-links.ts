import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { bridge } from './bridge.js';
import type { Connection } from './connection.js';
import { ProtocolError, RemotedialerError } from './errors.js';
import type { Logger } from './logger.js';
import type { ConnectRequest, Session } from './session.js';
import type { Ticker } from './ticker.js';
import type { TunnelTlsOptions } from './tls-options.js';
import { TunnelClient } from './tunnel-client.js';

/** Who a server is towards its peers. */
export interface PeerIdentity {
  /** Its name, in Rancher the pod's IP address. */
  readonly id: string;
  /** The secret by which its peers know it. */
  readonly token: string;
}

/** Another server that has clients of its own. */
export interface Peer extends PeerIdentity {
  /** `ws:` or `wss:` URL of its tunnel endpoint. */
  readonly url: string;
  readonly tls?: TunnelTlsOptions;
}

interface PeerLinksOptions {
  readonly identity: PeerIdentity;
  /** All sessions of own clients, which are announced to each peer. */
  readonly clients: () => Iterable<Session>;
  /** Dials through an own client, for a peer. */
  readonly dial: (clientKey: string, protocol: string, address: string) => Connection;
  readonly logger: Logger;
  readonly ticker?: Ticker | undefined;
}

const ID_HEADER = 'X-API-Tunnel-ID';
const TOKEN_HEADER = 'X-API-Tunnel-Token';
/** Between a client's key and the protocol in a dial that goes through a peer. */
const SEPARATOR = '::';

/**
 * The links between servers that share their clients (Go: peer.go). Each server opens a link to each other one and
 * announces its clients on it; the accepting end dials through the link, with `clientKey::protocol` as the protocol.
 */
export class PeerLinks {
  readonly #options: PeerLinksOptions;
  readonly #peers = new Map<string, { peer: Peer; link: TunnelClient }>();
  /** Links that peers have opened, with what they announced: client key to session keys. */
  readonly #accepted = new Map<Session, Map<string, Set<string>>>();

  constructor(options: PeerLinksOptions) {
    this.#options = options;
  }

  /** Opens a link to a peer and accepts one from it. Replaces the peer with the same id. */
  add(peer: Peer): void {
    this.remove(peer.id);
    const { identity, logger, ticker } = this.#options;
    const link = new TunnelClient({
      endpoint: () => ({
        url: peer.url,
        headers: { [ID_HEADER]: identity.id, [TOKEN_HEADER]: identity.token },
      }),
      onConnect: (connection, request) => this.#serve(connection, request),
      logger,
      ...(peer.tls && { tls: peer.tls }),
      ...(ticker && { ticker }),
    });
    link.on('connected', () => {
      for (const { clientKey, sessionKey } of this.#options.clients()) {
        link.session?.announce('AddClient', clientKey, sessionKey);
      }
    });
    this.#peers.set(peer.id, { peer, link });
    link.start();
  }

  /** Ends both links with a peer. */
  remove(id: string): void {
    this.#peers.get(id)?.link.destroy();
    this.#peers.delete(id);
    for (const session of this.#accepted.keys()) {
      if (session.clientKey === id) session.close();
    }
  }

  /** The id of the peer that sends this request, if it is one and its token is right. */
  authenticate(request: IncomingMessage): string | undefined {
    const id = request.headers[ID_HEADER.toLowerCase()];
    const token = request.headers[TOKEN_HEADER.toLowerCase()];
    if (typeof id !== 'string' || typeof token !== 'string') return undefined;
    const known = this.#peers.get(id)?.peer.token;
    return known !== undefined && sameSecret(known, token) ? id : undefined;
  }

  /** A peer's link was accepted. */
  accepted(session: Session): void {
    this.#accepted.set(session, new Map());
  }

  /** A peer's link has ended. */
  ended(session: Session): void {
    this.#accepted.delete(session);
  }

  /** Tells all peers about an own client that came or went. */
  announce(type: 'AddClient' | 'RemoveClient', { clientKey, sessionKey }: Session): void {
    for (const { link } of this.#peers.values()) link.session?.announce(type, clientKey, sessionKey);
  }

  /** Takes an announcement from a peer. Throws {@link ProtocolError} for a malformed one, as Go does. */
  learn(session: Session, type: 'AddClient' | 'RemoveClient', text: string): void {
    const [clientKey = '', sessionKey] = splitFirst(text, '/');
    if (sessionKey === undefined || !/^-?\d+$/.test(sessionKey))
      throw new ProtocolError(`${type}: not / separated`);
    const clients = this.#accepted.get(session);
    const keys = clients?.get(clientKey);
    if (type === 'AddClient') {
      if (keys === undefined) clients?.set(clientKey, new Set([sessionKey]));
      else keys.add(sessionKey);
    } else if (keys?.delete(sessionKey) === true && keys.size === 0) {
      clients?.delete(clientKey);
    }
  }

  /** A link through which a client can be dialled. */
  find(clientKey: string): Session | undefined {
    for (const [session, clients] of this.#accepted) {
      if (!session.ended && clients.has(clientKey)) return session;
    }
    return undefined;
  }

  /** Dials a peer's client through its link. */
  static dial(link: Session, clientKey: string, protocol: string, address: string): Connection {
    return link.dial(`${clientKey}${SEPARATOR}${protocol}`, address);
  }

  async close(): Promise<void> {
    const links = [...this.#peers.values()];
    this.#peers.clear();
    for (const session of this.#accepted.keys()) session.close();
    await Promise.all(links.map(({ link }) => link.close()));
  }

  /** A peer dials one of our clients. */
  #serve(connection: Connection, { protocol, address }: ConnectRequest): void {
    const [clientKey = '', inner] = splitFirst(protocol, SEPARATOR);
    if (inner === undefined) {
      throw new RemotedialerError('ERR_RD_INVALID_ADDRESS', `invalid clientKey/proto: ${protocol}`);
    }
    bridge(connection, this.#options.dial(clientKey, inner, address));
  }
}

function splitFirst(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function sameSecret(left: string, right: string): boolean {
  const digest = (secret: string): Buffer => createHash('sha256').update(secret).digest();
  return timingSafeEqual(digest(left), digest(right));
}
