import type { ServerResponse } from 'node:http';
import { seenAs } from '../registry/registry.js';
import type { Selection } from '../registry/selection.js';
import type { Change, ChangeType } from '../store/change.js';
import type { ChangeListener, ClusterStore } from '../store/cluster-store.js';
import { revisionIn } from '../store/text.js';
import type { HttpEnvironment } from './environment.js';
import type { Exchange } from './exchange.js';
import type { Renderer } from './render.js';

let lastId = 0;

/** One open watch. Idle, it is this record, its entry in the shared queue and node's request and response. */
export class WatchStream implements ChangeListener {
  readonly #id = `watch-${(lastId += 1)}`;
  readonly #response: ServerResponse;
  readonly #endsAt: number;
  #closed = false;

  constructor(
    private readonly exchange: Exchange,
    private readonly store: ClusterStore,
    private readonly storage: string,
    private readonly selection: Selection,
    private readonly renderer: Renderer,
    private readonly environment: HttpEnvironment,
    private readonly bookmarks: boolean,
    private readonly onClose: (stream: WatchStream) => void,
    timeoutMs: number,
  ) {
    this.#response = exchange.response;
    this.#endsAt = environment.now() + timeoutMs;
    this.#response.on('close', () => this.#dispose());
    store.addListener(storage, this);
    this.#schedule();
  }

  /** Sends a piece of the stream; a client that doesn't read is cut off, so that it holds up no one else. */
  write(data: string | Buffer): void {
    if (this.#closed || data.length === 0) return;
    this.exchange.bytes += data.length;
    this.#response.write(data);
    if (this.#response.writableLength <= this.environment.limits.maxWatchBufferBytes) return;
    this.#response.destroy();
    // At once, not with the event that follows: a write to a destroyed response would be an error.
    this.#dispose();
  }

  onChange(change: Change): void {
    const data = this.encode(change);
    if (data !== undefined) this.write(data);
  }

  /** The line for a change; undefined if the watcher isn't concerned. Equal lines are made once for all watchers. */
  encode(change: Change): Buffer | undefined {
    const type = seenAs(this.selection, change);
    if (type === undefined) return undefined;
    const { flavour } = this.renderer;
    // An object that leaves the selection is shown as it last was in it, with the version of the change.
    const left = type === 'DELETED' && change.type !== 'DELETED';
    const make = (): string => {
      const text = left ? revisionIn(change.previous ?? change.text, change.revision) : change.text;
      return eventLine(type, this.renderer.event(text));
    };
    if (flavour === undefined) return Buffer.from(make());
    return change.encoded(`${left ? 'LEFT' : type} ${flavour}`, make);
  }

  /** The watch's turn in the shared queue: a bookmark, or its end. */
  onTimer(): void {
    if (this.#closed) return;
    if (this.environment.now() >= this.#endsAt) {
      this.end();
      return;
    }
    if (this.bookmarks) this.write(eventLine('BOOKMARK', this.renderer.bookmark(this.store.revision, false)));
    this.#schedule();
  }

  /** Ends the stream in good order, as at its timeout. */
  end(): void {
    if (this.#closed) return;
    this.#response.end();
    this.#dispose();
  }

  #schedule(): void {
    const left = this.#endsAt - this.environment.now();
    const delay = this.bookmarks ? Math.min(left, this.environment.limits.bookmarkIntervalMs) : left;
    this.environment.watchTimers.add(this.#id, this, delay);
  }

  #dispose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.store.removeListener(this.storage, this);
    this.environment.watchTimers.remove(this.#id);
    this.onClose(this);
  }
}

/** One line of a watch: `metav1.WatchEvent`. */
export function eventLine(type: ChangeType | 'BOOKMARK' | 'ERROR', object: string): string {
  return `{"type":"${type}","object":${object}}\n`;
}
