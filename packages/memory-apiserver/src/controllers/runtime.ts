import { type ApiError, isApiError } from '../errors.js';
import { DelayingQueue } from '../delaying-queue.js';
import type { KubeObject } from '../object.js';
import type { ClusterReads, StorageName } from '../registry/api.js';
import { builtinControllers } from './builtin.js';
import type { Change, ChangeType, ClusterHandle, Controller, ControllerContext } from './controller.js';
import { clusterRecorder, silentRecorder } from './event-recorder.js';
import { NamedApi } from './named-api.js';
import { OwnerIndex } from './owner-index.js';

/** Where delayed keys wait. {@link DelayingQueue} is one; a test or a base has one with a clock of its own. */
export interface Delays {
  add(key: string, item: Work, delayMs: number): void;
  remove(key: string): void;
  close(): void;
}

export interface ControllerRuntimeOptions {
  /** @default all built-in controllers */
  controllers?: readonly Controller[];
  /** Names of controllers that don't run. */
  disabled?: readonly string[];
  /** Milliseconds since the epoch. @default Date.now */
  now?: () => number;
  /** @default Math.random */
  random?: () => number;
  logger?: {
    warn(object: object, message: string): void;
    debug?(object: object, message: string): void;
  };
  /** Makes the place where delayed keys wait. @default a {@link DelayingQueue} on `now` */
  delays?: (onDue: (work: Work) => void) => Delays;
  /** Whether doings are written as Events. @default true */
  events?: boolean;
  /** How long work may go on before other things in the process get their turn. @default 4 */
  sliceMs?: number;
}

/** Counters since the start. */
export interface ControllerMetrics {
  reconciles: number;
  failures: number;
  /** Keys that wait to be reconciled now. */
  queued: number;
  /** Keys that wait for a delay to pass. */
  delayed: number;
}

interface Registered {
  readonly index: number;
  readonly controller: Controller;
}

/** One key of one controller in one cluster. */
export interface Work {
  readonly uid: string;
  readonly controller: number;
  readonly key: string;
}

/** What there is of a cluster in the runtime; the collections exist only while something is in them. */
interface ClusterWork {
  readonly cluster: ClusterHandle;
  readonly isIndexed: boolean;
  owners: OwnerIndex | undefined;
  contexts: (ControllerContext | undefined)[] | undefined;
  /** Keys to reconcile now, in the order of arrival. */
  pending: Map<string, Work> | undefined;
  delayed: Map<string, Work> | undefined;
  /** Failures in a row by work id. */
  failures: Map<string, number> | undefined;
}

/** One change on its way past the controllers: made once for all of them. */
class Offer implements Change {
  /** Whose turn it is. */
  controller = 0;

  constructor(
    readonly state: ClusterWork,
    readonly type: ChangeType,
    readonly storage: StorageName,
    readonly object: KubeObject,
    readonly owners: OwnerIndex,
    readonly former: () => Pick<KubeObject, 'metadata'> | undefined,
  ) {}

  get cluster(): ClusterHandle {
    return this.state.cluster;
  }

  get api(): ClusterReads {
    return this.state.cluster.api.shared;
  }

  readonly formerLabels = (): Record<string, string> | undefined => this.former()?.metadata.labels;

  readonly waiting = (): readonly string[] => {
    const works = [...(this.state.delayed?.values() ?? [])];
    return works.filter(({ controller }) => controller === this.controller).map(({ key }) => key);
  };
}

const firstRetryMs = 50;
const longestRetryMs = 60_000;
/** A key that has failed so often in a row is no longer taken up at once when something changes, but after a second. */
const patience = 3;
const impatientRetryMs = 1000;
/** Keys that one cluster may have reconciled before it is the next cluster's turn. */
const keysPerTurn = 8;

/**
 * Runs the controllers of all clusters of a process on one queue. Clusters with work take turns of a few keys, so
 * a busy one doesn't hold up another; work is done in slices of a few milliseconds, between which the process
 * answers requests. A cluster in which nothing changes has no timer, no entry in a queue and no closure here.
 */
