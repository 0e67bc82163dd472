import { Session, type SessionOptions } from '../session.js';
import { Ticker } from '../ticker.js';
import { ManualClock } from './manual-clock.js';
import {
  createTransportPair,
  type MemoryTransport,
  type MemoryTransportOptions,
} from './memory-transport.js';

/** Two sessions over memory, with a clock of their own. */
export interface SessionPair {
  readonly client: Session;
  readonly server: Session;
  readonly clientTransport: MemoryTransport;
  readonly serverTransport: MemoryTransport;
  readonly clock: ManualClock;
}

/** Makes a client and a server session that are joined in memory. */
export function createSessionPair(
  options: {
    client?: Omit<SessionOptions, 'role' | 'ticker'>;
    server?: Omit<SessionOptions, 'role' | 'ticker'>;
    transport?: MemoryTransportOptions;
  } = {},
): SessionPair {
  const clock = new ManualClock();
  const ticker = new Ticker(clock);
  const [clientTransport, serverTransport] = createTransportPair(options.transport);
  const client = new Session(clientTransport, { ...options.client, role: 'client', ticker });
  const server = new Session(serverTransport, {
    clientKey: 'alice',
    ...options.server,
    role: 'server',
    ticker,
  });
  return { client, server, clientTransport, serverTransport, clock };
}
