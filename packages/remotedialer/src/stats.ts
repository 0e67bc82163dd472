import type { Connection } from './connection.js';
import { SessionCounters } from './counters.js';
import type { Session } from './session.js';

/** Totals of a server since it was made; all but the last two only grow. */
export interface TunnelStats extends Readonly<SessionCounters> {
  readonly sessionsOpened: number;
  readonly sessionsEnded: number;
  readonly sessions: number;
  readonly connections: number;
}

/** Adds up sessions, living and ended, so that totals never shrink and need no label per client. */
export class StatsKeeper {
  readonly #ended = new SessionCounters();
  #sessionsOpened = 0;
  #sessionsEnded = 0;

  opened(): void {
    this.#sessionsOpened++;
  }

  ended(session: Session): void {
    this.#sessionsEnded++;
    addTo(this.#ended, session.counters);
  }

  total(living: Iterable<Session>): TunnelStats {
    const sum = new SessionCounters();
    addTo(sum, this.#ended);
    let sessions = 0;
    let connections = 0;
    for (const session of living) {
      addTo(sum, session.counters);
      sessions++;
      connections += session.connectionCount;
    }
    return {
      ...sum,
      sessionsOpened: this.#sessionsOpened,
      sessionsEnded: this.#sessionsEnded,
      sessions,
      connections,
    };
  }
}

function addTo(sum: SessionCounters, part: SessionCounters): void {
  for (const name of Object.keys(part) as (keyof SessionCounters)[]) sum[name] += part[name];
}

/**
 * The totals under the names of the Go library's Prometheus counters, for dashboards made for it. Without its labels:
 * one series per client and dialled address is more than a Prometheus should get.
 */
export function goMetrics(stats: TunnelStats): Record<string, number> {
  return {
    session_server_total_add_websocket_session: stats.sessionsOpened,
    session_server_total_remove_websocket_session: stats.sessionsEnded,
    session_server_total_add_connections: stats.connectionsOpened,
    session_server_total_remove_connections: stats.connectionsClosed,
    session_server_total_transmit_bytes: stats.bytesSent,
    session_server_total_transmit_error_bytes: stats.errorBytesSent,
    session_server_total_receive_bytes: stats.bytesReceived,
  };
}

/** What a connection looks like right now, for people. */
export interface ConnectionInfo {
  readonly id: number;
  readonly protocol: string;
  readonly address: string;
  readonly ageMs: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Bytes received and not read yet. */
  readonly unread: number;
  readonly flow: string;
}

/** What a session looks like right now, for people. */
export interface SessionInfo {
  readonly clientKey: string;
  readonly sessionKey: string;
  readonly role: 'client' | 'server';
  /** Since the last sign of life; exact to 5 s. */
  readonly silentMs: number;
  readonly counters: SessionCounters;
  readonly connections: readonly ConnectionInfo[];
}

/** Describes a session. */
export function describeSession(session: Session): SessionInfo {
  const now = session.now();
  return {
    clientKey: session.clientKey,
    sessionKey: session.sessionKey,
    role: session.role,
    silentMs: Math.round(now - session.heardAt),
    counters: { ...session.counters },
    connections: [...session.connections()].map((connection) => describeConnection(connection, now)),
  };
}

function describeConnection(connection: Connection, now: number): ConnectionInfo {
  const {
    id,
    protocol,
    address,
    bytesRead,
    bytesWritten,
    openedAt,
    readableLength: unread,
    flow,
  } = connection;
  return { id, protocol, address, ageMs: Math.round(now - openedAt), bytesRead, bytesWritten, unread, flow };
}
