import type { KubeObject } from '@scale-cluster/memory-apiserver';
import { compareRevisions, revisionOf } from '../../revision.js';
import {
  clusterIdLabel,
  keyOfMirror,
  logicalClusterLabel,
  type LogicalKey,
  type MirroredStorage,
} from './names.js';

/** What of the main cluster is followed. */
export type MainStorage = MirroredStorage | 'namespaces';

export interface MirrorEvents {
  /** The mirror of this object has come, changed or gone. */
  onMirror(key: LogicalKey): void;
  /** The namespace of a cluster has come, changed or gone. */
  onNamespace(cluster: string): void;
}

/** What the main cluster holds of one logical cluster. */
interface ClusterMirrors {
  namespace: KubeObject | undefined;
  readonly nodes: Map<string, KubeObject>;
  readonly pods: Map<string, KubeObject>;
}

/**
 * The objects of the main cluster as last seen, by the logical object that each stands for. Fed by lists, events and the
 * answers to our own writes; what is older than what is known counts for nothing.
 */
export class Mirrors {
  readonly #clusters = new Map<string, ClusterMirrors>();
  /** Uid of the cluster that has the node, by the node's name in the main cluster. */
  readonly #nodeOwners = new Map<string, string>();

  constructor(private readonly events: MirrorEvents) {}

  /** Uids of all clusters of which there is something. */
  clusters(): string[] {
    return [...this.#clusters.keys()];
  }

  find({ cluster, storage, namespace, name }: LogicalKey): KubeObject | undefined {
    return this.#clusters.get(cluster)?.[storage].get(`${namespace}/${name}`);
  }

  namespace(cluster: string): KubeObject | undefined {
    return this.#clusters.get(cluster)?.namespace;
  }

  /** All mirrors of a cluster. */
  objects(cluster: string): { key: LogicalKey; mirror: KubeObject }[] {
    const found = this.#clusters.get(cluster);
    if (found === undefined) return [];
    return (['nodes', 'pods'] as const).flatMap((storage) =>
      [...found[storage].values()].flatMap((mirror) => {
        const key = keyOfMirror(storage, mirror);
        return key === undefined ? [] : [{ key, mirror }];
      }),
    );
  }

  /** Whether another cluster has a node of this name in the main cluster. */
  isNodeNameTaken(name: string, cluster: string): boolean {
    const owner = this.#nodeOwners.get(name);
    return owner !== undefined && owner !== cluster;
  }

  /** The whole of what is there of a kind; what isn't among it has gone. */
  replace(storage: MainStorage, objects: readonly KubeObject[]): void {
    const present = new Set(objects.map(({ metadata }) => metadata.uid));
    for (const known of this.#all(storage)) if (!present.has(known.metadata.uid)) this.remove(storage, known);
    for (const object of objects) this.set(storage, object);
  }

  set(storage: MainStorage, { ...object }: KubeObject): void {
    // Nobody here reads them, and they are half of the text.
    const { managedFields: _, ...metadata } = object.metadata;
    object.metadata = metadata;
    if (storage === 'namespaces') {
      const cluster = metadata.labels?.[clusterIdLabel];
      if (cluster === undefined) return;
      const mirrors = this.#of(cluster);
      if (isOlder(object, mirrors.namespace)) return;
      mirrors.namespace = object;
      this.events.onNamespace(cluster);
      return;
    }
    const key = keyOfMirror(storage, object);
    if (key === undefined) return;
    const mirrors = this.#of(key.cluster)[storage];
    const place = `${key.namespace}/${key.name}`;
    if (isOlder(object, mirrors.get(place))) return;
    mirrors.set(place, object);
    if (storage === 'nodes') this.#nodeOwners.set(metadata.name, key.cluster);
    this.events.onMirror(key);
  }

  /** Forgets an object that has gone, if it is the one that is known. */
  remove(storage: MainStorage, object: KubeObject): void {
    const cluster = object.metadata.labels?.[clusterIdLabel];
    const mirrors = cluster === undefined ? undefined : this.#clusters.get(cluster);
    if (cluster === undefined || mirrors === undefined) return;
    if (storage === 'namespaces') {
      if (mirrors.namespace?.metadata.uid !== object.metadata.uid) return;
      mirrors.namespace = undefined;
      this.#dropIfEmpty(cluster, mirrors);
      this.events.onNamespace(cluster);
      return;
    }
    const key = keyOfMirror(storage, object);
    if (key === undefined) return;
    const place = `${key.namespace}/${key.name}`;
    if (mirrors[storage].get(place)?.metadata.uid !== object.metadata.uid) return;
    mirrors[storage].delete(place);
    if (storage === 'nodes') this.#nodeOwners.delete(object.metadata.name);
    this.#dropIfEmpty(cluster, mirrors);
    this.events.onMirror(key);
  }

  /** Forgets all that belongs to a cluster. */
  forget(cluster: string): void {
    for (const { metadata } of this.#clusters.get(cluster)?.nodes.values() ?? [])
      this.#nodeOwners.delete(metadata.name);
    this.#clusters.delete(cluster);
  }

  /** The name that the namespace says its logical cluster has. */
  clusterName(cluster: string): string | undefined {
    const mirrors = this.#clusters.get(cluster);
    const any =
      mirrors?.namespace ?? mirrors?.nodes.values().next().value ?? mirrors?.pods.values().next().value;
    return any?.metadata.labels?.[logicalClusterLabel];
  }

  *#all(storage: MainStorage): Generator<KubeObject> {
    for (const mirrors of [...this.#clusters.values()]) {
      if (storage !== 'namespaces') yield* [...mirrors[storage].values()];
      else if (mirrors.namespace !== undefined) yield mirrors.namespace;
    }
  }

  #of(cluster: string): ClusterMirrors {
    let mirrors = this.#clusters.get(cluster);
    if (mirrors === undefined) {
      mirrors = { namespace: undefined, nodes: new Map(), pods: new Map() };
      this.#clusters.set(cluster, mirrors);
    }
    return mirrors;
  }

  #dropIfEmpty(cluster: string, { namespace, nodes, pods }: ClusterMirrors): void {
    if (namespace === undefined && nodes.size + pods.size === 0) this.#clusters.delete(cluster);
  }
}

/** Of the same object, so that one that was made anew after a loss of the main cluster counts. */
const isOlder = (object: KubeObject, known: KubeObject | undefined): boolean =>
  known !== undefined &&
  known.metadata.uid === object.metadata.uid &&
  compareRevisions(revisionOf(object), revisionOf(known)) <= 0;
