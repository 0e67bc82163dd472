import type { KubeObject } from '../object.js';
import type { RequestAttributes } from './user.js';

/** Names a kind of object by its storage (`pods`, `deployments.apps`: see `ResourceInfo.storage`). */
export type StorageName = string;

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export interface ListOptions {
  /** All namespaces when absent. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

export interface WriteOptions {
  dryRun?: boolean;
  fieldManager?: string;
  /** The request of a user that asks for it; code in the process has none and may write everything. */
  request?: RequestAttributes;
  /** Takes what the client is to be warned of. */
  warn?: (text: string) => void;
  /** Whether the answer may be one that {@link ClusterApi.shared} answers too, not to be changed. @default false */
  sharesAnswer?: boolean;
}

export interface DeleteOptions extends Pick<WriteOptions, 'request' | 'warn'> {
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: boolean;
}

/** The reading half of {@link ClusterApi}. */
export interface ClusterReads extends Pick<ClusterApi, 'get' | 'find' | 'list' | 'count'> {
  /** The few objects of a built-in kind that have this field, found without building the others. */
  listWith(storage: StorageName, field: string): KubeObject[];
}

/**
 * The API of one cluster for code in the same process: controllers, template loading, the steve subset. Every
 * call does what the HTTP request of that verb does (admission, defaults, generation, finalizers, events to
 * watchers) except authentication, and is synchronous: the store is in memory.
 *
 * Objects that go in are copied; objects that come out are the caller's own to change.
 * All calls throw `ApiError` (NotFound, AlreadyExists, Conflict, Invalid, …).
 */
export interface ClusterApi {
  /** Cheap to ask again and again: what comes out is shared, not to be changed. */
  readonly shared: ClusterReads;
  get(storage: StorageName, namespace: string | undefined, name: string): KubeObject;
  /** Like {@link get}, undefined instead of NotFound. */
  find(storage: StorageName, namespace: string | undefined, name: string): KubeObject | undefined;
  list(storage: StorageName, options?: ListOptions): KubeObject[];
  /** How many objects there are, without building any. */
  count(storage: StorageName, namespace?: string): number;
  create(object: KubeObject, options?: WriteOptions): KubeObject;
  /** Full update; with `metadata.resourceVersion` it is checked, without it the last write wins. */
  update(object: KubeObject, options?: WriteOptions & { subresource?: 'status' }): KubeObject;
  patch(
    storage: StorageName,
    namespace: string | undefined,
    name: string,
    type: PatchType,
    body: unknown,
    options?: WriteOptions & { subresource?: string; force?: boolean },
  ): KubeObject;
  /** Answers the object as it stands afterwards, or undefined when it is gone at once. */
  delete(
    storage: StorageName,
    namespace: string | undefined,
    name: string,
    options?: DeleteOptions,
  ): KubeObject | undefined;
  /** Calls back for every change from now on; `close()` ends it. No initial list. */
  watch(
    storage: StorageName,
    options: ListOptions,
    onEvent: (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject) => void,
  ): { close(): void };
}
