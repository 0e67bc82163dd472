import { toTable } from '@scale-cluster/memory-apiserver';
import type { BackendKind } from '../backend/backend-kinds.js';
import type { BackendCluster, BackendStatus } from '../backend/backend.js';
import type { BackendSet, ClusterRequest } from '../backend/backend-set.js';
import type { Delayer } from '../delayer.js';
import type { Journal } from '../journal/journal.js';
import type { Logger } from '../logger.js';
import { SteveServer } from '../steve/steve-server.js';
import type { TlsServerIdentity } from '../tls13/accept-tls.js';
import { ConnectPacer } from '../tunnels/connect-pacer.js';
import { TunnelledApi } from '../tunnels/tunnelled-api.js';
import type { HostEvents } from './hosted-cluster.js';
import { LocalCluster } from './local-cluster.js';

export interface LocalHostOptions {
  rancherURL: string;
  /** Tokens of clusters are derived from it. */
  secret: string;
  pki: TlsServerIdentity;
  backends: BackendSet;
  /** What its clusters in memory have written; absent if it has none. */
  journal?: Journal;
  delayer: Delayer;
  events: HostEvents;
  now: () => number;
  random: () => number;
  logger: Logger;
}

/** Clusters whose live halves are in this thread: their backends, and what answers in their tunnels. */
export class LocalHost {
  readonly #api: TunnelledApi;
  readonly #steve: SteveServer;
  readonly #pacer = new ConnectPacer();
  readonly #clusters = new Map<string, LocalCluster>();

  constructor(private readonly options: LocalHostOptions) {
    const { pki, now, logger } = options;
    this.#api = new TunnelledApi(pki);
    this.#steve = new SteveServer({ printTable: toTable, now, logger });
  }

  /** What its clusters in memory have written; undefined if it has none. */
  get journal(): Journal['stats'] | undefined {
    return this.options.journal?.stats;
  }

  get(uid: string): LocalCluster | undefined {
    return this.#clusters.get(uid);
  }

  values(): Iterable<LocalCluster> {
    return this.#clusters.values();
  }

  /** See {@link BackendSet.adopt}. */
  adopt(requests: readonly ClusterRequest[], onAdopted: (cluster: LocalCluster) => void): void {
    this.options.backends.adopt(requests, (cluster) => onAdopted(this.#host(cluster)));
  }

  /** See {@link BackendSet.adopted}. */
  adopted(kind: BackendKind): Promise<void> {
    return this.options.backends.adopted(kind);
  }

  /** Makes the cluster's API, or gives the one that is there. Rejects with TemplateError and what backends throw. */
  async provision(request: ClusterRequest): Promise<LocalCluster> {
    return this.#host(await this.options.backends.provision(request));
  }

  /** Ends the cluster, and removes its API with everything that was stored in it. */
  async remove(cluster: Pick<ClusterRequest, 'backend' | 'uid'>): Promise<void> {
    await this.#clusters.get(cluster.uid)?.stop();
    await this.options.backends.remove(cluster);
    this.#clusters.delete(cluster.uid);
  }

  statuses(): Record<BackendKind, BackendStatus> {
    return this.options.backends.statuses();
  }

  /** Ends tunnels properly, then backends; writes what is left. */
  async close(): Promise<void> {
    this.#pacer.close();
    await Promise.all([...this.#clusters.values()].map((cluster) => cluster.stop()));
    this.#api.close();
    this.#steve.close();
    await this.options.backends.close();
    await this.options.journal?.close();
  }

  #host(backend: BackendCluster): LocalCluster {
    const known = this.#clusters.get(backend.uid);
    if (known !== undefined) return known;
    const { rancherURL, secret, delayer, events, now, random, logger } = this.options;
    const cluster = new LocalCluster(backend, {
      rancherURL,
      secret,
      delayer,
      events,
      turn: () => this.#pacer.turn(),
      serveCluster: (connection, target) => this.#api.serve(connection, target),
      serveSteve: (connection, target) => this.#steve.serve(connection, target),
      now,
      random,
      logger,
    });
    this.#clusters.set(cluster.uid, cluster);
    return cluster;
  }
}
