import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ClusterApi, ResourceCatalog, UserInfo } from '@scale-cluster/memory-apiserver';

/** What a backend needs to know to make a cluster, the same at every start of the program. */
export interface ProvisionRequest {
  name: string;
  /** Seed of all that is unique in the cluster: the same uid gives the same object uids. */
  uid: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** Bearer tokens that its API accepts from the start. */
  tokens: Record<string, UserInfo>;
}

/** A request that a cluster's API has answered. */
export interface RequestInfo {
  verb: string;
  resource: string;
  userAgent: string;
  code: number;
  bytes: number;
}

/** The Kubernetes API of one cluster, as a backend provides it. */
export interface BackendCluster {
  readonly name: string;
  readonly uid: string;
  /** `host:port` that Rancher dials in the tunnel; never changes for a cluster. */
  readonly address: string;
  /** PEM that the certificate at {@link address} verifies against; never changes. */
  readonly caCert: string;
  /** Such as `v1.28.5+k3s1`. */
  readonly version: string;
  /** In-process access for our own doings. */
  readonly api: ClusterApi;
  /** What it serves, CRDs included. */
  readonly catalog: ResourceCatalog;
  /** Answers one HTTP request to its Kubernetes API. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Goes on with a connection in another protocol, or answers that it can't: exec, attach, port-forward. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  objectCount(): number;
}

/** Where the APIs of clusters live. One per fleet. */
export interface Backend {
  readonly kind: string;
  /** Nodes that a new cluster has. */
  readonly nodeCount: number;
  /** Longest name a cluster may have. */
  readonly maxNameLength: number;
  /** Brings up APIs that existed before a restart; once, before the first {@link provision}. */
  adopt(requests: readonly ProvisionRequest[], onAdopted: (cluster: BackendCluster) => void): Promise<void>;
  /** Makes the cluster's API, or gives the one that is there. */
  provision(request: ProvisionRequest): Promise<BackendCluster>;
  /** Removes the API and everything that was stored in it. */
  remove(uid: string): Promise<void>;
  close(): Promise<void>;
}
