import type { ServerResponse } from 'node:http';
import type { Encoding } from '../codec/encoding.js';
import { encodeWatchEvent } from '../codec/protobuf-encode.js';
import { encodeSharedEvent } from '../codec/shared-event.js';
import { expired } from '../errors.js';
import type { KubeObject } from '../object.js';
import { seenAs } from '../registry/registry.js';
import type { Selection } from '../registry/selection.js';
import type { Change, ChangeType } from '../store/change.js';
import type { ChangeListener, ClusterStore } from '../store/cluster-store.js';
import { revisionIn } from '../store/text.js';
import type { HttpEnvironment } from './environment.js';
import type { Exchange } from './exchange.js';
import type { Renderer } from './render.js';

let lastId = 0;

/** About so much of the initial events is written at a time; more is made when the client has taken it. */
const CHUNK_CHARS = 256 << 10;

/** So many changes may wait for a client that hasn't taken the initial events yet; then it is told to begin anew. */
const MAX_WAITING = 10_000;

/** What a watch begins with. */
interface Backlog {
  readonly texts: readonly string[];
  /** How many of them are sent. */
  sent: number;
  /** Of the bookmark that marks their end, if there is to be one. */
  readonly bookmark: number | undefined;
  readonly changes: Change[];
}

/** One open watch. Idle, it is this record, its entry in the shared queue and node's request and response. */
export class WatchStream implements ChangeListener {
  readonly #id = `watch-${(lastId += 1)}`;
  readonly #response: ServerResponse;
  #closed = false;
  /** Until all of it is sent, changes wait behind it. */
  #backlog: Backlog | undefined;
  /** Changes up to this revision are none of this watch's. */
  #after = 0;

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
    this.#response.on('close', () => this.#onResponseClosed());
    store.addListener(storage, this);
    environment.watchTimers.add(this.#id, this, timeoutMs);
  }

  /** Sends a piece of the stream; a client that doesn't read gets no more, so that it holds up no one else. */
  write(data: string | Buffer): void {
    if (this.#closed || data.length === 0) return;
    this.exchange.bytes += data.length;
    this.#response.write(data);
    if (this.#response.writableLength > this.environment.limits.maxWatchBufferBytes) this.#overflow();
  }

  /** The end of a watch that has missed changes: it is told so behind what it has still to read, if it ever does. */
  #overflow(): void {
    const { encoding } = this.exchange.accepted;
    const { status } = expired('The resourceVersion for the provided watch is too old.');
    const last = eventFrame(encoding, 'ERROR', JSON.stringify(status));
    this.exchange.bytes += last.length;
    this.#response.end(last);
    this.#dispose();
    this.#backlog = undefined;
    this.environment.watchTimers.add(this.#id, this, this.environment.limits.watchLingerMs);
  }

  /**
   * Sends what is there already, piece by piece as the client takes it, so that a large list isn't all in the
   * buffer of a slow client at once.
   *
   * @param bookmark revision of the bookmark behind it; undefined for none
   */
  begin(texts: readonly string[], bookmark: number | undefined): void {
    this.#backlog = { texts, sent: 0, bookmark, changes: [] };
    this.#sendBacklog();
  }

  /** A watch from a version that is yet to come: it waits for it, as upstream's watch cache does. */
  ignoreUntil(revision: number): void {
    this.#after = revision;
  }

  onChange(change: Change): void {
    if (this.#backlog !== undefined) {
      this.#backlog.changes.push(change);
      if (this.#backlog.changes.length > MAX_WAITING) this.#overflow();
      return;
    }
    if (change.revision <= this.#after) return;
    const data = this.encode(change);
    if (data !== undefined) this.write(data);
  }

  #sendBacklog(): void {
    const backlog = this.#backlog;
    if (backlog === undefined || this.#closed) return;
    while (backlog.sent < backlog.texts.length) {
      const objects: string[] = [];
      for (let chars = 0; chars < CHUNK_CHARS && backlog.sent < backlog.texts.length; backlog.sent += 1) {
        const text = backlog.texts[backlog.sent] ?? '';
        objects.push(this.renderer.event(text));
        chars += text.length;
      }
      const data = eventFrames(this.exchange.accepted.encoding, 'ADDED', objects);
      this.exchange.bytes += data.length;
      if (this.#response.write(data) || backlog.sent === backlog.texts.length) continue;
      this.#response.once('drain', () => this.#sendBacklog());
      return;
    }
    this.#backlog = undefined;
    if (backlog.bookmark !== undefined) this.write(this.#bookmark(backlog.bookmark, true));
    for (const change of backlog.changes) this.onChange(change);
  }

  /** The line for a change; undefined if the watcher isn't concerned. Equal lines are made once for all watchers. */
  encode(change: Change): Buffer | undefined {
    const type = seenAs(this.selection, change);
    if (type === undefined) return undefined;
    const { flavour } = this.renderer;
    // An object that leaves the selection is shown as it last was in it, with the version of the change.
    const left = type === 'DELETED' && change.type !== 'DELETED';
    const { encoding } = this.exchange.accepted;
    const make = (): Buffer => {
      const text = left ? revisionIn(change.previous ?? change.text, change.revision) : change.text;
      return eventFrame(encoding, type, this.renderer.event(text));
    };
    if (flavour === undefined) return make();
    return change.encoded(`${left ? 'LEFT' : type} ${encoding} ${flavour}`, make);
  }

  /** Tells the client how far it is, if it asked for that and has all that was before. */
  sendBookmark(): void {
    if (!this.bookmarks || this.#backlog !== undefined) return;
    this.write(this.#bookmark(this.store.revision, false));
  }

  #bookmark(revision: number, initial: boolean): Buffer {
    // As initial events are: what stands behind the metadata is the same in all bookmarks of a kind.
    const object = this.renderer.bookmark(revision, initial);
    return eventFrames(this.exchange.accepted.encoding, 'BOOKMARK', [object]);
  }

  /** The watch's turn in the shared queue: its end, or that of a client that doesn't read. */
  onTimer(): void {
    if (this.#closed) {
      this.#response.destroy();
      return;
    }
    // So that the client's next watch begins as late as can be.
    this.sendBookmark();
    this.end();
  }

  /** Ends the stream in good order, as at its timeout. */
  end(): void {
    if (this.#closed) return;
    this.#response.end();
    this.#dispose();
  }

  #onResponseClosed(): void {
    this.environment.watchTimers.remove(this.#id);
    this.#dispose();
  }

  /** At once, not when the response is closed: there must be no write behind its end. */
  #dispose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.store.removeListener(this.storage, this);
    this.environment.watchTimers.remove(this.#id);
    this.onClose(this);
  }
}

type EventType = ChangeType | 'BOOKMARK' | 'ERROR';

/** One event of a watch, `metav1.WatchEvent`, around an object's JSON: a line of JSON, or a frame of protobuf. */
export function eventFrame(encoding: Encoding, type: EventType, object: string): Buffer {
  if (encoding === 'protobuf') return encodeWatchEvent(type, JSON.parse(object) as KubeObject);
  return Buffer.from(eventLine(type, object));
}

/** Several of them. */
function eventFrames(encoding: Encoding, type: EventType, objects: readonly string[]): Buffer {
  return encoding === 'protobuf'
    ? Buffer.concat(objects.map((object) => encodeSharedEvent(type, object)))
    : Buffer.from(objects.map((object) => eventLine(type, object)).join(''));
}

const eventLine = (type: EventType, object: string): string => `{"type":"${type}","object":${object}}\n`;
