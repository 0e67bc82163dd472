import type { DelayingQueue } from '../delaying-queue.js';

/** What the HTTP layers of all clusters of an API server share. */
export interface HttpEnvironment {
  readonly now: () => number;
  readonly random: () => number;
  /** JSON of `/version`. */
  readonly versionText: string;
  /** 34 of `v1.34.1`. */
  readonly minorVersion: number;
  /** Ends watches and sends their bookmarks: one timer for all of them. */
  readonly watchTimers: DelayingQueue<{ onTimer(): void }>;
  readonly limits: HttpLimits;
  readonly logger?: { error(object: object, message: string): void };
}

export interface HttpLimits {
  /** A watcher that has so many bytes unread is told to begin anew (410), behind these, and gets no more. */
  maxWatchBufferBytes: number;
  /** It is cut off when it hasn't read all that after this time. */
  watchLingerMs: number;
  /** Open watches of a cluster; more are answered 429. */
  maxWatches: number;
  /**
   * Requests of a cluster that are being answered, without watches and other streams; more are answered 429, but for
   * members of `system:masters`, as by kube-apiserver (`WithMaxInFlightLimit`).
   */
  maxRequestsInFlight: number;
  /** Pause between bookmarks; twice that if there is nothing to tell. */
  bookmarkIntervalMs: number;
  /** Watches without timeoutSeconds end after this time, up to twice as long. */
  minWatchMs: number;
}

export const defaultHttpLimits: HttpLimits = {
  maxWatchBufferBytes: 8 << 20,
  watchLingerMs: 30_000,
  maxWatches: Infinity,
  maxRequestsInFlight: Infinity,
  bookmarkIntervalMs: 60_000,
  minWatchMs: 30 * 60_000,
};