export class ControllerRuntime {
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #logger: ControllerRuntimeOptions['logger'];
  readonly #events: boolean;
  readonly #sliceMs: number;
  readonly #controllers: readonly Controller[];
  readonly #byStorage = new Map<StorageName, Registered[]>();
  readonly #ofAll: readonly Registered[];
  readonly #delays: Delays;
  readonly #clusters = new Map<string, ClusterWork>();
  /** Clusters that have pending keys, the next one first. */
  #turns = new Set<ClusterWork>();
  #scheduled: NodeJS.Immediate | undefined;
  #waitingForIdle: (() => void)[] = [];
  #closed = false;
  #reconciles = 0;
  #failures = 0;
  #queued = 0;
  #delayed = 0;

  constructor(options: ControllerRuntimeOptions = {}) {
    this.#now = options.now ?? (() => Date.now());
    this.#random = options.random ?? (() => Math.random());
    this.#logger = options.logger;
    this.#events = options.events ?? true;
    this.#sliceMs = options.sliceMs ?? 4;
    const disabled = new Set(options.disabled);
    this.#controllers = (options.controllers ?? builtinControllers()).filter(
      ({ name }) => !disabled.has(name),
    );
    this.#ofAll = this.#watching('*');
    const onDue = (work: Work): void => this.#due(work);
    this.#delays = options.delays?.(onDue) ?? new DelayingQueue<Work>({ onDue, now: this.#now });
  }

  /**
   * Makes a cluster known. The objects of its base are taken as settled, but for those of {@link Controller.timed}.
   *
   * @param restored objects that the cluster has beyond its base, from an earlier life, and those of the base that it
   *   has deleted: controllers go on with them. Empty for a new cluster. Without it controllers can't rely on knowing
   *   who owns what and read more.
   */
  addCluster(
    cluster: ClusterHandle,
    restored?: Iterable<{ storage: StorageName; object: KubeObject; isDeleted?: boolean }>,
  ): void {
    const state: ClusterWork = {
      cluster,
      isIndexed: restored !== undefined,
      owners: undefined,
      contexts: undefined,
      pending: undefined,
      delayed: undefined,
      failures: undefined,
    };
    this.#clusters.set(cluster.uid, state);
    for (const { storage, object, isDeleted } of restored ?? [])
      this.onChange(cluster.uid, isDeleted === true ? 'DELETED' : 'MODIFIED', storage, object);
    this.#controllers.forEach((controller, index) => {
      const { timed = [] } = controller;
      for (const storage of typeof timed === 'function' ? timed(cluster) : timed) {
        if (cluster.api.count(storage) === 0) continue;
        for (const object of cluster.api.shared.list(storage)) {
          const owners = this.#ownersOf(state);
          const change = new Offer(state, 'ADDED', storage, object, owners, () => undefined);
          this.#offer(change, { index, controller });
        }
      }
    });
  }

  /** Forgets a cluster and whatever waits for it. */
  removeCluster(uid: string): void {
    const state = this.#clusters.get(uid);
    if (state === undefined) return;
    this.#clusters.delete(uid);
    this.#turns.delete(state);
    this.#queued -= state.pending?.size ?? 0;
    for (const id of state.delayed?.keys() ?? []) {
      this.#delays.remove(id);
      this.#delayed -= 1;
    }
    this.#settle();
  }

  /**
   * Tells of a change in a cluster; called by the store within the write. Costs a look into a table and the
   * controllers' {@link Controller.keysFor}; the work itself is done later. Unknown clusters are ignored.
   *
   * @param previous the state before, made only if a controller asks for it
   */
  onChange(
    uid: string,
    type: ChangeType,
    storage: StorageName,
    object: KubeObject,
    previous?: () => Pick<KubeObject, 'metadata'> | undefined,
  ): void {
    const state = this.#clusters.get(uid);
    if (state === undefined || this.#closed) return;
    const former = previous ?? (() => undefined);
    const change = new Offer(state, type, storage, object, this.#ownersOf(state), former);
    for (const registered of this.#watching(storage)) this.#offer(change, registered);
    for (const registered of this.#ofAll) this.#offer(change, registered);
    // After the controllers: the garbage collector asks whether a gone object had dependents.
    if (object.metadata.ownerReferences !== undefined) {
      const owners = this.#ownersOf(state);
      if (type === 'DELETED') owners.remove(storage, object);
      else owners.add(storage, object);
    }
  }

  /** Resolves when nothing is to be done now; keys that wait for a delay don't count. */
  idle(): Promise<void> {
    if (this.#turns.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waitingForIdle.push(resolve));
  }

  /** Does all that is due, at once and synchronously: for bases and tests. */
  drain(): void {
    while (this.#turns.size > 0) this.#turn();
    this.#settle();
  }

  metrics(): ControllerMetrics {
    return {
      reconciles: this.#reconciles,
      failures: this.#failures,
      queued: this.#queued,
      delayed: this.#delayed,
    };
  }

  /** Ends all work; what waits is dropped. */
  close(): void {
    this.#closed = true;
    this.#delays.close();
    if (this.#scheduled !== undefined) clearImmediate(this.#scheduled);
    this.#clusters.clear();
    this.#turns.clear();
    this.#queued = 0;
    this.#delayed = 0;
    this.#settle();
  }

  #watching(storage: StorageName): Registered[] {
    let watching = this.#byStorage.get(storage);
    if (watching === undefined) {
      watching = [];
      for (const [index, controller] of this.#controllers.entries()) {
        if (controller.watches.includes(storage)) watching.push({ index, controller });
      }
      this.#byStorage.set(storage, watching);
    }
    return watching;
  }

  #offer(change: Offer, { index, controller }: Registered): void {
    const { state } = change;
    change.controller = index;
    const gatherMs = change.storage === controller.watches[0] ? 0 : (controller.gatherMs ?? 0);
    for (const key of controller.keysFor(change)) {
      const work = { uid: state.cluster.uid, controller: index, key };
      const id = workId(work);
      if (state.pending?.has(id) === true) continue;
      // A reconcile that fails after it has written would otherwise call itself for ever.
      const isFailing = (state.failures?.get(id) ?? 0) >= patience;
      if (isFailing || gatherMs > 0) this.#delay(state, work, isFailing ? impatientRetryMs : gatherMs);
      else this.#enqueue(state, work);
    }
  }

  #ownersOf(state: ClusterWork): OwnerIndex {
    const { baseOwners, name, variables } = state.cluster;
    return (state.owners ??= new OwnerIndex(
      baseOwners,
      name === undefined ? undefined : { name, variables },
    ));
  }

  #enqueue(state: ClusterWork, work: Work): void {
    const pending = (state.pending ??= new Map<string, Work>());
    const id = workId(work);
    if (pending.has(id)) return;
    pending.set(id, work);
    this.#queued += 1;
    this.#turns.add(state);
    this.#scheduled ??= setImmediate(() => this.#slice());
  }

  #due(work: Work): void {
    const state = this.#clusters.get(work.uid);
    if (state?.delayed?.delete(workId(work)) !== true) return;
    this.#delayed -= 1;
    if (state.delayed.size === 0) state.delayed = undefined;
    this.#enqueue(state, work);
  }

  #slice(): void {
    this.#scheduled = undefined;
    const end = performance.now() + this.#sliceMs;
    while (this.#turns.size > 0 && performance.now() < end) this.#turn();
    if (this.#turns.size > 0) this.#scheduled = setImmediate(() => this.#slice());
    else this.#settle();
  }

  /** Reconciles some keys of the cluster whose turn it is and sends it to the end of the line. */
  #turn(): void {
    const [state] = this.#turns;
    if (state === undefined) return;
    this.#turns.delete(state);
    const pending = state.pending;
    if (pending === undefined) return;
    let left = keysPerTurn;
    for (const [id, work] of pending) {
      if (left-- === 0) break;
      pending.delete(id);
      this.#queued -= 1;
      this.#reconcile(state, id, work);
      // The reconcile may have ended the cluster.
      if (this.#clusters.get(work.uid) !== state) return;
    }
    if (pending.size > 0) {
      this.#turns.add(state);
    } else {
      state.pending = undefined;
      state.contexts = undefined;
    }
  }

  #reconcile(state: ClusterWork, id: string, work: Work): void {
    const controller = this.#controllers[work.controller];
    if (controller === undefined) return;
    this.#reconciles += 1;
    try {
      controller.reconcile(work.key, this.#contextOf(state, work.controller, controller));
      if (state.failures?.delete(id) === true && state.failures.size === 0) state.failures = undefined;
    } catch (error) {
      this.#failures += 1;
      const failures = (state.failures ??= new Map<string, number>());
      const attempt = (failures.get(id) ?? 0) + 1;
      failures.set(id, attempt);
      const ceiling = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(attempt, 16));
      const retryInMs = ceiling * (0.5 + this.#random() / 2);
      const about = { controller: controller.name, key: work.key, cluster: work.uid, attempt, retryInMs };
      if (isRefusal(error))
        this.#logger?.debug?.(
          { ...about, reason: error.reason, refusal: error.message },
          'reconcile refused',
        );
      else this.#logger?.warn({ ...about, err: error }, 'reconcile failed');
      this.#delay(state, work, retryInMs);
    }
  }

  #contextOf(state: ClusterWork, index: number, controller: Controller): ControllerContext {
    const contexts = (state.contexts ??= []);
    const existing = contexts[index];
    if (existing !== undefined) return existing;
    const { cluster } = state;
    const api = new NamedApi(cluster.api, fieldManagers[controller.name] ?? 'kube-controller-manager');
    return (contexts[index] = {
      cluster,
      api,
      owners: this.#ownersOf(state),
      isIndexed: state.isIndexed,
      events: this.#events ? clusterRecorder(api, componentOf(controller), this.#now) : silentRecorder,
      now: this.#now,
      random: this.#random,
      requeue: (key, delayMs) => this.#delay(state, { uid: cluster.uid, controller: index, key }, delayMs),
    });
  }

  #delay(state: ClusterWork, work: Work, delayMs: number): void {
    if (this.#closed || this.#clusters.get(work.uid) !== state) return;
    const id = workId(work);
    const delayed = (state.delayed ??= new Map<string, Work>());
    if (!delayed.has(id)) this.#delayed += 1;
    delayed.set(id, work);
    this.#delays.add(id, work, delayMs);
  }

  #settle(): void {
    if (this.#turns.size > 0) return;
    const waiting = this.#waitingForIdle;
    this.#waitingForIdle = [];
    for (const resolve of waiting) resolve();
  }
}

/** What the API says no with in the ordinary course of things: two writers, quotas, namespaces that end. */
const refusals: ReadonlySet<string> = new Set([
  'AlreadyExists',
  'Conflict',
  'Forbidden',
  'NotFound',
  'TooManyRequests',
]);

const isRefusal = (error: unknown): error is ApiError => isApiError(error) && refusals.has(error.reason);

const workId = ({ uid, controller, key }: Work): string => `${uid}/${controller}/${key}`;

/** The name by which upstream's Events call the part. */
const componentOf = ({ name }: Controller): string => components[name] ?? `${name}-controller`;

const components: Readonly<Record<string, string>> = {
  disruption: 'controllermanager',
  scheduler: 'default-scheduler',
  kubelet: 'kubelet',
  stage: 'kwok',
  replicationcontroller: 'replication-controller',
  'persistentvolume-binder': 'persistentvolume-controller',
};

/** The programs that upstream's controllers are part of, by controller; the others are kube-controller-manager's. */
const fieldManagers: Readonly<Record<string, string>> = {
  scheduler: 'kube-scheduler',
  kubelet: 'kubelet',
  node: 'kubelet',
  'node-heartbeat': 'kubelet',
  stage: 'kwok',
};
