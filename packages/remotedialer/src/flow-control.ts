import {
  MAX_BUFFERED_BYTES,
  PAUSE_BYTES,
  PROBE_AFTER_MS,
  PROBE_WAIT_MS,
  REPEAT_PAUSE_BYTES,
  RESUME_BYTES,
} from './constants.js';

/** What to do after more bytes were buffered. */
export type BufferedAction = 'none' | 'sendPause' | 'overflow';

/** What to do when time has passed while paused: `startProbe` is Pause and a byte of Data, `letGo` is Resume. */
export type ProbeAction = 'none' | 'startProbe' | 'letGo';

/**
 * The Pause/Resume state of one connection, without any I/O.
 *
 * A Go end has a single flag for both directions and does not wake its own writer when it clears it (facts §4 item 1
 * and §4.1), so this end keeps two flags, answers a Resume that ended our pause with a Resume of its own, and probes
 * when the Resume it waits for seems lost. With nothing to send there is nothing to probe; then the Go end's writer,
 * which its own Pause holds, is let go. Else a Go program that forwards a stream from one tunnel to another could wait
 * for itself for ever: each of its readers for the other one's writer.
 *
 * ```
 *   writing:  free ──Pause──▶ held ──1 s, Data waits──▶ probing ──300 ms──▶ let go ──1 s, Data waits──▶ probing …
 *               ▲              └──────1 s, nothing to send────────────────────▲
 *               └──────────────────── Resume from any of them
 *   reading:  free ──over 2 MiB──▶ pausing ──under 256 KiB──▶ free      (over 16 MiB: overflow)
 * ```
 */
export class FlowControl {
  /** The other end asked us to stop. */
  peerPausedUs = false;
  /** We asked the other end to stop. */
  wePausedPeer = false;
  #phase: 'held' | 'probing' | 'letGo' = 'held';
  /** We answered a Resume; the next Pause may have crossed the answer. */
  #answered = false;
  /** The Pause we obey may have crossed an answer, which then cleared the flag of a Go end. */
  #doubtful = false;
  #bytesSincePause = 0;
  #changedAt = 0;

  /** After `added` bytes came in and `buffered` are unread. */
  buffered(buffered: number, added: number): BufferedAction {
    if (buffered <= PAUSE_BYTES) return 'none';
    if (buffered > MAX_BUFFERED_BYTES) return 'overflow';
    this.#bytesSincePause += added;
    if (this.wePausedPeer && this.#bytesSincePause < REPEAT_PAUSE_BYTES) return 'none';
    this.wePausedPeer = true;
    this.#bytesSincePause = 0;
    return 'sendPause';
  }

  /** After reading left `buffered` bytes. True when a Resume has to be sent. */
  drained(buffered: number): boolean {
    if (!this.wePausedPeer || buffered >= RESUME_BYTES) return false;
    this.wePausedPeer = false;
    this.#bytesSincePause = 0;
    return true;
  }

  /** On a Pause from the other end; `oneFlag` when that is a Go end. */
  paused(now: number, oneFlag = false): void {
    if (this.peerPausedUs) return;
    this.#doubtful = oneFlag && this.#answered;
    this.#answered = false;
    this.peerPausedUs = true;
    this.#phase = 'held';
    this.#changedAt = now;
  }

  /**
   * On a Resume from the other end. Returns whether to answer with a Resume, which must go out before any Data: a Go
   * writer sleeps until it gets one. No answer while we want the other end to stay paused, nor to a Resume that ended
   * nothing, so two ends with these rules never answer each other for ever.
   */
  resumed(): boolean {
    if (!this.peerPausedUs) return false;
    this.peerPausedUs = false;
    this.#answered = !this.wePausedPeer;
    return this.#answered;
  }

  /**
   * While there is something to send: whether to send Pause and a byte of Data at once, because the Pause we obey may
   * have crossed our answer to the Resume before it. A Go end would then have lost its flag and never send the next
   * Resume; the two messages set the flag again and make its reader look at it. True once per such Pause.
   */
  confirms(): boolean {
    const doubtful = this.#doubtful && this.peerPausedUs;
    this.#doubtful = false;
    return doubtful;
  }

  /** While paused: what is due. `waiting` tells whether there is something to send. */
  probe(now: number, waiting: boolean): ProbeAction {
    if (!this.peerPausedUs || (this.#phase === 'letGo' && !waiting)) return 'none';
    const probing = this.#phase === 'probing';
    if (now - this.#changedAt < (probing ? PROBE_WAIT_MS : PROBE_AFTER_MS)) return 'none';
    this.#changedAt = now;
    this.#phase = probing || !waiting ? 'letGo' : 'probing';
    return this.#phase === 'letGo' ? 'letGo' : 'startProbe';
  }

  /** Whether {@link probe} has to be called while there is nothing to send. */
  get mustLetGo(): boolean {
    return this.peerPausedUs && this.#phase !== 'letGo';
  }
}
