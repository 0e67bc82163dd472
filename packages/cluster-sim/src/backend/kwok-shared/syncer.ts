import type { KubeObject } from '@scale-cluster/memory-apiserver';
import { errorText } from '../../errors.js';
import type { Logger } from '../../logger.js';
import type { ApiConnection } from '../http-objects/api-connection.js';
import { ListWatch } from './list-watch.js';
import type { LogicalCluster } from './logical-cluster.js';
import { MainObjects } from './main-objects.js';
import { Mirrors, type MainStorage } from './mirrors.js';
import {
  clusterIdLabel,
  keyOfMirror,
  keyText,
  logicalKey,
  type LogicalKey,
  type MirroredStorage,
} from './names.js';
import { corePath } from './paths.js';
import { isUnfinished, podSpec } from './pod-mirror.js';
import { syncNode } from './sync-node.js';
import { endWithMirror, syncPod } from './sync-pod.js';
import { ensureNamespace, NamespaceTakenError, removeFromMain } from './sync-namespace.js';
import { WorkQueue } from './work-queue.js';

export interface SyncerOptions {
  now: () => number;
  random: () => number;
  logger: Logger;
  /** Requests to the main cluster at a time. @default 16 */
  concurrency?: number;
}

interface Attached {
  readonly cluster: LogicalCluster;
  readonly watches: readonly { close(): void }[];
}

interface Connected {
  readonly api: ApiConnection;
  readonly main: MainObjects;
  readonly informers: readonly ListWatch[];
}

const followed: readonly MainStorage[] = ['namespaces', 'nodes', 'pods'];
const mirrored: readonly MirroredStorage[] = ['nodes', 'pods'];

/** How often one failing object is spoken of: at these attempts. */
const isWorthALine = (attempt: number): boolean => attempt === 3 || attempt % 20 === 0;

/**
 * Keeps the nodes and pods of all logical clusters and those of the main cluster equal, both ways, as a virtual
 * cluster's syncer does. One set of informers follows the main cluster for all of them. Whatever changes on either side
 * puts a key into one queue; the work on a key looks at both sides as they are by then, so that events that were missed,
 * doubled or late do no harm, nor does a main cluster that was away or begins empty.
 */
export class Syncer {
  readonly #clusters = new Map<string, Attached>();
  /** Uids that are to come; whoever is neither this nor attached is a leftover in the main cluster. */
  readonly #expected = new Set<string>();
  /** Names of clusters that have gone here and are still to go there. */
  readonly #removed = new Map<string, string>();
  readonly #mirrors: Mirrors;
  readonly #queue: WorkQueue;
  /** Keys of pods that wait, by what they wait for: a cluster's uid (its namespace) or the key of a node. */
  readonly #waiting = new Map<string, Set<string>>();
  /** Who waits for a cluster to be in step, by its uid. */
  readonly #listeners = new Map<string, Set<() => void>>();
  #connected: Connected | undefined;

