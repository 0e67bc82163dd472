import type { KubeObject } from '@scale-cluster/memory-apiserver';
import type { WatchOptions } from '../backend/cluster-objects.js';
import { countedTypes, countObject } from './counts.js';
import type { FormatContext } from './resource.js';
import { objectId, toSteveOne } from './resource.js';
import { compareRevisions, revisionOf } from '../revision.js';
import type { SteveType } from './schemas.js';
import { schemaOf, typesOf } from './schemas.js';
import type { PrintTable, SteveCluster, SteveObject, SubscribeMessage } from './types.js';

/** What a stream of events needs to know. */
export interface WatchEnvironment {
  readonly cluster: SteveCluster;
  readonly base: string;
  readonly printTable: PrintTable;
  readonly now: () => number;
}

/** The source of one stream. `open()` is called once, after `resource.start` has been sent. */
export interface Watched {
  open(): void;
  close(): void;
}

export type Emit = (name: string, fields: SteveObject) => void;

const eventNames = {
  ADDED: 'resource.create',
  MODIFIED: 'resource.change',
  DELETED: 'resource.remove',
} as const;

/** Changes of counts are gathered for this long (steve `pkg/resources/counts/buffer.go`). */
const countsIntervalMs = 5_000;

/** Default of `debounceMs` (rancher/apiserver `pkg/subscribe`). */
const defaultDebounceMs = 5_000;

/** Events of one Kubernetes type, whole objects or (mode `resource.changes`) only the fact. */
export class WatchedResources implements Watched {
  #watch: { close(): void } | undefined;
  readonly #debounced: Debounced | undefined;
  #latest: string;

  constructor(
    private readonly environment: WatchEnvironment,
    private readonly type: SteveType,
    private readonly message: SubscribeMessage,
    private readonly emit: Emit,
  ) {
    this.#latest = message.resourceVersion ?? '';
    if (message.mode !== 'resource.changes') return;
    const intervalMs = message.debounceMs ?? defaultDebounceMs;
    this.#debounced = new Debounced(intervalMs, () => emit('resource.changes', { revision: this.#latest }));
  }

  open(): void {
    const { objects } = this.environment.cluster;
    const { storage } = this.type.resource;
    const { namespace, selector, resourceVersion = '' } = this.message;
    const options: WatchOptions = {
      // What has changed since the client's list.
      since: /^\d+$/.test(resourceVersion) ? { resourceVersion } : 'now',
      ...(namespace === undefined || namespace === '' ? {} : { namespace }),
      ...(selector === undefined || selector === '' ? {} : { labelSelector: selector }),
    };
    this.#watch = objects.watch(storage, options, (event, object) => this.#pass(eventNames[event], object));
  }

  close(): void {
    this.#watch?.close();
    this.#debounced?.close();
  }

  #pass(name: string, object: KubeObject): void {
    const { id } = this.message;
    if (id !== undefined && id !== '' && objectId(object) !== id) return;
    const revision = revisionOf(object);
    if (this.#debounced === undefined) {
      this.emit(name, { revision, data: toSteveOne(this.type, object, this.#context()) });
      return;
    }
    if (compareRevisions(revision, this.#latest) > 0) this.#latest = revision;
    this.#debounced.trigger();
  }

  #context(): FormatContext {
    const { base, printTable, now } = this.environment;
    return { base, printTable, now: now() };
  }
}

/** The count resource: after changes, the counts of the types that changed. */
export class WatchedCounts implements Watched {
  readonly #watches: { close(): void }[] = [];
  readonly #changed = new Map<string, SteveType>();
  #closed = false;
  readonly #debounced: Debounced;

  constructor(
    private readonly environment: WatchEnvironment,
    private readonly emit: Emit,
  ) {
    this.#debounced = new Debounced(countsIntervalMs, () => this.#flush());
  }

  open(): void {
    const { cluster } = this.environment;
    for (const type of countedTypes(cluster)) {
      const watch = cluster.objects.watch(type.resource.storage, { since: 'now' }, () => {
        this.#changed.set(type.id, type);
        this.#debounced.trigger();
      });
      this.#watches.push(watch);
    }
  }

  close(): void {
    this.#closed = true;
    this.#debounced.close();
    for (const watch of this.#watches) watch.close();
  }

  #flush(): void {
    const { cluster, base } = this.environment;
    const types = [...this.#changed.values()];
    this.#changed.clear();
    countObject(cluster, types, base).then(
      (data) => {
        if (!this.#closed) this.emit('resource.change', { data });
      },
      // An API that is away for a moment: with the next change.
      () => {
        for (const type of types) this.#changed.set(type.id, type);
      },
    );
  }
}

const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const definitions = 'customresourcedefinitions.apiextensions.k8s.io';

/** Schemas that come and go with CustomResourceDefinitions. */
export class WatchedSchemas implements Watched {
  #watch: { close(): void } | undefined;
  #types: readonly SteveType[];
  #pending = false;
  #closed = false;

  constructor(
    private readonly environment: WatchEnvironment,
    private readonly emit: Emit,
  ) {
    this.#types = typesOf(environment.cluster.catalog).all;
  }

  open(): void {
    const { objects } = this.environment.cluster;
    this.#watch = objects.watch(definitions, { since: 'now' }, () => this.#compareSoon());
  }

  close(): void {
    this.#closed = true;
    this.#watch?.close();
  }

  /** After the event, when the catalog has followed it. */
  #compareSoon(): void {
    const { discovered = immediate } = this.environment.cluster;
    // Whoever waits gets what comes meanwhile as well.
    const waiting = discovered();
    if (this.#pending) return;
    this.#pending = true;
    void waiting.then(() => {
      this.#pending = false;
      if (!this.#closed) this.#compare();
    });
  }

  #compare(): void {
    const { cluster, base, printTable } = this.environment;
    const before = new Map(this.#types.map((type) => [type.id, type]));
    this.#types = typesOf(cluster.catalog).all;
    for (const type of this.#types) {
      const old = before.get(type.id);
      before.delete(type.id);
      if (old?.resource === type.resource) continue;
      const name = old === undefined ? 'resource.create' : 'resource.change';
      this.emit(name, { data: schemaOf(type, base, printTable) });
    }
    for (const type of before.values())
      this.emit('resource.remove', { data: schemaOf(type, base, printTable) });
  }
}

/** Runs at once for the first trigger, then at most once per interval, the last time after the last trigger. */
class Debounced {
  #timer: NodeJS.Timeout | undefined;
  #again = false;
  #closed = false;

  constructor(
    private readonly intervalMs: number,
    private readonly run: () => void,
  ) {}

  trigger(): void {
    if (this.#closed) return;
    if (this.#timer !== undefined) {
      this.#again = true;
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.trigger();
    }, this.intervalMs);
    this.#timer.unref();
    this.run();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}
