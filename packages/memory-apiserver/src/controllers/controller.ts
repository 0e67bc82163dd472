import type { KubeObject } from '../object.js';
import type { ClusterApi, StorageName } from '../registry/api.js';

/** What a controller is given for one cluster. The runtime makes one per cluster; controllers keep no state. */
export interface ControllerContext {
  readonly api: ClusterApi;
  /** Milliseconds since the epoch; injected so that tests own the time. */
  now(): number;
  /** 0 ≤ x < 1; injected so that runs can be repeated. */
  random(): number;
  /** Reconciles the key again after `delayMs`, on the queue shared by all clusters and controllers. */
  requeue(key: string, delayMs: number): void;
}

/**
 * A level-triggered loop over one kind of object. The runtime calls {@link reconcile} with the key of an object
 * after it, or one that {@link keysFor} maps to it, has changed; equal keys in the queue are one call.
 */
export interface Controller {
  /** Stands in options that switch it off: `deployment`, `namespace`, `garbage-collector`, … */
  readonly name: string;
  /** Storages whose changes concern it. */
  readonly watches: readonly StorageName[];
  /** Keys (the controller's own form, usually `namespace/name`) to reconcile after this object changed. */
  keysFor(storage: StorageName, object: KubeObject, api: ClusterApi): readonly string[];
  /** Makes the cluster as it should be for the key; ApiError Conflict and other throws are retried with backoff. */
  reconcile(key: string, context: ControllerContext): void;
}
