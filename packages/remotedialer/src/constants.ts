/**
 * Numbers of the protocol. Those marked "Go" must match github.com/rancher/remotedialer (types.go, connection.go,
 * readbuffer.go), because the other end acts on them.
 */

/** A client sends a WebSocket ping this often (Go: `PingWriteInterval`). */
export const PING_INTERVAL_MS = 5_000;

/** An end that hears nothing for this long drops the session (Go: `PingWaitDuration`). */
export const READ_DEADLINE_MS = 60_000;

/** A client sends SyncConnections this often (Go: `SyncConnectionsInterval`). */
export const SYNC_INTERVAL_MS = 60_000;

/** The deadline field of Data and Connect: ignored since v0.3.0, used as milliseconds before, so always sent. */
export const DEADLINE_FIELD_MS = 15_000;

/** Longest `protocol/address` text a Go end reads (100 before v0.5.0); the rest is cut off silently. */
export const MAX_CONNECT_BYTES = 266;

/** Longest text of an Error, AddClient or RemoveClient that a Go end keeps. */
export const MAX_TEXT_BYTES = 100;

/** A read buffer that grows past this asks the other end to pause (Go: `MaxBuffer`). */
export const PAUSE_BYTES = 2 * 1024 * 1024;

/** A paused read buffer that shrinks below this asks for more (Go: `MaxBuffer/8`). */
export const RESUME_BYTES = 256 * 1024;

/** A peer that ignores Pause loses the connection (not the session) when this much is unread. */
export const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/** While a paused peer goes on sending, Pause is repeated after this many bytes: a Go end forgets it (facts §4 item 2). */
export const REPEAT_PAUSE_BYTES = 256 * 1024;

/** How long a Pause is obeyed before the peer is probed for a lost Resume (facts §4.1). */
export const PROBE_AFTER_MS = 1_000;

/** How long a probe waits for its Resume before the peer's own writer is let go again. */
export const PROBE_WAIT_MS = 300;

/** Longest payload of one Data message; a longer write is sent as several, so that other connections get their turn. */
export const MAX_DATA_BYTES = 64 * 1024;

/** Queued bytes at which a socket counts as saturated: connections then wait their turn, pings and pongs do not. */
export const SATURATION_BYTES = 512 * 1024;

/** Queued bytes at which a session is given up: the peer makes us answer but reads nothing. */
export const MAX_QUEUED_BYTES = 64 * 1024 * 1024;

/** Largest WebSocket message accepted. Go sets no limit; in practice messages stay below 1 MiB. */
export const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/** A dialled connection that is missing in a SyncConnections is kept this long: its Connect may still be on the wire. */
export const SYNC_GRACE_MS = 10_000;

/** How many ids beyond the highest seen one a `safe` SyncConnections lists, for Connects that are on the wire. */
export const SYNC_LOOKAHEAD = 256;
