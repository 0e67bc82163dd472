/**
 * Carries whole protocol messages between two sessions, in order. The session is its only user; `WebSocketTransport`
 * is the real one, `./testing` has one in memory.
 */
export interface Transport {
  /** Set by the session before anything arrives. */
  handler: TransportHandler | undefined;
  /** True while so much is queued that Data should wait; `onDrain` follows. Control messages go out regardless. */
  readonly saturated: boolean;
  /**
   * Queues one message made of `head` and `payload`, and never blocks. The payload is not copied where that can be
   * avoided, so its bytes must not change before `onSent` is called: at once when they were copied, else when the
   * system has taken them, or when the transport ended.
   */
  send(head: Uint8Array, payload?: Uint8Array, onSent?: () => void): void;
  /** Sends a WebSocket ping. */
  ping(): void;
  /**
   * Ends in an orderly way that the other end can see, after what is queued has been handed to the system or after a
   * second, without waiting for the other end; then `onClose()`.
   */
  close(): void;
  /** Ends now; then `onClose(error)`. */
  terminate(error?: Error): void;
}

/** What a transport tells its session. */
export interface TransportHandler {
  /** One whole message arrived; or the beginning of a Data message with its header, and the rest will follow. */
  onMessage(bytes: Buffer): void;
  /** More payload of the Data message that {@link onMessage} got last. Transports need not use this. */
  onMoreData(payload: Buffer): void;
  /** A ping or pong arrived. */
  onLife(): void;
  /** No longer saturated. */
  onDrain(): void;
  /** The end; called once. `error` is absent when either end closed it in an orderly way. */
  onClose(error?: Error): void;
}
