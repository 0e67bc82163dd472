import { ApiError, isApiError, type KubeObject, type ResourceInfo } from '@scale-cluster/memory-apiserver';
import type { WatchEventType, WatchOptions } from '../cluster-objects.js';
import type { ApiConnection } from './api-connection.js';
import { queryText, resourcePath, selectorsOf } from './paths.js';

export interface ObjectWatchOptions {
  connection: ApiConnection;
  /** The row to watch; undefined while the server doesn't serve it, which is looked at again later. */
  resource: () => ResourceInfo | undefined;
  options: WatchOptions;
  onEvent: (type: WatchEventType, object: KubeObject) => void;
  /** 0 ≤ x < 1 */
  random: () => number;
}

/** Pauses after failures: full jitter between half of a step and the step. */
const pauseMs = { first: 500, most: 30_000 };

interface ListPage {
  metadata: { resourceVersion?: string };
  items: KubeObject[];
}

interface WatchLine {
  type: WatchEventType | 'BOOKMARK' | 'ERROR';
  object: KubeObject;
}

/**
 * Follows objects of one kind: a list, then a watch from its version on, again from the last version when the
 * connection ends, and a new list when the server no longer knows that version (410). What a new list shows to be gone
 * is told as DELETED with the last known name and version only.
 */
export class ObjectWatch {
  readonly #abort = new AbortController();
  /** resourceVersion by `namespace/name` of all that is there, as far as it has been seen. */
  readonly #known = new Map<string, string>();
  #version: string | undefined;
  #pauseMs = pauseMs.first;
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;

  constructor(private readonly options: ObjectWatchOptions) {
    const { since } = options.options;
    if (typeof since === 'object') this.#version = since.resourceVersion;
    void this.#run();
  }

  close(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
    this.#wake?.();
  }

  async #run(): Promise<void> {
    let silent = this.options.options.since === 'now';
    while (!this.#abort.signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list(silent);
        silent = false;
        await this.#follow();
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        if (isGone(error)) this.#version = undefined;
        else await this.#pause();
      }
    }
  }

  async #list(silent: boolean): Promise<void> {
    const { connection, options, onEvent } = this.options;
    const resource = this.#resource();
    const path = `${resourcePath(resource, options.namespace)}${queryText(selectorsOf(options))}`;
    const { metadata, items } = await connection.json<ListPage>({ path, signal: this.#abort.signal });
    const gone = new Set(this.#known.keys());
    for (const object of items) {
      const key = keyOf(object);
      const version = object.metadata.resourceVersion ?? '';
      const before = this.#known.get(key);
      gone.delete(key);
      this.#known.set(key, version);
      if (silent || before === version || this.#abort.signal.aborted) continue;
      const told = this.#isToldLater(version) ? undefined : before === undefined ? 'ADDED' : 'MODIFIED';
      if (told !== undefined) onEvent(told, { ...typeMeta(resource), ...object });
    }
    for (const key of gone) {
      if (this.#abort.signal.aborted) return;
      const version = this.#known.get(key) ?? '';
      this.#known.delete(key);
      onEvent('DELETED', lastKnown(resource, key, version));
    }
    this.#version = metadata.resourceVersion ?? '';
  }

  /** Whoever asked from a version on has what is older. */
  #isToldLater(version: string): boolean {
    const { since } = this.options.options;
    return typeof since === 'object' && !isNewer(version, since.resourceVersion);
  }

  async #follow(): Promise<void> {
    const { connection, options, onEvent } = this.options;
    const query = queryText({
      ...selectorsOf(options),
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: this.#version,
    });
    const path = `${resourcePath(this.#resource(), options.namespace)}${query}`;
    for await (const line of connection.lines({ path, signal: this.#abort.signal })) {
      if (line === '') continue;
      const { type, object } = JSON.parse(line) as WatchLine;
      if (type === 'ERROR') throw errorOf(object);
      this.#pauseMs = pauseMs.first;
      this.#version = object.metadata.resourceVersion ?? this.#version;
      if (type === 'BOOKMARK') continue;
      if (type === 'DELETED') this.#known.delete(keyOf(object));
      else this.#known.set(keyOf(object), object.metadata.resourceVersion ?? '');
      onEvent(type, object);
      if (this.#abort.signal.aborted) return;
    }
    // A server that ends watches at once must not be asked in a loop.
    await this.#pause();
  }

  #resource(): ResourceInfo {
    const resource = this.options.resource();
    if (resource === undefined) throw new ApiError(404, 'NotFound', 'the server does not serve the resource');
    return resource;
  }

  async #pause(): Promise<void> {
    const wait = this.#pauseMs * (0.5 + this.options.random() / 2);
    this.#pauseMs = Math.min(pauseMs.most, this.#pauseMs * 2);
    if (this.#abort.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(resolve, wait);
      this.#timer.unref();
    });
  }
}

const isGone = (error: unknown): boolean => isApiError(error) && error.code === 410;

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;

/** Items of a list don't say what they are. */
function typeMeta({ group, version, kind }: ResourceInfo): { apiVersion: string; kind: string } {
  return { apiVersion: group === '' ? version : `${group}/${version}`, kind };
}

/** All that is kept of an object that went while nobody looked. */
function lastKnown(resource: ResourceInfo, key: string, resourceVersion: string): KubeObject {
  const [namespace = '', name = ''] = key.split('/');
  return {
    ...typeMeta(resource),
    metadata: { name, ...(namespace === '' ? {} : { namespace }), resourceVersion },
  };
}

function errorOf(status: KubeObject): ApiError {
  const {
    code = 500,
    reason = '',
    message = '',
  } = status as { code?: number; reason?: string; message?: string };
  return new ApiError(code, reason, message);
}

/** Versions are decimal numbers since Kubernetes 1.35 says so, and have been before. */
function isNewer(version: string, than: string): boolean {
  return version.length === than.length ? version > than : version.length > than.length;
}
