import { decodeMessage } from '../decode.js';
import { formatMessage, MessageType, type Message } from '../message.js';
import { Session, type SessionOptions } from '../session.js';
import { Ticker } from '../ticker.js';
import type { TransportHandler } from '../transport.js';
import { ManualClock } from './manual-clock.js';
import { createTransportPair, type MemoryTransport } from './memory-transport.js';

/** The other end of a session under test: sends any bytes, right or wrong, and writes down what it gets. */
export class RawPeer implements TransportHandler {
  /** Everything received so far. */
  readonly received: Message[] = [];
  /** True when the session under test has ended the transport. */
  closed = false;
  readonly transport: MemoryTransport;

  constructor(transport: MemoryTransport) {
    this.transport = transport;
    transport.handler = this;
  }

  /** Sends messages; they have arrived when this returns. */
  send(...messages: Uint8Array[]): void {
    for (const message of messages) this.transport.send(message);
    this.transport.deliver();
  }

  /** What was received since the last call, as lines such as `Error 2 "EOF"`. */
  take(): string[] {
    return this.received.splice(0).map(formatMessage);
  }

  /** All received payload bytes of one connection, joined. */
  data(connectionId: number): Buffer {
    const payloads = this.received.flatMap((message) =>
      message.type === MessageType.Data && message.connectionId === connectionId ? [message.payload] : [],
    );
    return Buffer.concat(payloads);
  }

  onMessage(bytes: Buffer): void {
    this.received.push(decodeMessage(bytes));
  }

  /** Never called: messages arrive whole in memory. */
  onMoreData(): void {}
  onLife(): void {}
  onDrain(): void {}
  onClose(): void {
    this.closed = true;
  }
}

/** A session with a {@link RawPeer} as its other end. */
export interface RawPair {
  readonly session: Session;
  readonly transport: MemoryTransport;
  readonly peer: RawPeer;
  readonly clock: ManualClock;
  readonly ticker: Ticker;
  /** Why the session ended; `undefined` while it lives or when it ended itself. */
  readonly end: { error?: Error | undefined; count: number };
}

/** Makes a session under test, by default a client's. */
export function createRawPair(options: Partial<SessionOptions> = {}): RawPair {
  const clock = new ManualClock();
  const ticker = new Ticker(clock);
  const [transport, peerTransport] = createTransportPair();
  const peer = new RawPeer(peerTransport);
  const end: RawPair['end'] = { count: 0 };
  const onEnd = (error?: Error): void => {
    end.error = error;
    end.count++;
  };
  const session = new Session(transport, { role: 'client', ticker, onEnd, ...options });
  return { session, transport, peer, clock, ticker, end };
}
