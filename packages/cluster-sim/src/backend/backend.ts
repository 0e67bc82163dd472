import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ResourceCatalog, UserInfo } from '@scale-cluster/memory-apiserver';
import type { BackendKind } from './backend-kinds.js';
import type { ClusterObjects } from './cluster-objects.js';

/** What a backend needs to know to make a cluster, the same at every start of the program. */
export interface ProvisionRequest {
  name: string;
  /** Seed of all that is unique in the cluster: the same uid gives the same object uids. */
  uid: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** Bearer tokens that its API accepts from the start. */
  tokens: Record<string, UserInfo>;
  /** Name of what it begins with, see `TemplateSet`; undefined is the default one. */
  template?: string | undefined;
  /** What it has of Rancher's agent from the start, if its backend can give it that. */
  agent?: AgentShare | undefined;
}

/** The part of an import manifest that clusters share, and what takes the cluster's place in it. */
export interface AgentShare {
  /** Hash of that part, see `AgentManifests`. */
  manifest: string;
  /** See `SplitManifest`. */
  credentials: string;
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
  /** Access for our own doings. */
  readonly objects: ClusterObjects;
  /** What it serves, CRDs included, as last seen. */
  readonly catalog: ResourceCatalog;
  /** Resolves when {@link catalog} has what the definitions say by now; absent where it follows them at once. */
  readonly discovered?: () => Promise<void>;
  /**
   * It has the part of the agent that was asked for by `ProvisionRequest.agent`. If it hasn't, the agent is to be
   * installed by writes, and later requests must not ask for that part: it would come on top of what was written.
   */
  readonly sharesAgent?: boolean;
  /** Its nodes carry the agent's figures of the template's pods already, so that nobody has to write them. */
  readonly hasPodTotals: boolean;
  /** Answers one HTTP request to its Kubernetes API. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Goes on with a connection in another protocol, or answers that it can't: exec, attach, port-forward. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** As last seen. */
  objectCount(): number;
}

/**
 * - `idle`: no cluster has needed it yet
 * - `starting`: on its way; clusters wait
 * - `ready`: clusters can be made
 * - `repairing`: it was ready, something broke and is being put right
 * - `failed`: it can't go on by itself at the moment, `message` says why; it tries again
 */
export type BackendPhase = 'idle' | 'starting' | 'ready' | 'repairing' | 'failed';

export interface BackendStatus {
  phase: BackendPhase;
  /** What it is doing or waiting for, for the user; empty when there is nothing to say. */
  message: string;
  /** When this phase began, milliseconds since the epoch. */
  since: number;
}

/** Where the APIs of clusters live. At most one of each kind per fleet, made when the first cluster needs it. */
export interface Backend {
  readonly kind: BackendKind;
  /** Cheap; asked by every look at `/api/v1/backends`. */
  status(): BackendStatus;
  /**
   * Begins to work, and brings up the APIs of all its clusters that existed before a restart (none if it has no
   * clusters yet); once, before the first {@link provision}. Clusters that are not told to `onAdopted` are provisioned
   * anew. Nothing but the clusters of this backend waits for it. What can't be put right soon must not hold it up: then
   * {@link provision} rejects with what is wrong, for the user to see.
   */
  adopt(requests: readonly ProvisionRequest[], onAdopted: (cluster: BackendCluster) => void): Promise<void>;
  /** Makes the cluster's API, or gives the one that is there. Rejections are tried again later. */
  provision(request: ProvisionRequest): Promise<BackendCluster>;
  /** Removes the API and everything that was stored in it; no error when there is nothing. */
  remove(uid: string): Promise<void>;
  /** Leaves everything so that a later {@link adopt} finds it. */
  close(): Promise<void>;
}
