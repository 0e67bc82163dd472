import type { KubeObject } from '../object.js';
import type { StorageName } from '../registry/api.js';
import type { PlaceholderNames } from '../store/placeholders.js';
import { fillPlaceholders, findPlaceholder, restorePlaceholders } from '../store/placeholders.js';

/** Where an object is found. */
export interface ObjectKey {
  readonly storage: StorageName;
  /** `''` for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

const separator = '|';

const encode = (key: ObjectKey): string => [key.storage, key.namespace, key.name].join(separator);

const decode = (text: string): ObjectKey => {
  const [storage = '', namespace = '', name = ''] = text.split(separator);
  return { storage, namespace, name };
};

/** The owner as a dependent names it: by kind and name, since uids of base objects differ between clusters. */
const ownerKey = (kind: string, name: string): string => `${kind}${separator}${name}`;

/**
 * Which objects name an owner in `metadata.ownerReferences`, by the owner's kind and name. Answers are candidates:
 * whoever acts on one reads it first and compares uids. An index can lie on top of another one that is shared by
 * all clusters of a base, so an untouched cluster's index is empty. Names in a base's index may have placeholders in
 * them.
 */
export class OwnerIndex {
  readonly #under: OwnerIndex | undefined;
  readonly #names: PlaceholderNames | undefined;
  /** Owner → the dependents' keys; made with the first dependent. */
  #dependents: Map<string, Set<string>> | undefined;
  /** Owners that have placeholders in their names; there are such only in a base's index. */
  readonly #named = new Set<string>();

  /** @param names what placeholders stand for in what is `under` */
  constructor(under?: OwnerIndex, names?: PlaceholderNames) {
    this.#under = under;
    this.#names = names;
  }

  /** An index of the given objects. `storageOf` answers undefined for kinds that aren't served. */
  static of(
    objects: Iterable<KubeObject>,
    storageOf: (object: KubeObject) => StorageName | undefined,
  ): OwnerIndex {
    const index = new OwnerIndex();
    for (const object of objects) {
      const storage = storageOf(object);
      if (storage !== undefined) index.add(storage, object);
    }
    return index;
  }

  /** Notes the owners that an object names. */
  add(storage: StorageName, object: KubeObject): void {
    const references = object.metadata.ownerReferences;
    if (references === undefined || references.length === 0) return;
    const key = encode({ storage, namespace: object.metadata.namespace ?? '', name: object.metadata.name });
    for (const { kind, name } of references) {
      const owner = ownerKey(kind, name);
      this.#dependents ??= new Map();
      const set = this.#dependents.get(owner);
      if (set === undefined) this.#dependents.set(owner, new Set([key]));
      else set.add(key);
      if (findPlaceholder(owner) !== undefined) this.#named.add(owner);
    }
  }

  /** True if all owners that the object names are noted for it. */
  knows(storage: StorageName, object: KubeObject): boolean {
    const key = encode({ storage, namespace: object.metadata.namespace ?? '', name: object.metadata.name });
    return (object.metadata.ownerReferences ?? []).every(({ kind, name }) =>
      this.#holds(ownerKey(kind, name), key),
    );
  }

  /** Forgets an object that is gone. */
  remove(storage: StorageName, object: KubeObject): void {
    if (this.#dependents === undefined) return;
    const key = encode({ storage, namespace: object.metadata.namespace ?? '', name: object.metadata.name });
    for (const { kind, name } of object.metadata.ownerReferences ?? []) {
      const owner = ownerKey(kind, name);
      const set = this.#dependents.get(owner);
      if (set?.delete(key) === true && set.size === 0) this.#dependents.delete(owner);
    }
  }

  /** True if something names, or has named, this owner. */
  has(kind: string, name: string): boolean {
    const owner = ownerKey(kind, name);
    return this.#dependents?.has(owner) === true || this.#below(owner).length > 0;
  }

  /** Candidates for the dependents of an owner. */
  dependents(kind: string, name: string): ObjectKey[] {
    const owner = ownerKey(kind, name);
    const below = this.#below(owner);
    const own = this.#dependents?.get(owner);
    return [...(own === undefined ? below : new Set([...below, ...own]))].map(decode);
  }

  #holds(owner: string, dependent: string): boolean {
    return this.#dependents?.get(owner)?.has(dependent) === true || this.#below(owner).includes(dependent);
  }

  /** Keys of the dependents that the base says the owner has, as they are in this cluster. */
  #below(owner: string): readonly string[] {
    const base = this.#under;
    if (base === undefined) return [];
    const names = this.#names;
    const keys = [...(base.#dependents?.get(owner) ?? [])];
    if (names === undefined) return keys;
    const inCluster = (text: string): string => fillPlaceholders(text, names);
    if (base.#named.size > 0 && restorePlaceholders(owner, names) !== owner) {
      for (const named of base.#named) {
        if (named !== owner && inCluster(named) === owner) keys.push(...(base.#dependents?.get(named) ?? []));
      }
    }
    return keys.map(inCluster);
  }
}
