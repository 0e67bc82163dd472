import { MAX_CONNECT_BYTES, READ_DEADLINE_MS, SYNC_GRACE_MS, SYNC_INTERVAL_MS } from './constants.js';
import { Connection, type ConnectionOwner } from './connection.js';
import { SessionCounters } from './counters.js';
import { decodeMessage, isFromGo } from './decode.js';
import * as encode from './encode.js';
import {
  ConnectNotAllowedError,
  InvalidAddressError,
  ProtocolError,
  RemoteError,
  TimeoutError,
  TunnelDisconnectedError,
} from './errors.js';
import { MessageType, type ConnectMessage, type ErrorMessage, type Int64, type Message } from './message.js';
import { SeenIds } from './seen-ids.js';
import { sharedTicker, type Ticker, type TickerMember } from './ticker.js';
import type { Transport, TransportHandler } from './transport.js';

/** What the other end asks for. */
export interface ConnectRequest {
  /** Such as `tcp`. */
  readonly protocol: string;
  /** Such as `10.43.0.1:443`; for a handler in this process it may be any text. */
  readonly address: string;
  /** The connection's id on the wire. */
  readonly connectionId: number;
}

/**
 * Serves one dial of the other end. Called once per Connect; the handler owns the connection from then on. Data that
 * came right behind Connect is buffered in it. To fail the dial call `connection.destroy(new Error('dial tcp …'))`:
 * the message, cut to 100 bytes, goes to the other end. A throw does the same.
 */
export type ConnectHandler = (connection: Connection, request: ConnectRequest) => void;

/**
 * What a client lists in its SyncConnections:
 * - `safe`: its live connections and every id whose Connect may be on the wire, so that no dial is ever killed;
 * - `go`: its live connections only, as the Go client does. A Connect that is on the wire at that moment dies with
 *   `sync from client` at the server (facts §4 item 3).
 */
export type SyncMode = 'safe' | 'go';

export interface SessionOptions {
  /** `client`: opened the WebSocket; sends pings and SyncConnections, and dials with negative ids. */
  readonly role: 'client' | 'server';
  /** Names the session in its Errors and logs. @default 'client' */
  readonly clientKey?: string;
  /** Names the session in its Errors and logs. @default '0' */
  readonly sessionKey?: string;
  /** Serves the other end's dials; without it they are refused one by one. */
  readonly onConnect?: ConnectHandler;
  /** Called once when the session has ended, without an error when either end closed it in an orderly way. */
  readonly onEnd?: (error?: Error) => void;
  /** Told about AddClient and RemoveClient; throws {@link ProtocolError} to end the session. Default: ignore. */
  readonly onClientMessage?: (type: 'AddClient' | 'RemoveClient', text: string) => void;
  /** Sees every received message, for debugging; of a Data message that arrives in parts only the first. */
  readonly trace?: (message: Message) => void;
  /** Client only. @default 'safe' */
  readonly sync?: SyncMode;
  /** @default the one all sessions of this process share */
  readonly ticker?: Ticker;
}

/** One tunnel: many connections over one transport. Both ends use this class; `role` tells the difference. */
export class Session implements ConnectionOwner, TransportHandler, TickerMember {
  readonly clientKey: string;
  readonly sessionKey: string;
  readonly role: 'client' | 'server';
  readonly counters = new SessionCounters();
  readonly #transport: Transport;
  readonly #options: SessionOptions;
  readonly #ticker: Ticker;
  readonly #slot: number;
  readonly #connections = new Map<number, Connection>();
  readonly #seen = new SeenIds();
  /** Connections with Data to send, in the order of their turns. */
  #waiting: Set<Connection> | undefined;
  /** Connections that obey a Pause and have Data to send. */
  #watched: Set<Connection> | undefined;
  #watcher: TickerMember | undefined;
  #lastId: number;
  /** Whose Data came last: the rest of that message may follow. */
  #receiving: Int64 = 0;
  #ended = false;
  #endError: Error | undefined;
  #heard = false;
  #heardAt: number;
  #nextSyncAt: number;

  constructor(transport: Transport, options: SessionOptions) {
    this.role = options.role;
    this.clientKey = options.clientKey ?? 'client';
    this.sessionKey = options.sessionKey ?? '0';
    this.#transport = transport;
    this.#options = options;
    this.#ticker = options.ticker ?? sharedTicker;
    // Go servers count from 2. A client that dials counts down from -1, since both directions share one id table.
    this.#lastId = this.role === 'server' ? 1 : 0;
    this.#heardAt = this.now();
    this.#nextSyncAt = this.#heardAt + SYNC_INTERVAL_MS;
    this.#slot = this.#ticker.add(this);
    transport.handler = this;
  }

