import { outOfSpace } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ChangeType } from './change.js';
import { Change } from './change.js';
import type { ClusterBase } from './cluster-base.js';
import type { EventLogLimits } from './event-log.js';
import { defaultEventLogLimits, EventLog } from './event-log.js';
import type { ClusterIdentity } from './identity.js';
import { lowerBound, namespacePrefix, objectKey } from './key.js';
import type { StoreLimits } from './store-limits.js';
import { defaultStoreLimits } from './store-limits.js';
import { objectText, storedText } from './text.js';

/** One write in the form that a caller keeps on disk and gives back after a restart. */
export interface JournalEntry {
  storage: string;
  namespace: string;
  name: string;
  revision: number;
  /** JSON without `kind` and `apiVersion`; null when the object was deleted. */
  json: string | null;
}

export interface ChangeListener {
  onChange(change: Change): void;
}

export interface ClusterStoreOptions {
  base: ClusterBase;
  identity: ClusterIdentity;
  /** The first write gets a larger revision. */
  startRevision: number;
  restore?: Iterable<JournalEntry>;
  now: () => number;
  /** Called after the listeners, once per change. */
  onChange?: (change: Change) => void;
  eventLog?: EventLogLimits;
  limits?: StoreLimits;
}

/** What a cluster has changed of its base in one storage. */
interface Overlay {
  /** null hides the base object of that key. */
  readonly texts: Map<string, string | null>;
  /** Sorted keys of {@link texts}; made when a list needs it, dropped when a key comes or goes. */
  sorted: string[] | undefined;
  /** Own objects minus hidden base objects. */
  surplus: number;
}

/**
 * The objects of one cluster: a shared base and what the cluster has changed of it. Values are JSON texts (see
 * text.ts), parsed only when someone needs a field. All writes get a revision from one counter.
 */
export class ClusterStore {
  readonly base: ClusterBase;
  readonly identity: ClusterIdentity;
  readonly #overlays = new Map<string, Overlay>();
  readonly #listeners = new Map<string, Set<ChangeListener>>();
  readonly #log: EventLog;
  readonly #limits: StoreLimits;
  readonly #now: () => number;
  readonly #onChange: ((change: Change) => void) | undefined;
  /** Changes not yet handed out, because a listener is being called: it may write itself. */
  readonly #pending: Change[] = [];
  #dispatching = false;
  /** All objects, those of the base included. */
  #objects: number;
  /** Of the texts of own objects. */
  #chars = 0;
  #revision: number;

  constructor(options: ClusterStoreOptions) {
    this.base = options.base;
    this.identity = options.identity;
    this.#now = options.now;
    this.#onChange = options.onChange;
    this.#limits = options.limits ?? defaultStoreLimits;
    this.#objects = options.base.size;
    this.#revision = Math.max(options.startRevision, options.identity.baseRevision + options.base.size);
    for (const entry of options.restore ?? []) this.#restore(entry);
    this.#log = new EventLog(this.#revision, options.eventLog ?? defaultEventLogLimits);
  }

  /** The revision of the latest write. */
  get revision(): number {
    return this.#revision;
  }

  /** Watches can resume from this revision or a later one. */
  get oldestRevision(): number {
    return this.#log.startRevision;
  }

  /** The object's text, or undefined. */
  read(storage: string, key: string): string | undefined {
    const own = this.#overlays.get(storage)?.texts.get(key);
    if (own !== undefined) return own ?? undefined;
    return this.base.find(storage, key, this.identity)?.render(this.identity);
  }

  has(storage: string, key: string): boolean {
    const own = this.#overlays.get(storage)?.texts.get(key);
    if (own !== undefined) return own !== null;
    return this.base.find(storage, key, this.identity) !== undefined;
  }

