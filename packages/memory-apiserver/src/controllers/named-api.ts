import type { KubeObject } from '../object.js';
import type { ClusterApi, ClusterReads, StorageName, WriteOptions } from '../registry/api.js';

/**
 * A cluster's API for one controller: its writes stand under the component's name in `metadata.managedFields`, and what
 * it reads is shared, as controllers read the same objects again and again and never change them in place.
 */
export class NamedApi implements ClusterApi {
  private readonly options: WriteOptions;

  constructor(
    private readonly api: ClusterApi,
    fieldManager: string,
  ) {
    this.options = { fieldManager, sharesAnswer: true };
  }

  get shared(): ClusterReads {
    return this.api.shared;
  }

  get(...args: Parameters<ClusterApi['get']>): KubeObject {
    return this.shared.get(...args);
  }

  find(...args: Parameters<ClusterApi['find']>): KubeObject | undefined {
    return this.shared.find(...args);
  }

  list(...args: Parameters<ClusterApi['list']>): KubeObject[] {
    return this.shared.list(...args);
  }

  count(storage: StorageName, namespace?: string): number {
    return this.api.count(storage, namespace);
  }

  create(...[object, options]: Parameters<ClusterApi['create']>): KubeObject {
    return this.api.create(object, { ...this.options, ...options });
  }

  update(...[object, options]: Parameters<ClusterApi['update']>): KubeObject {
    return this.api.update(object, { ...this.options, ...options });
  }

  patch(...[storage, namespace, name, type, body, options]: Parameters<ClusterApi['patch']>): KubeObject {
    const named = { ...this.options, ...options };
    return this.api.patch(storage, namespace, name, type, body, named);
  }

  delete(...args: Parameters<ClusterApi['delete']>): KubeObject | undefined {
    return this.api.delete(...args);
  }

  watch(...args: Parameters<ClusterApi['watch']>): { close(): void } {
    return this.api.watch(...args);
  }
}
