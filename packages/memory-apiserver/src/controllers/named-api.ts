import type { KubeObject } from '../object.js';
import type { ClusterApi, StorageName } from '../registry/api.js';

/** A cluster's API for one component: its writes stand under the component's name in `metadata.managedFields`. */
export class NamedApi implements ClusterApi {
  constructor(
    private readonly api: ClusterApi,
    private readonly fieldManager: string,
  ) {}

  get(...args: Parameters<ClusterApi['get']>): KubeObject {
    return this.api.get(...args);
  }

  find(...args: Parameters<ClusterApi['find']>): KubeObject | undefined {
    return this.api.find(...args);
  }

  list(...args: Parameters<ClusterApi['list']>): KubeObject[] {
    return this.api.list(...args);
  }

  count(storage: StorageName, namespace?: string): number {
    return this.api.count(storage, namespace);
  }

  create(...[object, options]: Parameters<ClusterApi['create']>): KubeObject {
    return this.api.create(object, { fieldManager: this.fieldManager, ...options });
  }

  update(...[object, options]: Parameters<ClusterApi['update']>): KubeObject {
    return this.api.update(object, { fieldManager: this.fieldManager, ...options });
  }

  patch(...[storage, namespace, name, type, body, options]: Parameters<ClusterApi['patch']>): KubeObject {
    const named = { fieldManager: this.fieldManager, ...options };
    return this.api.patch(storage, namespace, name, type, body, named);
  }

  delete(...args: Parameters<ClusterApi['delete']>): KubeObject | undefined {
    return this.api.delete(...args);
  }

  watch(...args: Parameters<ClusterApi['watch']>): { close(): void } {
    return this.api.watch(...args);
  }
}
