import { ApiError, isApiError, type KubeObject } from '@scale-cluster/memory-apiserver';
import type { ApiConnection } from '../http-objects/api-connection.js';

export interface ListWatchOptions {
  api: Pick<ApiConnection, 'json' | 'lines'>;
  /** `/api/v1/pods` */
  path: string;
  labelSelector: string;
  /** All objects there are, at the start and whenever events have been missed. */
  onList: (objects: readonly KubeObject[]) => void;
  onEvent: (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject) => void;
  /** The connection is lost or refused; it is tried again. */
  onError: (error: unknown) => void;
  /** 0 ≤ x < 1, for the pauses between tries. */
  random: () => number;
}

interface ObjectList {
  metadata: { resourceVersion: string };
  items: KubeObject[];
}

interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: KubeObject;
}

/** How long the server keeps a watch; a connection that died in silence is found out by then. */
const watchSeconds = 240;

const pauseMs = { first: 100, most: 5_000 };

/**
 * Follows the objects of one kind: a list, then a watch from there on, resumed where it broke, and a new list when the
 * server doesn't know that point any more (410), as client-go's reflector does. Whoever keeps a copy gets the whole
 * list, so that nothing that has gone stays in it.
 */
export class ListWatch {
  readonly #abort = new AbortController();
  #version: string | undefined;
  #pauseMs = pauseMs.first;
  #wake: (() => void) | undefined;

  constructor(private readonly options: ListWatchOptions) {
    void this.#run();
  }

  close(): void {
    this.#abort.abort();
    this.#wake?.();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        this.#version ??= await this.#list();
        await this.#watch(this.#version);
      } catch (error) {
        if (signal.aborted) return;
        if (isApiError(error) && error.code === 410) this.#version = undefined;
        else this.options.onError(error);
      }
      // Also after an end in good order: a server that ends watches at once mustn't be asked in a loop.
      if (!signal.aborted) await this.#pause();
    }
  }

  async #list(): Promise<string> {
    const { api, path, labelSelector, onList } = this.options;
    const query = new URLSearchParams({ labelSelector });
    const { signal } = this.#abort;
    const { metadata, items } = await api.json<ObjectList>({ path: `${path}?${query.toString()}`, signal });
    if (!signal.aborted) onList(items);
    return metadata.resourceVersion;
  }

  async #watch(resourceVersion: string): Promise<void> {
    const { api, path, labelSelector, onEvent } = this.options;
    const query = new URLSearchParams({
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(watchSeconds),
      resourceVersion,
      labelSelector,
    });
    const { signal } = this.#abort;
    for await (const line of api.lines({ path: `${path}?${query.toString()}`, signal })) {
      if (line === '') continue;
      const { type, object } = JSON.parse(line) as WatchEvent;
      if (type === 'ERROR') {
        const { code = 500, reason = '', message = '' } = object as unknown as Partial<ApiError>;
        throw new ApiError(code, reason, message);
      }
      this.#pauseMs = pauseMs.first;
      this.#version = object.metadata.resourceVersion ?? this.#version;
      if (type !== 'BOOKMARK') onEvent(type, object);
      if (signal.aborted) return;
    }
  }

  #pause(): Promise<void> {
    const delayMs = this.#pauseMs * (0.5 + this.options.random() / 2);
    this.#pauseMs = Math.min(pauseMs.most, this.#pauseMs * 2);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