  constructor(private readonly options: SyncerOptions) {
    const { now, random, logger, concurrency } = options;
    this.#mirrors = new Mirrors({
      onMirror: (key) => this.#onMirror(key),
      onNamespace: (uid) => this.#onNamespace(uid),
    });
    this.#queue = new WorkQueue({
      now,
      random,
      ...(concurrency === undefined ? {} : { concurrency }),
      work: (key) => this.#work(key),
      onDone: (key) => this.#tell(key),
      onError: (key, error, attempt) => {
        if (error instanceof NamespaceTakenError && error.owner !== undefined) this.#queue.add(error.owner);
        const line = { key, attempt, error: errorText(error) };
        if (isWorthALine(attempt)) logger.warn(line, 'object not in step with the main cluster; tried again');
        else logger.debug(line, 'object not in step with the main cluster; tried again');
      },
    });
  }

  /** Clusters that will be attached soon: what there is of them in the main cluster stays. */
  expect(uids: Iterable<string>): void {
    for (const uid of uids) this.#expected.add(uid);
  }

  attach(cluster: LogicalCluster): void {
    const { uid, api } = cluster;
    const watches = mirrored.map((storage) =>
      api.watch(storage, {}, (_type, object) => this.#queue.add(keyText(logicalKey(uid, storage, object)))),
    );
    this.#clusters.set(uid, { cluster, watches });
    this.#expected.delete(uid);
    this.#removed.delete(uid);
    this.#look(uid);
  }

  /** The cluster is gone for good: so is, when it can be, what there is of it in the main cluster. */
  detach(uid: string): void {
    this.#expected.delete(uid);
    const attached = this.#clusters.get(uid);
    if (attached !== undefined) {
      for (const watch of attached.watches) watch.close();
      this.#clusters.delete(uid);
      this.#removed.set(uid, attached.cluster.name);
    }
    this.#queue.add(uid);
  }

  /** The main cluster is there, or there again. */
  connect(api: ApiConnection): void {
    this.disconnect();
    const missing = new Set(followed);
    const listed = (storage: MainStorage, objects: readonly KubeObject[]): void => {
      this.#mirrors.replace(storage, objects);
      // Until all is known, an object that isn't is no reason to make it.
      if (!missing.delete(storage) || missing.size > 0) return;
      for (const uid of new Set([...this.#clusters.keys(), ...this.#mirrors.clusters()])) this.#look(uid);
      this.#queue.resume();
    };
    const informers = followed.map(
      (storage) =>
        new ListWatch({
          api,
          path: corePath(storage),
          labelSelector: clusterIdLabel,
          random: this.options.random,
          onList: (objects) => listed(storage, objects),
          onEvent: (type, object) => {
            if (type === 'DELETED') this.#onGone(storage, object);
            else this.#mirrors.set(storage, object);
          },
          onError: (error) =>
            this.options.logger.debug({ storage, error: errorText(error) }, 'main cluster not followed'),
        }),
    );
    this.#connected = { api, main: new MainObjects(api, this.#mirrors), informers };
  }

  /** The main cluster is away; what there is to do waits. */
  disconnect(): void {
    this.#queue.pause();
    for (const informer of this.#connected?.informers ?? []) informer.close();
    this.#connected = undefined;
  }

  /** Resolves when all nodes and pods of an attached cluster are in the main cluster; rejects with the signal's reason. */
  whenMirrored(uid: string, signal: AbortSignal): Promise<void> {
    return this.#until(uid, () => this.#isMirrored(uid), signal);
  }

  /** Resolves when nothing of a detached cluster is known to be in the main cluster; rejects with the signal's reason. */
  whenRemoved(uid: string, signal: AbortSignal): Promise<void> {
    return this.#until(uid, () => !this.#removed.has(uid), signal);
  }

  close(): void {
    this.disconnect();
    this.#queue.close();
    for (const { watches } of this.#clusters.values()) for (const watch of watches) watch.close();
    this.#clusters.clear();
  }

  /** Has everything of a cluster looked at, on both sides. */
  #look(uid: string): void {
    this.#queue.add(uid);
    const attached = this.#clusters.get(uid);
    if (attached === undefined) return;
    const { api } = attached.cluster;
    for (const storage of mirrored)
      for (const object of api.list(storage)) this.#queue.add(keyText(logicalKey(uid, storage, object)));
    for (const { key } of this.#mirrors.objects(uid)) this.#queue.add(keyText(key));
  }

  #onGone(storage: MainStorage, object: KubeObject): void {
    const key = storage === 'pods' ? keyOfMirror(storage, object) : undefined;
    const cluster = key === undefined ? undefined : this.#clusters.get(key.cluster)?.cluster;
    if (key !== undefined && cluster !== undefined) endWithMirror(cluster, key, object);
    this.#mirrors.remove(storage, object);
  }

  #onMirror(key: LogicalKey): void {
    const isAttached = this.#clusters.has(key.cluster);
    this.#queue.add(isAttached ? keyText(key) : key.cluster);
    if (key.storage === 'nodes') this.#release(keyText(key));
  }

  #onNamespace(uid: string): void {
    this.#queue.add(uid);
    this.#release(uid);
  }

  #release(awaited: string): void {
    const waiting = this.#waiting.get(awaited);
    this.#waiting.delete(awaited);
    for (const key of waiting ?? []) this.#queue.add(key);
  }

  async #work(text: string): Promise<void> {
    const connected = this.#connected;
    if (connected === undefined) throw new Error('the main cluster is away');
    const { main, api } = connected;
    const [uid = '', storage, namespace = '', name = ''] = text.split('/');
    const cluster = this.#clusters.get(uid)?.cluster;
    if (storage === undefined) {
      if (cluster !== undefined) return ensureNamespace(cluster, api, this.#mirrors);
      return this.#remove(uid, api);
    }
    if (cluster === undefined) return;
    const key: LogicalKey = { cluster: uid, storage: storage as MirroredStorage, namespace, name };
    const context = { main, mirrors: this.#mirrors, logger: this.options.logger };
    if (storage === 'nodes') return syncNode(cluster, key, context);
    const awaited = await syncPod(cluster, key, context);
    if (awaited === undefined) return;
    const what =
      'node' in awaited
        ? keyText({ cluster: uid, storage: 'nodes', namespace: '', name: awaited.node })
        : uid;
    let waiting = this.#waiting.get(what);
    if (waiting === undefined) this.#waiting.set(what, (waiting = new Set()));
    waiting.add(text);
  }

  /** Clears the main cluster of a logical cluster that is gone here. */
  async #remove(uid: string, api: ApiConnection): Promise<void> {
    if (this.#expected.has(uid)) return;
    const name = this.#removed.get(uid) ?? this.#mirrors.clusterName(uid);
    if (name !== undefined) await removeFromMain({ uid, name }, api, this.#mirrors);
    this.#removed.delete(uid);
    for (const awaited of [...this.#waiting.keys()])
      if (awaited === uid || awaited.startsWith(`${uid}/`)) this.#waiting.delete(awaited);
  }

  #isMirrored(uid: string): boolean {
    const api = this.#clusters.get(uid)?.cluster.api;
    if (api === undefined || this.#mirrors.namespace(uid) === undefined) return false;
    return mirrored.every((storage) =>
      api.list(storage).every((object) => {
        if (storage === 'pods' && podSpec(object).nodeName === undefined) return true;
        const mirror = this.#mirrors.find(logicalKey(uid, storage, object));
        return mirror !== undefined && (storage === 'nodes' || !isUnfinished(mirror));
      }),
    );
  }

  #tell(key: string): void {
    const [uid = ''] = key.split('/', 1);
    for (const listener of [...(this.#listeners.get(uid) ?? [])]) listener();
  }

  #until(uid: string, holds: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      let listeners = this.#listeners.get(uid);
      if (listeners === undefined) this.#listeners.set(uid, (listeners = new Set()));
      const stop = (): void => {
        listeners.delete(look);
        if (listeners.size === 0) this.#listeners.delete(uid);
        signal.removeEventListener('abort', abort);
      };
      const look = (): void => {
        if (!holds()) return;
        stop();
        resolve();
      };
      const abort = (): void => {
        stop();
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', abort);
      listeners.add(look);
      if (signal.aborted) abort();
      else look();
    });
  }
}
