import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KubeObject, ResourceCatalog, ResourceInfo } from '@scale-cluster/memory-apiserver';
import type { ClusterObjects } from '../backend/cluster-objects.js';

/** The cluster behind a steve tunnel. */
export interface SteveCluster {
  readonly name: string;
  /** Rancher's id of it, once known. */
  readonly rancherId?: string;
  readonly objects: ClusterObjects;
  /** What the cluster serves, CRDs included. */
  readonly catalog: ResourceCatalog;
  /** Resolves when {@link catalog} has what the definitions say by now; absent where it follows them at once. */
  readonly discovered?: () => Promise<void>;
  /** `gitVersion`, such as `v1.28.5+k3s1`. */
  readonly version: string;
  /** The Kubernetes API itself. Called for trusted requests: the tunnel has authenticated them. */
  handle(request: IncomingMessage, response: ServerResponse): void;
}

/** A `meta.k8s.io/v1` Table, as far as steve looks at it. */
export interface Table {
  columnDefinitions: readonly TableColumn[];
  rows: readonly { cells: readonly unknown[] }[];
}

export interface TableColumn {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority?: number;
}

/** Prints objects as `kubectl get -o wide` would; `toTable` of memory-apiserver fits. */
export type PrintTable = (
  resource: ResourceInfo,
  objects: KubeObject[],
  now: number,
  options: { includeObject: 'None' },
) => Table;

/** A JSON object of the steve API: a resource, a collection, an error, an event. */
export type SteveObject = Record<string, unknown>;

/** What a client asks for on `/v1/subscribe` (rancher/apiserver `pkg/subscribe/handler.go`). */
export interface SubscribeMessage {
  stop?: boolean;
  resourceType?: string;
  resourceVersion?: string;
  namespace?: string;
  id?: string;
  selector?: string;
  /** `resource.changes`: only say that something has changed, at most once per `debounceMs`. */
  mode?: string;
  debounceMs?: number;
}
