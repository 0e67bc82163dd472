import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from '@scale-cluster/memory-apiserver';
import type {
  ClusterApi,
  KubeObject,
  ListOptions,
  ResourceCatalog,
  ResourceInfo,
} from '@scale-cluster/memory-apiserver';
import { MemoryObjects } from '../../../src/backend/memory-objects.js';
import type { PrintTable, SteveCluster } from '../../../src/steve/types.js';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

export function resource(
  group: string,
  version: string,
  kind: string,
  more: Partial<ResourceInfo> = {},
): ResourceInfo {
  const plural = more.plural ?? `${kind.toLowerCase()}s`;
  return {
    group,
    version,
    kind,
    plural,
    singular: kind.toLowerCase(),
    listKind: `${kind}List`,
    namespaced: true,
    shortNames: [],
    categories: [],
    verbs,
    subresources: [],
    storage: group === '' ? plural : `${plural}.${group}`,
    ...more,
  };
}

/** The few resources that the tests need. */
export const rows: readonly ResourceInfo[] = [
  resource('', 'v1', 'Namespace', { namespaced: false }),
  resource('', 'v1', 'Node', { namespaced: false }),
  resource('', 'v1', 'Pod'),
  resource('', 'v1', 'Secret'),
  resource('', 'v1', 'ConfigMap'),
  resource('apps', 'v1', 'Deployment'),
  resource('autoscaling', 'v2', 'HorizontalPodAutoscaler'),
  resource('autoscaling', 'v1', 'HorizontalPodAutoscaler'),
  resource('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', { namespaced: false }),
  resource('authorization.k8s.io', 'v1', 'SelfSubjectAccessReview', { namespaced: false, verbs: ['create'] }),
];

/** Two columns: the name and what it is. */
export const printTable: PrintTable = (info, objects) => ({
  columnDefinitions: [
    { name: 'Name', type: 'string', format: 'name' },
    { name: 'Kind', type: 'string' },
  ],
  rows: objects.map(({ metadata }) => ({ cells: [metadata.name, info.kind] })),
});

const apiError = (code: number, reason: string, message: string): ApiError =>
  new ApiError(code, reason, message);

type Watcher = { storage: string; options: ListOptions; onEvent: Parameters<ClusterApi['watch']>[2] };

/** A ClusterApi over a Map: equality label selectors, merge patches, no admission. Enough to see what steve asks. */
export class FakeCluster implements SteveCluster, Omit<ClusterApi, 'shared'> {
  readonly name = 'one';
  readonly version = 'v1.28.5+k3s1';
  readonly objects = new MemoryObjects(this);
  readonly stored = new Map<string, KubeObject>();
  readonly watchers = new Set<Watcher>();
  /** Arguments of each patch. */
  readonly patches: unknown[][] = [];
  served: readonly ResourceInfo[] = rows;
  /** Set by tests of catalogs that follow definitions later. */
  discovered?: () => Promise<void>;
  #revision = 100;

  readonly catalog: ResourceCatalog = {
    revision: 1,
    find: (group, version, plural) =>
      this.served.find((row) => row.group === group && row.version === version && row.plural === plural),
    findKind: (group, version, kind) =>
      this.served.find((row) => row.group === group && row.version === version && row.kind === kind),
    findStorage: (storage) => this.served.find((row) => row.storage === storage),
    all: () => this.served,
    versions: (group) => this.served.filter((row) => row.group === group).map(({ version }) => version),
    groups: () => [...new Set(this.served.map(({ group }) => group))],
  };

  handle(request: IncomingMessage, response: ServerResponse): void {
    response.end(`kubernetes ${request.method} ${request.url}`);
  }

  /** Puts an object in as a controller would. */
  add(
    apiVersion: string,
    kind: string,
    name: string,
    more: Record<string, unknown> = {},
    namespace = '',
  ): KubeObject {
    const { metadata = {}, ...rest } = more as { metadata?: object };
    return this.create({
      apiVersion,
      kind,
      metadata: { name, ...(namespace === '' ? {} : { namespace }), ...metadata },
      ...rest,
    });
  }

