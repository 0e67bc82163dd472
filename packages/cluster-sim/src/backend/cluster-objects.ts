import type {
  DeleteOptions,
  KubeObject,
  ListOptions,
  PatchType,
  StorageName,
  WriteOptions,
} from '@scale-cluster/memory-apiserver';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface WatchOptions extends ListOptions {
  /**
   * What is told first: all present objects as ADDED, nothing, or what is newer than a resourceVersion (as MODIFIED
   * where it can't be told whether it is new). @default 'present'
   */
  since?: 'present' | 'now' | { resourceVersion: string };
}

/**
 * Objects of one cluster as the agent's own doings and steve read and write them: in memory or over HTTP. Calls do
 * what the request of that verb does, as a cluster administrator. Objects that come out are the caller's own.
 * All calls reject with `ApiError` (NotFound, AlreadyExists, Conflict, …).
 */
export interface ClusterObjects {
  list(storage: StorageName, options?: ListOptions): Promise<KubeObject[]>;
  /** How many objects there are, without fetching them. */
  count(storage: StorageName): Promise<number>;
  get(storage: StorageName, namespace: string | undefined, name: string): Promise<KubeObject>;
  /** Like {@link get}, undefined instead of NotFound. */
  find(storage: StorageName, namespace: string | undefined, name: string): Promise<KubeObject | undefined>;
  create(object: KubeObject, options?: ObjectWriteOptions): Promise<KubeObject>;
  /** Full update; with `metadata.resourceVersion` it is checked, without it the last write wins. */
  update(object: KubeObject, options?: ObjectWriteOptions & { subresource?: 'status' }): Promise<KubeObject>;
  patch(
    storage: StorageName,
    namespace: string | undefined,
    name: string,
    type: PatchType,
    body: unknown,
    options?: ObjectWriteOptions & { subresource?: string; force?: boolean },
  ): Promise<KubeObject>;
  /** Answers the object as it stands afterwards, or undefined when it is gone at once. */
  delete(
    storage: StorageName,
    namespace: string | undefined,
    name: string,
    options?: ObjectDeleteOptions,
  ): Promise<KubeObject | undefined>;
  /**
   * Calls back for every change until `close()`, also before it returns. A connection that is lost is made anew and what
   * was missed is told, then possibly things that were told before.
   */
  watch(
    storage: StorageName,
    options: WatchOptions,
    onEvent: (type: WatchEventType, object: KubeObject) => void,
  ): { close(): void };
}

export type ObjectWriteOptions = Pick<WriteOptions, 'fieldManager' | 'dryRun'>;
export type ObjectDeleteOptions = Pick<
  DeleteOptions,
  'propagationPolicy' | 'gracePeriodSeconds' | 'preconditions'
>;
