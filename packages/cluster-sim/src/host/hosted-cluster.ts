import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ChurnName } from '../churn/kinds.js';
import type { ClusterContents } from '../template/describe.js';
import type { TunnelCounters, TunnelKind } from '../tunnels/cluster-tunnels.js';

/** How a cluster logs in at Rancher, as the agent in it has to know. Plain data. */
export interface Registration {
  /** Of the registration, by which both tunnels log in; rotated by Rancher now and then. */
  token: string;
  /** PEM; empty when Rancher's certificate is publicly trusted. */
  caCert: string;
  /** sha256 hex of the CA as in CATTLE_CA_CHECKSUM; empty without one. */
  caChecksum: string;
}

/** What the tunnels of a cluster are opened with, besides its {@link Registration}. Plain data. */
export interface TunnelOpening {
  rancherId: string | undefined;
  /** How Rancher's certificate is checked. */
  tls: { ca?: string; rejectUnauthorized: boolean };
  /** The cluster has not been connected before. */
  firstTime: boolean;
}

/** Both tunnels of a cluster as last heard of. */
export type TunnelsState = Readonly<Record<TunnelKind, Readonly<TunnelCounters>>>;

/**
 * The live half of one cluster: its Kubernetes API, what Rancher's agent does in it, and its tunnels, in this thread or
 * in another one. Arguments and results are plain data, but for requests. Calls reject with what went wrong, and all of
 * them with ShardLostError when the thread has ended; a new one has to be made then.
 */
export interface HostedCluster {
  readonly name: string;
  readonly uid: string;
  /** It has the part of the agent that was asked for by `ClusterRequest.agent`. */
  readonly sharesAgent: boolean;
  /** Undefined until {@link openTunnels}. */
  readonly tunnels: TunnelsState | undefined;
  /** Whether Rancher's import manifest is applied already, with the Secret of the credentials if they are given. */
  hasAgent(credentials?: string): Promise<boolean>;
  /** Does what Rancher's agent does at its start; safe to repeat. `manifest` is Rancher's import manifest, if it is to be applied. */
  installAgent(registration: Registration, manifest?: string): Promise<void>;
  /** Takes another registration token in use, from the next connect on. */
  register(registration: Registration): Promise<void>;
  /** Begins to connect both tunnels and keeps them connected; they are told of by the host's events. */
  openTunnels(registration: Registration, opening: TunnelOpening): Promise<void>;
  /** Its objects in the seeds' format. `now` in milliseconds. */
  describe(now: number): Promise<ClusterContents>;
  /** One write of churn; false while the one before is under way. */
  churn(name: ChurnName, now: number): Promise<boolean>;
  /** Removes all that churn has made, in earlier runs too. */
  clearChurn(): Promise<void>;
  /** Answers one HTTP request to its Kubernetes API. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Goes on with a connection in another protocol, or answers that it can't: exec, attach, port-forward. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** Why an attempt to connect a tunnel failed. Plain data. */
export interface AttemptFailure {
  kind: TunnelKind;
  message: string;
  /** HTTP status of a refused handshake. */
  status: number | undefined;
  retryInMs: number;
}

/** What is told of clusters that were not asked for anything. */
export interface HostEvents {
  /** A tunnel went up or down: see {@link HostedCluster.tunnels}. */
  onTunnels(uid: string): void;
  /** Rancher opened or closed a connection through one of them: so often that nobody should do much then. */
  onConnections?(uid: string): void;
  onAttemptFailed(uid: string, failure: AttemptFailure): void;
}

/** Both are connected. */
export const tunnelsUp = (tunnels: TunnelsState | undefined): boolean =>
  tunnels?.cluster.status === 'connected' && tunnels.steve.status === 'connected';
