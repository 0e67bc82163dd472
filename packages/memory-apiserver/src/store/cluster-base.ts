import { randomUUID } from 'node:crypto';
import type { KubeObject } from '../object.js';
import { BaseObject, CREATED_MARK, REVISION_MARK } from './base-object.js';
import type { Bits128, ClusterIdentity } from './identity.js';
import { hashBits } from './identity.js';
import { objectKey } from './key.js';
import { findPlaceholder, restorePlaceholders, valueOf } from './placeholders.js';
import { objectText } from './text.js';

/** An object and where it is stored. */
export interface StoredAt {
  readonly storage: string;
  readonly object: KubeObject;
}

/** Objects by what stands behind the first placeholder in their keys. */
interface NamedObjects {
  /** What stands before it. */
  readonly before: string;
  readonly placeholder: string;
  readonly bySuffix: Map<string, BaseObject>;
}

/** The base's objects of one storage. */
class BaseStorage {
  /** Sorted keys of objects whose key is the same in every cluster, with the objects in the same order. */
  readonly #fixed = new Map<string, BaseObject>();
  #fixedKeys: string[] = [];
  /** Objects whose key begins the same in every cluster and goes on with a placeholder. */
  readonly #named = new Map<string, NamedObjects>();
  #namedCount = 0;

  add(object: BaseObject): void {
    const { keyTemplate } = object;
    const found = findPlaceholder(keyTemplate);
    if (found === undefined) {
      this.#fixed.set(keyTemplate, object);
      return;
    }
    const { placeholder, at } = found;
    const end = at + placeholder.length;
    const start = keyTemplate.slice(0, end);
    const named = this.#named.get(start) ?? {
      before: keyTemplate.slice(0, at),
      placeholder,
      bySuffix: new Map<string, BaseObject>(),
    };
    named.bySuffix.set(keyTemplate.slice(end), object);
    this.#named.set(start, named);
    this.#namedCount += 1;
  }

  seal(): void {
    this.#fixedKeys = [...this.#fixed.keys()].sort();
  }

  get count(): number {
    return this.#fixed.size + this.#namedCount;
  }

  find(key: string, identity: ClusterIdentity): BaseObject | undefined {
    const fixed = this.#fixed.get(key);
    if (fixed !== undefined || this.#namedCount === 0) return fixed;
    for (const { before, placeholder, bySuffix } of this.#named.values()) {
      const value = valueOf(placeholder, identity);
      if (!key.startsWith(before) || !key.startsWith(value, before.length)) continue;
      const suffix = key.slice(before.length + value.length);
      const named = bySuffix.get(suffix) ?? bySuffix.get(restorePlaceholders(suffix, identity));
      if (named !== undefined) return named;
    }
    return undefined;
  }

  /** Sorted. Shared by all clusters if no key has a placeholder in it. */
  keys(identity: ClusterIdentity): readonly string[] {
    if (this.#namedCount === 0) return this.#fixedKeys;
    const keys = [...this.#fixedKeys];
    for (const { bySuffix } of this.#named.values()) {
      for (const object of bySuffix.values()) keys.push(object.key(identity));
    }
    return keys.sort();
  }
}

/**
 * Objects that many clusters have in common, each prepared once, when it is first read. Clusters keep only what they
 * change (copy on write), so an unchanged base object costs a cluster nothing.
 */
export class ClusterBase {
  readonly #storages = new Map<string, BaseStorage>();
  /** How many objects there are; a cluster's first own resourceVersion is larger by this. */
  readonly size: number;

  /** The objects as given, to derive other bases or look at; don't change them. */
  readonly objects: readonly StoredAt[];

  constructor(objects: readonly StoredAt[]) {
    this.objects = objects;
    this.size = objects.length;
    /** Where the object of each uid is. */
    const places = new Map<string, string>();
    const hashOf = (uid: string): Bits128 | undefined => {
      const place = places.get(uid);
      return place === undefined ? undefined : hashBits(place);
    };
    for (const [ordinal, { storage, object }] of objects.entries()) {
      const { metadata } = object;
      const key = objectKey(metadata.namespace, metadata.name);
      const uid = metadata.uid ?? randomUUID();
      places.set(uid, `${storage}/${key}`);
      const own = this.#storages.get(storage) ?? new BaseStorage();
      this.#storages.set(storage, own);
      own.add(new BaseObject(key, ordinal, () => markedText(object, uid), hashOf));
    }
    for (const storage of this.#storages.values()) storage.seal();
  }

  storages(): Iterable<string> {
    return this.#storages.keys();
  }

  count(storage: string): number {
    return this.#storages.get(storage)?.count ?? 0;
  }

  find(storage: string, key: string, identity: ClusterIdentity): BaseObject | undefined {
    return this.#storages.get(storage)?.find(key, identity);
  }

  /** Sorted keys of a storage in the given cluster. */
  keys(storage: string, identity: ClusterIdentity): readonly string[] {
    return this.#storages.get(storage)?.keys(identity) ?? [];
  }
}

/** JSON of the object with marks for what each cluster gives it of its own. */
const markedText = (object: KubeObject, uid: string): string =>
  objectText({
    ...object,
    metadata: {
      ...object.metadata,
      uid,
      resourceVersion: REVISION_MARK,
      creationTimestamp: object.metadata.creationTimestamp ?? CREATED_MARK,
    },
  });
