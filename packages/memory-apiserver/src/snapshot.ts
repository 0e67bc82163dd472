import { ApiError } from './errors.js';
import type { KubeObject } from './object.js';
import type { RegistryContext } from './registry/context.js';
import { apiVersionOf } from './registry/context.js';
import { DEFINITIONS } from './registry/erase.js';
import { hideDefinition, serveDefinition } from './registry/strategies/custom-resource-definition.js';
import { splitApiVersion } from './schema/types.js';
import { objectKey, splitKey } from './store/key.js';
import { answerText, objectText, parseObject, storedText } from './store/text.js';

/** All objects of a cluster, as a list that kubectl could read too; JSON.stringify it to keep it. */
export interface ClusterSnapshot {
  readonly apiVersion: 'v1';
  readonly kind: 'List';
  /** With status, UIDs, owners and managedFields; CRDs come first. */
  readonly items: readonly KubeObject[];
}

/** Everything that the cluster holds at this moment. */
export function takeSnapshot({ store, catalog }: RegistryContext): ClusterSnapshot {
  const items: KubeObject[] = [];
  for (const storage of [...store.storages()].sort(definitionsFirst)) {
    const row = catalog.findStorage(storage);
    if (row === undefined) continue;
    for (const key of store.keys(storage)) {
      const text = store.read(storage, key);
      if (text !== undefined) items.push(parseObject(apiVersionOf(row), row.kind, answerText(text)));
    }
  }
  return { apiVersion: 'v1', kind: 'List', items };
}

const definitionsFirst = (a: string, b: string): number =>
  Number(b === DEFINITIONS) - Number(a === DEFINITIONS) || (a < b ? -1 : 1);

/**
 * Makes the cluster hold what it held when the snapshot was taken, and nothing else. What differs is written without
 * admission, so UIDs and times are those of the snapshot; resourceVersions are new, and watchers see what changes.
 * Throws ApiError for an object of a kind that the cluster doesn't serve, before anything but CRDs has changed.
 */
export function restoreSnapshot(context: RegistryContext, { items }: ClusterSnapshot): void {
  const definitions = items.filter(({ kind }) => kind === 'CustomResourceDefinition');
  const wanted = new Map<string, Set<string>>();
  const put = (storage: string, object: KubeObject): void => {
    const { namespace, name } = object.metadata;
    const key = objectKey(namespace, name);
    const keys = wanted.get(storage) ?? new Set();
    wanted.set(storage, keys.add(key));
    const text = storedText(objectText(object));
    if (text !== context.store.read(storage, key))
      context.store.putUnlimited(storage, key, JSON.parse(text) as KubeObject);
  };
  for (const definition of definitions) {
    put(DEFINITIONS, definition);
    serveDefinition(definition, context);
  }
  const others = items
    .filter((item) => !definitions.includes(item))
    .map((object) => ({ storage: storageOf(context, object), object }));
  for (const { storage, object } of others) put(storage, object);
  removeOthers(context, wanted);
}

function removeOthers(context: RegistryContext, wanted: ReadonlyMap<string, ReadonlySet<string>>): void {
  const { store } = context;
  // CRDs last: until then their objects' storages are known.
  for (const storage of [...store.storages()].sort(definitionsFirst).reverse()) {
    const keep = wanted.get(storage);
    for (const key of [...store.keys(storage)]) {
      if (keep?.has(key)) continue;
      store.remove(storage, key, JSON.parse(store.read(storage, key) ?? '') as KubeObject);
      if (storage === DEFINITIONS) hideDefinition(splitKey(key).name, context);
    }
  }
}

function storageOf({ catalog }: RegistryContext, { apiVersion, kind }: KubeObject): string {
  const { group, version } = splitApiVersion(apiVersion);
  const row = catalog.findKind(group, version, kind);
  if (row !== undefined) return row.storage;
  throw new ApiError(
    400,
    'BadRequest',
    `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`,
  );
}
