import type { ClusterStore } from '../store/cluster-store.js';
import type { HttpEnvironment } from './environment.js';
import type { WatchStream } from './watch-stream.js';

let lastId = 0;

/**
 * The open watches of a cluster. They get their bookmarks together, so that these share the system call of the tunnel
 * or connection that carries them. One that says nothing new is left out every other time: the API promises no
 * interval (kubernetes.io, API concepts, watch bookmarks).
 */
export class OpenWatches {
  readonly #id = `bookmarks-${(lastId += 1)}`;
  readonly #streams = new Set<WatchStream>();
  /** The version that the last bookmarks told. */
  #told = -1;

  constructor(
    private readonly store: ClusterStore,
    private readonly environment: HttpEnvironment,
  ) {}

  get size(): number {
    return this.#streams.size;
  }

  add(stream: WatchStream): void {
    if (this.#streams.size === 0) this.#schedule();
    this.#streams.add(stream);
  }

  delete(stream: WatchStream): void {
    if (this.#streams.delete(stream) && this.#streams.size === 0)
      this.environment.watchTimers.remove(this.#id);
  }

  /** Ends all of them in good order. */
  end(): void {
    for (const stream of this.#streams) stream.end();
  }

  /** Their turn in the shared queue. */
  onTimer(): void {
    const { revision } = this.store;
    if (revision === this.#told) {
      this.#told = -1;
    } else {
      this.#told = revision;
      for (const stream of this.#streams) stream.sendBookmark();
    }
    if (this.#streams.size > 0) this.#schedule();
  }

  #schedule(): void {
    this.environment.watchTimers.add(this.#id, this, this.environment.limits.bookmarkIntervalMs);
  }
}
