import type { KubeObject } from '../object.js';
import type { ClusterApi, ClusterReads, StorageName } from '../registry/api.js';
import type { ResourceCatalog } from '../schema/resource.js';
import type { VariableValues } from '../store/placeholders.js';
import type { EventRecorder } from './event-recorder.js';
import type { OwnerIndex } from './owner-index.js';
import type { StageSet } from './stages/stage-set.js';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** What controllers are given of a cluster. One per cluster, made by whoever owns the clusters. */
export interface ClusterHandle {
  readonly uid: string;
  /** What `{{cluster-name}}` stands for in {@link baseOwners}. @default that itself */
  readonly name?: string;
  /** What other placeholders stand for there. */
  readonly variables?: VariableValues | undefined;
  readonly api: ClusterApi;
  readonly catalog: ResourceCatalog;
  /** PEM that goes into each namespace's `kube-root-ca.crt`. */
  readonly caCert?: string;
  /** Who owns what among the objects of the cluster's base: one index for all clusters of a base. */
  readonly baseOwners?: OwnerIndex;
  /** Stages that the cluster has beside the built-in ones; one set for all clusters of a base. */
  readonly stages?: StageSet;
}

/** One change of one object, as a controller is asked which keys it concerns. */
export interface Change {
  readonly type: ChangeType;
  readonly storage: StorageName;
  /** The state after the change, for DELETED the last one, without `kind` and `apiVersion`. Not to be changed. */
  readonly object: KubeObject;
  /** The state before a MODIFIED change, parsed if it is asked for; undefined if the store doesn't tell. */
  readonly former: () => Pick<KubeObject, 'metadata'> | undefined;
  /** The labels in it. */
  readonly formerLabels: () => Record<string, string> | undefined;
  readonly cluster: ClusterHandle;
  readonly api: ClusterReads;
  /** Keys of this controller that wait for a delay in this cluster ({@link ControllerContext.requeue}). */
  readonly waiting: () => readonly string[];
  /** Who is said to own what in this cluster, kept up to date by the runtime. */
  readonly owners: OwnerIndex;
}

/** What a controller is given to reconcile a key of one cluster. */
export interface ControllerContext {
  readonly cluster: ClusterHandle;
  readonly api: ClusterApi;
  readonly owners: OwnerIndex;
  /** True if {@link owners} is complete: whoever added the cluster told which objects it was restored with. */
  readonly isIndexed: boolean;
  readonly events: EventRecorder;
  /** Milliseconds since the epoch; injected so that tests own the time. */
  readonly now: () => number;
  /** 0 ≤ x < 1; injected so that runs can be repeated. */
  readonly random: () => number;
  /** Reconciles the key again after `delayMs`, on the queue shared by all clusters and controllers. */
  readonly requeue: (key: string, delayMs: number) => void;
}

/**
 * A level-triggered loop over one kind of object. The runtime calls {@link reconcile} with the key of an object
 * after it, or one that {@link keysFor} maps to it, has changed; equal keys in the queue are one call.
 */
export interface Controller {
  /** Stands in options that switch it off: `deployment`, `namespace`, `garbage-collector`, … */
  readonly name: string;
  /** Storages whose changes concern it; `*` stands for all, those of custom resources included. */
  readonly watches: readonly StorageName[];
  /**
   * Storages whose objects need time to pass, not a change, to be acted on: they are looked at when a cluster is
   * added, which nothing else is. A `CronJob` is of that sort, and whatever a cluster's own Stages are for.
   */
  readonly timed?: readonly StorageName[] | ((cluster: ClusterHandle) => readonly StorageName[]);
  /**
   * Gathers changes of all storages but the first of {@link watches} for so long before the keys are reconciled: for
   * controllers that read all pods of a namespace, of which many change within a short time. @default 0
   */
  readonly gatherMs?: number;
  /**
   * Keys (the controller's own form, usually `namespace/name`) to reconcile after this change. Called within the
   * write that made the change, so it must be cheap and must not throw.
   */
  keysFor(change: Change): readonly string[];
  /** Makes the cluster as it should be for the key; ApiError Conflict and other throws are retried with backoff. */
  reconcile(key: string, context: ControllerContext): void;
}