  get(storage: string, namespace: string | undefined, name: string): KubeObject {
    const object = this.find(storage, namespace, name);
    if (object === undefined) throw apiError(404, 'NotFound', `${storage} "${name}" not found`);
    return object;
  }

  find(storage: string, namespace: string | undefined, name: string): KubeObject | undefined {
    const object = this.stored.get(`${storage}/${namespace ?? ''}/${name}`);
    return object === undefined ? undefined : structuredClone(object);
  }

  list(storage: string, options: ListOptions = {}): KubeObject[] {
    return [...this.stored]
      .filter(([key, object]) => key.startsWith(`${storage}/`) && selected(object, options))
      .map(([, object]) => structuredClone(object));
  }

  count(storage: string, namespace?: string): number {
    return this.list(storage, namespace === undefined ? {} : { namespace }).length;
  }

  create(object: KubeObject): KubeObject {
    const { storage, key } = this.#locate(object);
    if (this.stored.has(key))
      throw apiError(409, 'AlreadyExists', `${storage} "${object.metadata.name}" already exists`);
    return this.#write(storage, key, object, 'ADDED');
  }

  update(object: KubeObject): KubeObject {
    const { storage, key } = this.#locate(object);
    const old = this.stored.get(key);
    if (old === undefined) throw apiError(404, 'NotFound', `${storage} "${object.metadata.name}" not found`);
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
      throw apiError(409, 'Conflict', 'the object has been modified');
    }
    return this.#write(storage, key, object, 'MODIFIED');
  }

  patch(...args: Parameters<ClusterApi['patch']>): KubeObject {
    this.patches.push(args);
    const [storage, namespace, name, , body] = args;
    return this.update({ ...this.get(storage, namespace, name), ...(body as object) });
  }

  delete(storage: string, namespace: string | undefined, name: string): KubeObject | undefined {
    const object = this.get(storage, namespace, name);
    if ((object.metadata.finalizers?.length ?? 0) > 0) {
      object.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
      return this.#write(storage, `${storage}/${namespace ?? ''}/${name}`, object, 'MODIFIED');
    }
    this.stored.delete(`${storage}/${namespace ?? ''}/${name}`);
    object.metadata.resourceVersion = String(++this.#revision);
    this.#tell(storage, 'DELETED', object);
    return undefined;
  }

  watch(storage: string, options: ListOptions, onEvent: Watcher['onEvent']): { close(): void } {
    const watcher = { storage, options, onEvent };
    this.watchers.add(watcher);
    return { close: () => this.watchers.delete(watcher) };
  }

  #locate({ apiVersion, kind, metadata }: KubeObject): { storage: string; key: string } {
    const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
    const storage = this.catalog.findKind(group, version, kind)?.storage;
    if (storage === undefined) throw apiError(404, 'NotFound', `${kind} is not served`);
    return { storage, key: `${storage}/${metadata.namespace ?? ''}/${metadata.name}` };
  }

  #write(storage: string, key: string, object: KubeObject, type: 'ADDED' | 'MODIFIED'): KubeObject {
    const stored = structuredClone(object);
    stored.metadata.resourceVersion = String(++this.#revision);
    this.stored.set(key, stored);
    this.#tell(storage, type, stored);
    return structuredClone(stored);
  }

  #tell(storage: string, type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): void {
    for (const watcher of this.watchers) {
      if (watcher.storage === storage && selected(object, watcher.options))
        watcher.onEvent(type, structuredClone(object));
    }
  }
}

function selected({ metadata }: KubeObject, { namespace, labelSelector = '' }: ListOptions): boolean {
  return (
    (namespace === undefined || metadata.namespace === namespace) &&
    labelSelector
      .split(',')
      .filter((part) => part !== '')
      .every((part) => metadata.labels?.[part.split('=')[0] ?? ''] === part.split('=')[1])
  );
}