  /** How many connections are open. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** When the other end last gave a sign of life, on the ticker's clock; exact to 5 s. */
  get heardAt(): number {
    if (this.#heard) this.#hear(this.now());
    return this.#heardAt;
  }

  /** The open connections, for debugging. */
  connections(): Iterable<Connection> {
    return this.#connections.values();
  }

  /**
   * Asks the other end to dial. The connection is usable at once; a failure there shows up as its `error` later.
   * Throws {@link InvalidAddressError} for what the other end could not parse, which would end the whole session, and
   * {@link TunnelDisconnectedError} when the session has ended. A client must not dial a Go server unless that allows
   * it: the server would drop the session.
   */
  dial(protocol: string, address: string): Connection {
    if (this.#ended) throw new TunnelDisconnectedError();
    checkAddress(protocol, address);
    this.#lastId += this.role === 'server' ? 1 : -1;
    const connection = this.#add(this.#lastId, protocol, address);
    this.#transport.send(encode.encodeConnect(connection.id, protocol, address));
    return connection;
  }

  /** Announces (or withdraws) a client of this server to a peer. */
  announce(type: 'AddClient' | 'RemoveClient', clientKey: string, sessionKey: string): void {
    const make = type === 'AddClient' ? encode.encodeAddClient : encode.encodeRemoveClient;
    this.#transport.send(make(clientKey, sessionKey));
  }

  /** Ends the session: an Error for each open connection, then the socket is closed once all is written. */
  close(): void {
    if (this.#ended) return;
    for (const id of this.#connections.keys()) this.#sendError(id, 'tunnel disconnect');
    this.#end(undefined);
    this.#transport.close();
  }

  /** Ends the session at once, without a word to the other end. */
  destroy(error?: Error): void {
    this.#end(error);
    this.#transport.terminate(error);
  }

  // What the transport calls.

  onMessage(bytes: Buffer): void {
    if (this.#ended) return;
    this.#heard = true;
    try {
      this.#handle(decodeMessage(bytes), bytes);
    } catch (error) {
      this.destroy(error instanceof Error ? error : new ProtocolError(String(error)));
    }
  }

  onMoreData(payload: Buffer): void {
    if (this.#ended) return;
    this.#heard = true;
    const connection = this.#find(this.#receiving);
    if (connection !== undefined) this.#receive(connection, payload);
  }

  onLife(): void {
    this.#hear(this.now());
  }

  onDrain(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    for (const connection of waiting) {
      if (this.#transport.saturated) return;
      waiting.delete(connection);
      // Back to the end of the line: one message per turn.
      if (connection.flush()) waiting.add(connection);
    }
  }

  onClose(error?: Error): void {
    this.#end(error);
    this.#options.onEnd?.(this.#endError ?? error);
  }

  // What the ticker calls.

  tick(now: number, lateMs: number): void {
    if (this.#heard) this.#hear(now - lateMs);
    // After a stall of this process the signs of life are still unread in the socket: they get until the next tick.
    if (lateMs < 1_000 && now - this.#heardAt >= READ_DEADLINE_MS) {
      this.destroy(new TimeoutError(`no sign of life from the other end for ${READ_DEADLINE_MS / 1000} s`));
      return;
    }
    if (this.role !== 'client') return;
    this.#transport.ping();
    if (now < this.#nextSyncAt) return;
    this.#nextSyncAt = now + SYNC_INTERVAL_MS;
    this.#sendSync();
  }

  // What connections call.

  get congested(): boolean {
    return (this.#waiting !== undefined && this.#waiting.size > 0) || this.#transport.saturated;
  }

  now(): number {
    return this.#ticker.now();
  }

  sendData(connection: Connection, payload: Buffer, onSent?: () => void): void {
    this.counters.bytesSent += payload.length;
    this.#transport.send(encode.encodeDataHeader(connection.id), payload, onSent);
  }

  sendPause(connection: Connection): void {
    this.counters.pausesSent++;
    this.#transport.send(encode.encodePause(connection.id));
  }

  sendResume(connection: Connection): void {
    this.#transport.send(encode.encodeResume(connection.id));
  }

  enqueue(connection: Connection): void {
    (this.#waiting ??= new Set()).add(connection);
    if (!this.#transport.saturated) this.onDrain();
  }

  watch(connection: Connection): void {
    (this.#watched ??= new Set()).add(connection);
    this.#watcher ??= { tick: (now) => this.#probe(now) };
    this.#ticker.watch(this.#watcher);
  }

  release(connection: Connection, text: string | undefined): void {
    this.#waiting?.delete(connection);
    this.#watched?.delete(connection);
    // A reused id belongs to the newer connection.
    if (this.#connections.get(connection.id) !== connection) return;
    this.#connections.delete(connection.id);
    this.counters.connectionsClosed++;
    if (text !== undefined) this.#sendError(connection.id, text);
  }

  #handle(message: Message, bytes: Buffer): void {
    this.#options.trace?.(message);
    switch (message.type) {
      case MessageType.Data:
        return this.#onData(message.connectionId, message.payload);
      case MessageType.Connect:
        return this.#onConnect(message);
      case MessageType.Error:
        return this.#onError(message);
      case MessageType.Pause:
        this.counters.pausesReceived++;
        return this.#find(message.connectionId)?.receivePause(isFromGo(bytes));
      case MessageType.Resume:
        return this.#find(message.connectionId)?.receiveResume();
      case MessageType.SyncConnections:
        return this.#onSync(message.connectionIds);
      case MessageType.AddClient:
        return this.#options.onClientMessage?.('AddClient', message.text);
      case MessageType.RemoveClient:
        return this.#options.onClientMessage?.('RemoveClient', message.text);
    }
  }

  #onData(id: Int64, payload: Buffer): void {
    this.#receiving = id;
    const connection = this.#find(id);
    if (connection !== undefined) {
      this.#receive(connection, payload);
      return;
    }
    // Late Data of a connection that was closed here is normal; the other end has our Error by now or soon.
    if (this.#wasKnown(id) || this.#transport.saturated) return;
    this.#sendError(id, `connection not found ${this.clientKey}/${this.sessionKey}/${id}`);
  }

  #receive(connection: Connection, payload: Buffer): void {
    this.counters.bytesReceived += payload.length;
    connection.receive(payload);
  }

  #onConnect({ connectionId: id, protocol, address }: ConnectMessage): void {
    if (typeof id !== 'number') {
      this.#sendError(id, 'connection id out of range');
      return;
    }
    const existing = this.#connections.get(id);
    if (existing !== undefined) {
      // Both ends dialled with one id, or one used it twice. Bytes of two streams must never mix, so both go.
      existing.destroy(new ProtocolError('connection id is already in use'));
      return;
    }
    this.#seen.add(id);
    const connection = this.#add(id, protocol, address);
    const onConnect = this.#options.onConnect;
    // A Go end would drop the whole session; the protocol allows to refuse just this dial.
    if (onConnect === undefined) {
      connection.destroy(new ConnectNotAllowedError());
      return;
    }
    try {
      onConnect(connection, { protocol, address, connectionId: id });
    } catch (error) {
      connection.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #onError(message: ErrorMessage): void {
    this.#find(message.connectionId)?.receiveEnd(message.eof ? undefined : new RemoteError(message.text));
  }

  #onSync(ids: readonly Int64[]): void {
    const alive = new Set(ids);
    const now = this.now();
    for (const connection of this.#connections.values()) {
      if (alive.has(connection.id)) continue;
      // Its Connect may have crossed the list on the wire.
      if (connection.bytesRead === 0 && now - connection.openedAt < SYNC_GRACE_MS) continue;
      this.counters.connectionsSynced++;
      // Unlike Go this tells the other end, whose half would else stay open (facts §4 item 3).
      connection.destroy(new RemoteError('sync from client'));
    }
  }

  #sendSync(): void {
    const isGo = this.#options.sync === 'go';
    if (!isGo && this.#seen.empty) return;
    const ids: Int64[] = [...this.#connections.keys()];
    if (!isGo) this.#seen.addMayComeNext(ids);
    this.#transport.send(encode.encodeSyncConnections(ids));
  }

  #sendError(id: Int64, text: string): void {
    const message = encode.encodeError(id, encode.cutText(text));
    this.counters.errorBytesSent += message.length;
    this.#transport.send(message);
  }

  #find(id: Int64): Connection | undefined {
    return typeof id === 'number' ? this.#connections.get(id) : undefined;
  }

  #wasKnown(id: Int64): boolean {
    if (typeof id !== 'number') return false;
    const ours = this.role === 'server' ? id > 1 && id <= this.#lastId : id < 0 && id >= this.#lastId;
    return ours || this.#seen.has(id);
  }

  #add(id: number, protocol: string, address: string): Connection {
    const connection = new Connection(this, id, protocol, address);
    this.#connections.set(id, connection);
    this.counters.connectionsOpened++;
    return connection;
  }

  #hear(now: number): void {
    this.#heard = false;
    this.#heardAt = now;
  }

  #probe(now: number): void {
    for (const connection of this.#watched ?? []) {
      if (!connection.probe(now)) this.#watched?.delete(connection);
    }
    if (this.#watched?.size === 0) this.#unwatch();
  }

  #unwatch(): void {
    if (this.#watcher !== undefined) this.#ticker.unwatch(this.#watcher);
  }

  /** Frees everything here before anything else: a dead socket must not hold up the end (facts §4 item 18). */
  #end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#endError = error;
    this.#ticker.remove(this, this.#slot);
    this.#unwatch();
    const options = error === undefined ? undefined : { cause: error };
    for (const connection of this.#connections.values())
      connection.receiveEnd(new TunnelDisconnectedError(options));
  }
}

function checkAddress(protocol: string, address: string): void {
  if (protocol === '' || protocol.includes('/')) {
    throw new InvalidAddressError(`the protocol must be a name without a slash: ${JSON.stringify(protocol)}`);
  }
  const bytes = Buffer.byteLength(protocol) + 1 + Buffer.byteLength(address);
  if (bytes > MAX_CONNECT_BYTES) {
    throw new InvalidAddressError(
      `protocol and address have ${bytes} bytes together; the other end reads ${MAX_CONNECT_BYTES}`,
    );
  }
}
