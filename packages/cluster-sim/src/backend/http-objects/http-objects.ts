import {
  ApiError,
  isApiError,
  type KubeObject,
  type ListOptions,
  type PatchType,
  type ResourceInfo,
  type StorageName,
} from '@scale-cluster/memory-apiserver';
import type {
  ClusterObjects,
  ObjectDeleteOptions,
  ObjectWriteOptions,
  WatchEventType,
  WatchOptions,
} from '../cluster-objects.js';
import type { ApiConnection } from './api-connection.js';
import { discover, DiscoveredCatalog, servesAll, servesGone } from './discovery.js';
import { ObjectWatch } from './object-watch.js';
import { queryText, resourcePath, selectorsOf } from './paths.js';

export interface HttpObjectsOptions {
  connection: ApiConnection;
  /** 0 ≤ x < 1, for pauses between attempts. */
  random: () => number;
}

interface ListPage {
  metadata: { remainingItemCount?: number };
  items: KubeObject[];
}

const patchTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** The objects of a cluster behind a real kube-apiserver. */
export class HttpObjects implements ClusterObjects {
  readonly catalog = new DiscoveredCatalog();
  readonly #watches = new Set<ObjectWatch>();

  constructor(private readonly options: HttpObjectsOptions) {}

  /**
   * Asks the server anew what it serves; before the first time nothing is known. Answers false if discovery has not come
   * after the definitions yet.
   */
  async refreshCatalog(): Promise<boolean> {
    const discovered = await discover(this.options.connection);
    if (servesGone(discovered, this.catalog.all())) return false;
    this.catalog.set(discovered.rows);
    return servesAll(discovered);
  }

  async list(storage: StorageName, options: ListOptions = {}): Promise<KubeObject[]> {
    const resource = await this.#resource(storage);
    const path = `${resourcePath(resource, options.namespace)}${queryText(selectorsOf(options))}`;
    const { items } = await this.#json<ListPage>({ path });
    const typeMeta = { apiVersion: apiVersionOf(resource), kind: resource.kind };
    return items.map((item) => ({ ...typeMeta, ...item }));
  }

  async count(storage: StorageName): Promise<number> {
    const path = `${resourcePath(await this.#resource(storage))}?limit=1`;
    const { items, metadata } = await this.#json<ListPage>({ path });
    return items.length + (metadata.remainingItemCount ?? 0);
  }

  async get(storage: StorageName, namespace: string | undefined, name: string): Promise<KubeObject> {
    return this.#json({ path: resourcePath(await this.#resource(storage), namespace, name) });
  }

  async find(
    storage: StorageName,
    namespace: string | undefined,
    name: string,
  ): Promise<KubeObject | undefined> {
    try {
      return await this.get(storage, namespace, name);
    } catch (error) {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async create(object: KubeObject, options: ObjectWriteOptions = {}): Promise<KubeObject> {
    const path = resourcePath(await this.#resourceOf(object), object.metadata.namespace);
    return this.#json({ method: 'POST', path: `${path}${writeQuery(options)}`, body: object });
  }

  async update(
    object: KubeObject,
    options: ObjectWriteOptions & { subresource?: 'status' } = {},
  ): Promise<KubeObject> {
    const { namespace, name } = object.metadata;
    const path = resourcePath(await this.#resourceOf(object), namespace, name, options.subresource);
    return this.#json({ method: 'PUT', path: `${path}${writeQuery(options)}`, body: object });
  }

  async patch(
    storage: StorageName,
    namespace: string | undefined,
    name: string,
    type: PatchType,
    body: unknown,
    options: ObjectWriteOptions & { subresource?: string; force?: boolean } = {},
  ): Promise<KubeObject> {
    const path = resourcePath(await this.#resource(storage), namespace, name, options.subresource);
    const query = writeQuery(options, options.force);
    return this.#json({ method: 'PATCH', path: `${path}${query}`, body, contentType: patchTypes[type] });
  }

  async delete(
    storage: StorageName,
    namespace: string | undefined,
    name: string,
    options: ObjectDeleteOptions = {},
  ): Promise<KubeObject | undefined> {
    const path = resourcePath(await this.#resource(storage), namespace, name);
    const left = await this.#json<KubeObject>({ method: 'DELETE', path, body: options });
    // A Status says that it is gone; an object with finalizers comes back.
    return left.kind === 'Status' ? undefined : left;
  }

  watch(
    storage: StorageName,
    options: WatchOptions,
    onEvent: (type: WatchEventType, object: KubeObject) => void,
  ): { close(): void } {
    const { connection, random } = this.options;
    const resource = (): ResourceInfo | undefined => this.catalog.findStorage(storage);
    const watch = new ObjectWatch({ connection, resource, options, onEvent, random });
    this.#watches.add(watch);
    return {
      close: () => {
        this.#watches.delete(watch);
        watch.close();
      },
    };
  }

  /** Ends all watches; calls that are under way go on. */
  close(): void {
    for (const watch of this.#watches) watch.close();
    this.#watches.clear();
  }

  #json<T = KubeObject>(ask: Parameters<ApiConnection['json']>[0]): Promise<T> {
    return this.options.connection.json<T>(ask);
  }

  #resource(storage: StorageName): Promise<ResourceInfo> {
    return this.#known(() => this.catalog.findStorage(storage), `the resource "${storage}"`);
  }

  #resourceOf({ apiVersion, kind }: KubeObject): Promise<ResourceInfo> {
    const slash = apiVersion.indexOf('/');
    const [group, version] =
      slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
    return this.#known(() => this.catalog.findKind(group, version, kind), `${kind} of ${apiVersion}`);
  }

  /** What isn't known may be new since the last look. */
  async #known(find: () => ResourceInfo | undefined, what: string): Promise<ResourceInfo> {
    const found = find();
    if (found !== undefined) return found;
    await this.refreshCatalog();
    const served = find();
    if (served === undefined) throw new ApiError(404, 'NotFound', `the server does not serve ${what}`);
    return served;
  }
}

const apiVersionOf = ({ group, version }: ResourceInfo): string =>
  group === '' ? version : `${group}/${version}`;

const writeQuery = ({ fieldManager, dryRun }: ObjectWriteOptions, force?: boolean): string =>
  queryText({ fieldManager, dryRun: dryRun === true ? 'All' : undefined, force });
