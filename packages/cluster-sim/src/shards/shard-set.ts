import type { BackendKind } from '../backend/backend-kinds.js';
import type { BackendStatus } from '../backend/backend.js';
import type { ClusterRequest } from '../backend/backend-set.js';
import type { LoadSample } from '../bottleneck/judge.js';
import { ShardNotFoundError } from '../errors.js';
import type { DelayCounts } from '../event-loop/delay-counts.js';
import { worstOf, type EventLoopFigures } from '../event-loop/event-loop-delay.js';
import type { HostedCluster, HostEvents } from '../host/hosted-cluster.js';
import type { LocalHost } from '../host/local-host.js';
import { journalPartOf } from '../journal/journal.js';
import type { KeyPairPem } from '../pki/certificates.js';
import { noRequests, sumRequests, type RequestFigures } from '../request-counts.js';
import type { FleetSummary, ShardView } from '../views.js';
import { worstSample } from './load.js';
import type { WorkerShard } from './worker-shard.js';

export interface ShardSetEvents extends HostEvents {
  /** A cluster of before is back; its tunnels are still to be opened. */
  onAdopted(cluster: HostedCluster): void;
  /** The live halves of these clusters are gone with their thread. They come back by `onAdopted`. */
  onLost(uids: readonly string[]): void;
}

/** Commands of the Chrome DevTools protocol to one thread: for profiles. */
export interface ThreadInspector {
  post(method: string, params?: object): Promise<unknown>;
}

export interface ShardSetOptions {
  /** In this thread: clusters of all backends that are processes of their own, and of memory where there are no workers. */
  createLocal: (events: HostEvents) => LocalHost;
  /** Clusters in memory are spread over them; none: they are in this thread. */
  createWorkers: (events: ShardSetEvents) => readonly WorkerShard[];
  now: () => number;
}

/** Where the live halves of a fleet's clusters are: which thread, and how each of these fares. */
export class ShardSet {
  readonly #local: LocalHost;
  readonly #workers: readonly WorkerShard[];
  readonly #openedAt: number;
  /** Resolves when it is known which clusters exist from before. */
  readonly #begun: Promise<void>;
  #begin = (): void => undefined;
  #listener: ShardSetEvents | undefined;

  constructor({ createLocal, createWorkers, now }: ShardSetOptions) {
    const events: ShardSetEvents = {
      onTunnels: (uid) => this.#listener?.onTunnels(uid),
      onAttemptFailed: (uid, failure) => this.#listener?.onAttemptFailed(uid, failure),
      onAdopted: (cluster) => this.#listener?.onAdopted(cluster),
      onLost: (uids) => this.#listener?.onLost(uids),
    };
    this.#local = createLocal(events);
    this.#workers = createWorkers(events);
    this.#openedAt = now();
    this.#begun = new Promise((resolve) => (this.#begin = resolve));
  }

