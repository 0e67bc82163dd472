import type { ClusterRequest } from '../backend/backend-set.js';
import type { ChurnName } from '../churn/kinds.js';
import type {
  AttemptFailure,
  HostedCluster,
  Registration,
  TunnelOpening,
  TunnelsState,
} from '../host/hosted-cluster.js';
import type { KeyPairPem } from '../pki/certificates.js';
import type { Settings } from '../settings/schema.js';
import type { ClusterContents } from '../template/describe.js';
import type { Template } from '../template/load.js';
import type { ShardLoad } from './load.js';
import type { CallFailure } from './pending-calls.js';

/** What a shard's thread begins with. Everything in these messages is plain data (structured clone). */
export interface ShardBoot {
  /** Which shard it is, from 0, and how many there are: it has its share of the journal's files. */
  index: number;
  of: number;
  settings: Settings;
  /** Tokens of clusters are derived from it. */
  secret: string;
  /** Signs tokens that are asked for inside clusters. */
  tokenKey: string;
  caCert: string;
  leaf: KeyPairPem;
  /** Unix socket by which people's requests come in from the main thread. */
  doorPath: string;
}

/** What doesn't change of a cluster while it is there. */
export type HostedFacts = Pick<HostedCluster, 'sharesAgent'>;

/** What the main thread asks a shard to do; each is answered. */
export interface ShardCalls {
  /** Brings back clusters of before; answered when all are told of by `adopted`, or given up. Once, before others. */
  adopt(requests: readonly ClusterRequest[]): void;
  provision(request: ClusterRequest): HostedFacts;
  remove(uid: string): void;
  hasAgent(uid: string, credentials: string | undefined): boolean;
  installAgent(uid: string, registration: Registration, manifest: string | undefined): void;
  register(uid: string, registration: Registration): void;
  openTunnels(uid: string, registration: Registration, opening: TunnelOpening): TunnelsState;
  describe(uid: string, now: number): ClusterContents;
  churn(uid: string, name: ChurnName, now: number): boolean;
  clearChurn(uid: string): void;
  /** A command of the Chrome DevTools protocol to the thread. */
  inspect(method: string, params: object | undefined): unknown;
  /** Ends tunnels properly and writes what is left; the thread ends after the answer. */
  close(): void;
}

export type CallName = keyof ShardCalls;

export type ToShard =
  | { type: 'call'; id: number; name: CallName; args: readonly unknown[] }
  /** Before the first cluster that is made of it. */
  | { type: 'template'; name: string; template: Template }
  /** Before the first cluster that has it from the start. */
  | { type: 'agent-manifest'; hash: string; text: string }
  /** The server certificate was renewed. */
  | { type: 'leaf'; leaf: KeyPairPem };

export type FromShard =
  | { type: 'ready' }
  | { type: 'answer'; id: number; value: unknown }
  | ({ type: 'failure'; id: number } & CallFailure)
  | { type: 'adopted'; uid: string; facts: HostedFacts }
  | { type: 'tunnels'; uid: string; tunnels: TunnelsState }
  | { type: 'attempt-failed'; uid: string; failure: AttemptFailure }
  /** How many virtual connections there are now, where that has changed: uid, cluster tunnel, steve tunnel. */
  | { type: 'connections'; counts: readonly (readonly [uid: string, cluster: number, steve: number])[] }
  | { type: 'load'; load: ShardLoad }
  | { type: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; fields: object; message: string };
