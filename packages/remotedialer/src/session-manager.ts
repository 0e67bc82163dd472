import { SessionNotFoundError } from './errors.js';
import type { Session } from './session.js';

/** A session silent for longer than three pings is passed over while a livelier one of its key exists. */
const LIVELY_MS = 15_000;

/**
 * The sessions of a server, by client key; a key may have several, for example while an agent restarts.
 *
 * Unlike Go, which uses the oldest, dials go to the newest session that has lately shown life. After an unclean
 * restart of an agent the old session would else swallow every dial until its 60 s deadline (facts §4 item 17).
 */
export class SessionManager {
  readonly #byKey = new Map<string, Session[]>();

  add(session: Session): void {
    const sessions = this.#byKey.get(session.clientKey);
    if (sessions === undefined) this.#byKey.set(session.clientKey, [session]);
    else sessions.push(session);
  }

  remove(session: Session): void {
    const rest = this.of(session.clientKey).filter((other) => other !== session);
    if (rest.length === 0) this.#byKey.delete(session.clientKey);
    else this.#byKey.set(session.clientKey, rest);
  }

  has(clientKey: string): boolean {
    return this.of(clientKey).some((session) => !session.ended);
  }

  keys(): string[] {
    return [...this.#byKey.keys()];
  }

  /** The sessions of a key, oldest first. */
  of(clientKey: string): readonly Session[] {
    return this.#byKey.get(clientKey) ?? [];
  }

  *all(): Generator<Session> {
    for (const sessions of this.#byKey.values()) yield* sessions;
  }

  /** The session to dial through. Throws {@link SessionNotFoundError}. */
  pick(clientKey: string): Session {
    let best: Session | undefined;
    for (const session of [...this.of(clientKey)].reverse()) {
      if (session.ended) continue;
      if (session.now() - session.heardAt < LIVELY_MS) return session;
      if (best === undefined || session.heardAt > best.heardAt) best = session;
    }
    if (best === undefined) throw new SessionNotFoundError(clientKey);
    return best;
  }
}