  /**
   * Begins to bring back clusters that existed before a restart, and tells of what happens from now on; once. What can't
   * be brought back is left to {@link provision}.
   */
  adopt(requests: readonly ClusterRequest[], listener: ShardSetEvents): void {
    this.#listener = listener;
    for (const worker of this.#workers)
      worker.start(requests.filter((request) => this.#workerOf(request) === worker));
    this.#local.adopt(
      requests.filter((request) => this.#workerOf(request) === undefined),
      (cluster) => listener.onAdopted(cluster),
    );
    this.#begin();
  }

  /** Resolves when all clusters of the kind that existed before a restart are back, or given up. */
  async adopted(kind: BackendKind): Promise<void> {
    await this.#begun;
    if (kind === 'memory') await Promise.all(this.#workers.map((worker) => worker.adopted()));
    await this.#local.adopted(kind);
  }

  /** Makes the cluster's API, or gives the one that is there. Rejects with TemplateError and what backends throw. */
  async provision(request: ClusterRequest): Promise<HostedCluster> {
    await this.#begun;
    return (this.#workerOf(request) ?? this.#local).provision(request);
  }

  /** Ends the cluster, and removes its API with everything that was stored in it. */
  async remove(cluster: Pick<ClusterRequest, 'backend' | 'uid'>): Promise<void> {
    await this.#begun;
    const worker = this.#workerOf(cluster);
    await (worker === undefined ? this.#local.remove(cluster) : worker.remove(cluster.uid));
  }

  /** Of all backends, in a fixed order. */
  statuses(): Record<BackendKind, BackendStatus> {
    const statuses = this.#local.statuses();
    if (this.#workers.length === 0) return statuses;
    const broken = this.#workers.filter(({ phase }) => phase === 'restarting');
    const memory: BackendStatus =
      broken.length === 0
        ? { phase: 'ready', message: '', since: this.#openedAt }
        : {
            phase: 'repairing',
            message: `${broken.length} of ${this.#workers.length} shards are being started anew`,
            since: Math.max(...broken.map(({ since }) => since)),
          };
    return { ...statuses, memory };
  }

  /** One by one, the threads that clusters in memory are in. */
  views(): ShardView[] {
    return this.#workers.map((worker) => {
      const { index, phase, clusters, connectedTunnels, restarts, load, requests } = worker;
      return {
        index,
        phase,
        since: new Date(worker.since).toISOString(),
        clusters,
        connectedTunnels,
        restarts,
        requests: requests.total,
        eventLoop: load?.eventLoop ?? { meanMs: 0, p99Ms: 0, maxMs: 0 },
        eventLoopShare: Number((load?.sample.eventLoopShare ?? 0).toFixed(3)),
        memory: load?.memory ?? { heapUsedBytes: 0, heapTotalBytes: 0, heapLimitBytes: 0, externalBytes: 0 },
      };
    });
  }

  /** Ends the thread of a shard at once, as a crash would; it is started anew. Rejects with ShardNotFoundError. */
  async crash(index: number): Promise<void> {
    await this.#worker(index).crash();
  }

  /** Throws ShardNotFoundError. */
  inspector(index: number): ThreadInspector {
    const worker = this.#worker(index);
    return { post: (method, params) => worker.call('inspect', method, params) };
  }

  /** Answered by clusters in memory in other threads. */
  get requests(): RequestFigures {
    return this.#workers.length === 0
      ? noRequests
      : sumRequests(this.#workers.map((worker) => worker.requests));
  }

  /** JavaScript heaps of all threads but this one. */
  get heap(): { usedBytes: number; totalBytes: number } {
    const sum = { usedBytes: 0, totalBytes: 0 };
    for (const { memory } of this.#loads()) {
      sum.usedBytes += memory.heapUsedBytes;
      sum.totalBytes += memory.heapTotalBytes;
    }
    return sum;
  }

  get journal(): FleetSummary['journal'] {
    const all = [this.#local.journal, ...this.#workers.map(({ load }) => load?.journal)];
    return {
      bytes: all.reduce((sum, one) => sum + (one?.bytes ?? 0), 0),
      entries: all.reduce((sum, one) => sum + (one?.entries ?? 0), 0),
    };
  }

  /** The event loop that fares worst, this thread's and the shards'. */
  worstEventLoop(own: EventLoopFigures): EventLoopFigures {
    return worstOf([own, ...this.#loads().map((load) => load.eventLoop)]);
  }

  /** Of this thread, which is `own`, and of the shards that run. */
  delays(own: DelayCounts): FleetSummary['eventLoopDelays'] {
    const shards = this.#workers.flatMap(({ index, load }) =>
      load === undefined ? [] : [[`shard-${index}`, load.delays] as const],
    );
    return { main: own, ...Object.fromEntries(shards) };
  }

  /** How busy the busiest thread is: this one, which is `own`, or that of a shard. */
  busiestShare(own: number): number {
    return Math.max(own, ...this.#loads().map((load) => load.busyShare));
  }

  /** What the process is short of, whichever thread it is. */
  worstSample(own: LoadSample): LoadSample {
    return worstSample(
      own,
      this.#loads().map((load) => load.sample),
    );
  }

  renew(leaf: KeyPairPem): void {
    for (const worker of this.#workers) worker.renew(leaf);
  }

  /** Ends tunnels properly and writes what is left. */
  async close(): Promise<void> {
    this.#begin();
    await Promise.all([this.#local.close(), ...this.#workers.map((worker) => worker.close())]);
  }

  #worker(index: number): WorkerShard {
    const worker = this.#workers[index];
    if (worker === undefined) throw new ShardNotFoundError(index, this.#workers.length);
    return worker;
  }

  #loads(): NonNullable<WorkerShard['load']>[] {
    return this.#workers.flatMap(({ load }) => load ?? []);
  }

  #workerOf({ backend, uid }: Pick<ClusterRequest, 'backend' | 'uid'>): WorkerShard | undefined {
    if (backend !== 'memory' || this.#workers.length === 0) return undefined;
    return this.#workers[journalPartOf(uid, this.#workers.length)];
  }
}
