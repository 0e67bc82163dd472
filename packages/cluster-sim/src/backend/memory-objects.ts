import type {
  ClusterApi,
  DeleteOptions,
  KubeObject,
  ListOptions,
  PatchType,
  StorageName,
  WriteOptions,
} from '@scale-cluster/memory-apiserver';
import { compareRevisions, revisionOf } from '../revision.js';
import type { ClusterObjects, WatchEventType, WatchOptions } from './cluster-objects.js';

/** The objects of a cluster in this process. Every call is done by the time it returns. */
export class MemoryObjects implements ClusterObjects {
  constructor(private readonly api: Pick<ClusterApi, keyof ClusterObjects>) {}

  async list(storage: StorageName, options?: ListOptions): Promise<KubeObject[]> {
    return this.api.list(storage, options);
  }

  async count(storage: StorageName): Promise<number> {
    return this.api.count(storage);
  }

  async get(storage: StorageName, namespace: string | undefined, name: string): Promise<KubeObject> {
    return this.api.get(storage, namespace, name);
  }

  async find(
    storage: StorageName,
    namespace: string | undefined,
    name: string,
  ): Promise<KubeObject | undefined> {
    return this.api.find(storage, namespace, name);
  }

  async create(object: KubeObject, options?: WriteOptions): Promise<KubeObject> {
    return this.api.create(object, options);
  }

  async update(object: KubeObject, options?: WriteOptions & { subresource?: 'status' }): Promise<KubeObject> {
    return this.api.update(object, options);
  }

  async patch(
    storage: StorageName,
    namespace: string | undefined,
    name: string,
    type: PatchType,
    body: unknown,
    options?: WriteOptions & { subresource?: string; force?: boolean },
  ): Promise<KubeObject> {
    return this.api.patch(storage, namespace, name, type, body, options);
  }

  async delete(
    storage: StorageName,
    namespace: string | undefined,
    name: string,
    options?: DeleteOptions,
  ): Promise<KubeObject | undefined> {
    return this.api.delete(storage, namespace, name, options);
  }

  watch(
    storage: StorageName,
    { since = 'present', ...selection }: WatchOptions,
    onEvent: (type: WatchEventType, object: KubeObject) => void,
  ): { close(): void } {
    const watch = this.api.watch(storage, selection, onEvent);
    if (since === 'now') return watch;
    const present = this.api.list(storage, selection);
    if (since === 'present') {
      for (const object of present) onEvent('ADDED', object);
      return watch;
    }
    // What was removed since can't be told from the present objects; a client finds out at its next list.
    const newer = present.filter((one) => compareRevisions(revisionOf(one), since.resourceVersion) > 0);
    newer.sort((a, b) => compareRevisions(revisionOf(a), revisionOf(b)));
    for (const object of newer) onEvent('MODIFIED', object);
    return watch;
  }
}