  count(storage: string, namespace?: string): number {
    if (namespace !== undefined) return this.keys(storage, namespace).length;
    return this.base.count(storage) + (this.#overlays.get(storage)?.surplus ?? 0);
  }

  /** What the cluster has itself of a storage, null for what it hides of the base. */
  own(storage: string): Iterable<readonly [key: string, text: string | null]> {
    return this.#overlays.get(storage)?.texts ?? [];
  }

  /** All storages that have, or had, objects. */
  storages(): Set<string> {
    return new Set([...this.base.storages(), ...this.#overlays.keys()]);
  }

  objectCount(): number {
    return this.#objects;
  }

  /** Sorted keys of the storage, of one namespace if given. */
  keys(storage: string, namespace?: string): readonly string[] {
    const prefix = namespacePrefix(namespace);
    const base = range(this.base.keys(storage, this.identity), prefix);
    const overlay = this.#overlays.get(storage);
    if (overlay === undefined) return base;
    overlay.sorted ??= [...overlay.texts.keys()].sort();
    return merge(base, range(overlay.sorted, prefix), overlay.texts);
  }

  /**
   * Writes the object (sets its resourceVersion) and tells listeners. Answers the stored text. The object must not
   * be changed afterwards: listeners are given it. Throws ApiError, and writes nothing, when there is no space left.
   */
  put(storage: string, key: string, object: KubeObject): string {
    return this.#put(storage, key, object, true);
  }

  /** {@link put} of what belongs to a write that has been let through: it has space however full the cluster is. */
  putUnlimited(storage: string, key: string, object: KubeObject): string {
    return this.#put(storage, key, object, false);
  }

  #put(storage: string, key: string, object: KubeObject, limited: boolean): string {
    const previous = this.read(storage, key);
    const revision = this.#revision + 1;
    object.metadata.resourceVersion = String(revision);
    const text = objectText(object);
    // What is being deleted may grow on its way: a full cluster could not be emptied otherwise.
    if (limited && object.metadata.deletionTimestamp === undefined)
      this.#checkSpace(text, previous, this.#overlays.get(storage)?.texts.get(key));
    this.#revision = revision;
    this.#set(storage, key, text);
    this.#emit(previous === undefined ? 'ADDED' : 'MODIFIED', storage, key, text, previous, object);
    return text;
  }

  /** Removes the object; `last` is its final state, which watchers get. Does nothing when it isn't there. */
  remove(storage: string, key: string, last: KubeObject): void {
    const previous = this.read(storage, key);
    if (previous === undefined) return;
    const revision = (this.#revision += 1);
    last.metadata.resourceVersion = String(revision);
    this.#set(storage, key, null);
    this.#emit('DELETED', storage, key, objectText(last), previous, last);
  }

  addListener(storage: string, listener: ChangeListener): void {
    const listeners = this.#listeners.get(storage) ?? new Set();
    this.#listeners.set(storage, listeners);
    listeners.add(listener);
  }

  removeListener(storage: string, listener: ChangeListener): void {
    const listeners = this.#listeners.get(storage);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#listeners.delete(storage);
  }

  /**
   * Changes of a storage after the revision, oldest first; undefined when the log doesn't reach back so far.
   */
  changesSince(storage: string, revision: number): Change[] | undefined {
    if (revision < this.#log.startRevision) return undefined;
    const changes: Change[] = [];
    for (const change of this.#log.since(revision)) if (change.storage === storage) changes.push(change);
    return changes;
  }

  /** Drops old changes. Answers whether any are left, so whether to call again later. */
  trimLog(): boolean {
    return this.#log.trim(this.#now());
  }

  #restore({ storage, namespace, name, revision, json }: JournalEntry): void {
    this.#set(storage, objectKey(namespace, name), json === null ? null : storedText(json));
    this.#revision = Math.max(this.#revision, revision);
  }

  #checkSpace(text: string, previous: string | undefined, own: string | null | undefined): void {
    const { maxObjects, maxObjectChars } = this.#limits;
    if (previous === undefined && this.#objects >= maxObjects) throw outOfSpace();
    const growth = text.length - (own?.length ?? 0);
    if (growth > 0 && this.#chars + growth > maxObjectChars) throw outOfSpace();
  }

  #set(storage: string, key: string, text: string | null): void {
    let overlay = this.#overlays.get(storage);
    if (overlay === undefined) {
      overlay = { texts: new Map(), sorted: undefined, surplus: 0 };
      this.#overlays.set(storage, overlay);
    }
    const inBase = this.base.find(storage, key, this.identity) !== undefined;
    const old = overlay.texts.get(key);
    const existed = old === undefined ? inBase : old !== null;
    const more = (text === null ? 0 : 1) - (existed ? 1 : 0);
    overlay.surplus += more;
    this.#objects += more;
    this.#chars += (text?.length ?? 0) - (old?.length ?? 0);
    if (text === null && !inBase) {
      if (overlay.texts.delete(key)) overlay.sorted = undefined;
      return;
    }
    if (old === undefined) overlay.sorted = undefined;
    overlay.texts.set(key, text);
  }

  #emit(
    type: ChangeType,
    storage: string,
    key: string,
    text: string,
    previous: string | undefined,
    object: KubeObject,
  ): void {
    const change = new Change(type, storage, key, this.#revision, text, previous, this.#now(), object);
    this.#log.add(change);
    this.#pending.push(change);
    if (this.#dispatching) return;
    this.#dispatching = true;
    try {
      for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift())
        this.#dispatch(next);
    } finally {
      this.#dispatching = false;
    }
  }

  #dispatch(change: Change): void {
    for (const listener of this.#listeners.get(change.storage) ?? []) listener.onChange(change);
    this.#onChange?.(change);
    change.settle();
  }
}

/** The part of sorted keys that begin with the prefix. */
function range(keys: readonly string[], prefix: string): readonly string[] {
  if (prefix === '') return keys;
  const from = lowerBound(keys, prefix);
  let to = from;
  while (keys[to]?.startsWith(prefix) === true) to += 1;
  return keys.slice(from, to);
}

/** Sorted union of both, without keys whose own text is null. */
function merge(
  base: readonly string[],
  own: readonly string[],
  texts: ReadonlyMap<string, string | null>,
): readonly string[] {
  const keys: string[] = [];
  let next = 0;
  for (const key of own) {
    for (let other = base[next]; other !== undefined && other <= key; other = base[next]) {
      if (other < key) keys.push(other);
      next += 1;
    }
    if (texts.get(key) !== null) keys.push(key);
  }
  for (; next < base.length; next += 1) keys.push(base[next] ?? '');
  return keys;
}
