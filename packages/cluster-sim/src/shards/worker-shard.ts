import { getHeapStatistics } from 'node:v8';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import type { AgentManifests } from '../agent-doings/agent-manifests.js';
import type { ClusterRequest } from '../backend/backend-set.js';
import type { Delayer } from '../delayer.js';
import { errorText, FleetClosedError, ShardLostError, type FleetError } from '../errors.js';
import { returnFreedMemorySoon } from '../freed-memory.js';
import type { HostEvents } from '../host/hosted-cluster.js';
import type { Logger } from '../logger.js';
import type { KeyPairPem } from '../pki/certificates.js';
import { noRequests, sumRequests, type RequestFigures } from '../request-counts.js';
import { defaultTemplateName, type TemplateSet } from '../template/template-set.js';
import type { ShardPhase } from '../views.js';
import { Door } from './door.js';
import type { ShardLoad } from './load.js';
import type { CallName, FromShard, HostedFacts, ShardBoot, ShardCalls, ToShard } from './messages.js';
import { limitMarkingThreads } from './marking-threads.js';
import { PendingCalls } from './pending-calls.js';
import { RemoteCluster, type ShardLine } from './remote-cluster.js';

export interface WorkerShardEvents extends HostEvents {
  /** A cluster of before is back; its tunnels are still to be opened. */
  onAdopted(cluster: RemoteCluster): void;
  /** The thread has ended with these clusters in it. They come back by `onAdopted`. */
  onLost(uids: readonly string[]): void;
}

export interface WorkerShardOptions {
  /** Read at every start of the thread: the certificate may have been renewed. */
  boot: () => ShardBoot;
  templates: Pick<TemplateSet, 'get'>;
  agentManifests: Pick<AgentManifests, 'get'>;
  events: WorkerShardEvents;
  delayer: Pick<Delayer, 'delay'>;
  now: () => number;
  logger: Logger;
}

const restartMs = { first: 500, most: 60_000 };
/** A thread that has run for so long has not failed at its start. */
const soundMs = 60_000;
const closeMs = 10_000;
/** A thread that has had so many clusters, and has had none for a while, is replaced by a new one. */
const renewal = { clusters: 50, afterMs: 5_000 };

/**
 * One shard as the main thread sees it: a worker thread with clusters in it. A thread that ends, whyever, is started
 * anew with the clusters that it had; they are as their journals left them and connect again. One whose clusters are all
 * deleted is replaced: nothing else gives back all of the heap that they took.
 */
export class WorkerShard implements ShardLine {
  readonly index: number;
  readonly door: Door;
  readonly #clusters = new Map<string, RemoteCluster>();
  /** Of all clusters that it has or shall have: what a new thread is told to bring back. */
  readonly #requests = new Map<string, ClusterRequest>();
  readonly #calls = new PendingCalls();
  /** Templates and manifests that the thread knows. */
  readonly #given = new Set<string>();
  #worker: Worker | undefined;
  #adopted: Promise<void> = Promise.resolve();
  #failures = 0;
  #startedAt = 0;
  #restarts = 0;
  #phase: ShardPhase = 'starting';
  #since: number;
  #load: ShardLoad | undefined;
  /** Most clusters that its thread has had. */
  #most = 0;
  /** The thread that ends because it is to. */
  #ending: Worker | undefined;
  /** Of threads that have ended. */
  #requestsBefore: RequestFigures = noRequests;

  constructor(private readonly options: WorkerShardOptions) {
    const { index, doorPath } = options.boot();
    this.index = index;
    this.door = new Door(doorPath);
    this.#since = options.now();
  }

  get phase(): ShardPhase {
    return this.#phase;
  }

  /** When the phase began, milliseconds since the epoch. */
  get since(): number {
    return this.#since;
  }

  /** Times that its thread has been started anew. */
  get restarts(): number {
    return this.#restarts;
  }

  /** As last told; undefined before the first time. */
  get load(): ShardLoad | undefined {
    return this.#load;
  }

  get clusters(): number {
    return this.#clusters.size;
  }

  get connectedTunnels(): number {
    let count = 0;
    for (const { tunnels } of this.#clusters.values())
      for (const kind of ['cluster', 'steve'] as const)
        if (tunnels?.[kind].status === 'connected') count += 1;
    return count;
  }

  /** Answered by its clusters since the start of the process. */
  get requests(): RequestFigures {
    return sumRequests([this.#requestsBefore, this.#load?.requests ?? noRequests]);
  }

  /** Starts the thread, which brings back what existed before; once. */
  start(requests: readonly ClusterRequest[]): void {
    for (const request of requests) this.#requests.set(request.uid, request);
    this.#spawn();
  }

  /** Resolves when all clusters of before are back, or given up. */
  adopted(): Promise<void> {
    return this.#adopted;
  }

  /** Makes the cluster's API, or gives the one that is there. Rejects with TemplateError. */
  async provision(request: ClusterRequest): Promise<RemoteCluster> {
    await this.#adopted;
    const known = this.#clusters.get(request.uid);
    if (known !== undefined) return known;
    this.#give(request);
    this.#requests.set(request.uid, request);
    return this.#take(request, await this.call('provision', request));
  }

  async remove(uid: string): Promise<void> {
    await this.#adopted;
    this.#requests.delete(uid);
    await this.call('remove', uid);
    this.#clusters.delete(uid);
    this.#renewWhenEmpty();
  }

  renew(leaf: KeyPairPem): void {
    this.#post({ type: 'leaf', leaf });
  }

  /** Ends the thread at once, as a crash would; it is started anew. */
  async crash(): Promise<void> {
    await this.#worker?.terminate();
  }

  call<Name extends CallName>(
    name: Name,
    ...args: Parameters<ShardCalls[Name]>
  ): Promise<ReturnType<ShardCalls[Name]>> {
    if (this.#worker === undefined) return Promise.reject(this.#lost());
    return this.#calls.add((id) => this.#post({ type: 'call', id, name, args }));
  }

  /** Ends tunnels properly and writes what is left. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (this.#phase === 'closed') return;
    this.#enter('closed');
    if (worker !== undefined) await this.#end(worker);
    this.door.close();
  }

  async #end(worker: Worker): Promise<void> {
    this.#ending = worker;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    const limit = setTimeout(() => void worker.terminate(), closeMs);
    this.call('close').catch((error: unknown) =>
      this.options.logger.error({ shard: this.index, error: errorText(error) }, 'shard did not end properly'),
    );
    await ended;
    clearTimeout(limit);
  }

  #renewWhenEmpty(): void {
    if (this.#requests.size > 0 || this.#most < renewal.clusters) return;
    this.options.delayer.delay(`shard-${this.index}-renewal`, renewal.afterMs, () => {
      if (this.#requests.size > 0 || this.#phase !== 'running' || this.#worker === undefined) return;
      this.options.logger.info({ shard: this.index }, 'shard has no clusters left; it gets a new thread');
      this.#enter('starting');
      this.#adopted = this.#end(this.#worker).then(() => {
        returnFreedMemorySoon();
        if (this.#phase === 'closed') return;
        this.#spawn();
        return this.#adopted;
      });
    });
  }

  #spawn(): void {
    const { boot, logger, now } = this.options;
    const worker = createThread({
      name: `shard-${this.index}`,
      workerData: boot(),
      resourceLimits: {
        // A limit that was given to the process counts for each of its threads.
        maxOldGenerationSizeMb: Math.floor(getHeapStatistics().heap_size_limit / (1 << 20)),
        maxYoungGenerationSizeMb: youngGenerationMb,
      },
    });
    this.#worker = worker;
    this.#most = 0;
    this.#startedAt = now();
    worker.on('message', (message: FromShard) => this.#receive(message));
    worker.on('error', (error) =>
      logger.error({ shard: this.index, error: error.stack ?? errorText(error) }, 'thread of a shard failed'),
    );
    worker.once('exit', () => this.#onExit(worker));
    this.#given.clear();
    const requests = [...this.#requests.values()];
    for (const request of requests) {
      try {
        this.#give(request);
      } catch (error) {
        logger.error({ cluster: request.name, error: errorText(error) }, 'cluster lacks its template');
      }
    }
    this.#adopted = this.call('adopt', requests).catch((error: unknown) => {
      if (this.#phase === 'closed' || error instanceof ShardLostError) return;
      // Clusters that could not be brought back are made anew, with what their template has.
      logger.error({ shard: this.index, error: errorText(error) }, 'clusters could not all be brought back');
    });
  }

  #onExit(worker: Worker): void {
    if (this.#worker !== worker) return;
    const { events, delayer, logger, now } = this.options;
    this.#worker = undefined;
    this.#requestsBefore = this.requests;
    this.#load = undefined;
    this.#calls.rejectAll(this.#lost());
    if (this.#ending === worker) return;
    const lost = [...this.#clusters.keys()];
    this.#clusters.clear();
    this.#enter('restarting');
    this.#failures = now() - this.#startedAt > soundMs ? 0 : this.#failures + 1;
    const delayMs = Math.min(restartMs.most, restartMs.first * 2 ** Math.min(this.#failures, 10));
    logger.error(
      { shard: this.index, clusters: lost.length, restartInMs: delayMs },
      'thread of a shard has ended; it is started anew and its clusters connect again',
    );
    events.onLost(lost);
    this.#adopted = new Promise((resolve) => {
      delayer.delay(`shard-${this.index}`, delayMs, () => {
        if (this.#phase === 'closed') return resolve();
        this.#restarts += 1;
        this.#spawn();
        void this.#adopted.then(resolve);
      });
    });
  }

  #receive(message: FromShard): void {
    const { events, logger } = this.options;
    switch (message.type) {
      case 'ready':
        if (this.#phase !== 'closed') this.#enter('running');
        break;
      case 'answer':
        this.#calls.answered(message.id, message.value);
        break;
      case 'failure':
        this.#calls.failed(message.id, message);
        break;
      case 'adopted': {
        const request = this.#requests.get(message.uid);
        if (request !== undefined) events.onAdopted(this.#take(request, message.facts));
        break;
      }
      case 'tunnels': {
        const cluster = this.#clusters.get(message.uid);
        if (cluster === undefined) break;
        cluster.tunnels = message.tunnels;
        events.onTunnels(message.uid);
        break;
      }
      case 'attempt-failed':
        if (this.#clusters.has(message.uid)) events.onAttemptFailed(message.uid, message.failure);
        break;
      case 'connections':
        for (const [uid, cluster, steve] of message.counts) this.#clusters.get(uid)?.count(cluster, steve);
        break;
      case 'load':
        this.#load = message.load;
        break;
      case 'log':
        logger[message.level]({ shard: this.index, ...message.fields }, message.message);
    }
  }

  #enter(phase: ShardPhase): void {
    this.#phase = phase;
    this.#since = this.options.now();
  }

  /** Why nobody answers. */
  #lost(): FleetError {
    return this.#phase === 'closed' ? new FleetClosedError() : new ShardLostError(this.index);
  }

  #take({ name, uid }: ClusterRequest, facts: HostedFacts): RemoteCluster {
    const known = this.#clusters.get(uid);
    if (known !== undefined) return known;
    const cluster = new RemoteCluster(name, uid, facts, this);
    this.#clusters.set(uid, cluster);
    this.#most = Math.max(this.#most, this.#clusters.size);
    return cluster;
  }

  /** Has the thread know what a cluster is made of. Throws TemplateError. */
  #give({ template = defaultTemplateName, agent }: ClusterRequest): void {
    const { templates, agentManifests } = this.options;
    if (!this.#given.has(`template ${template}`)) {
      this.#post({ type: 'template', name: template, template: templates.get(template) });
      this.#given.add(`template ${template}`);
    }
    if (agent === undefined || this.#given.has(`agent ${agent.manifest}`)) return;
    const text = agentManifests.get(agent.manifest);
    // Without it the shard says so, and the agent is installed by writes.
    if (text === undefined) return;
    this.#post({ type: 'agent-manifest', hash: agent.manifest, text });
    this.#given.add(`agent ${agent.manifest}`);
  }

  #post(message: ToShard): void {
    this.#worker?.postMessage(message);
  }
}

/**
 * Twice what V8 takes by itself. With thousands of clusters a collection of young objects takes as long as it takes to
 * visit the heap's pages, however much is young: half as many make the event loop late half as often.
 */
const youngGenerationMb = 96;

function createThread(options: WorkerOptions): Worker {
  limitMarkingThreads();
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./shard-thread.js', import.meta.url), options);
  // Where sources are run, as in tests, a thread has to be taught TypeScript first.
  const file = JSON.stringify(new URL('./shard-thread.ts', import.meta.url).href);
  return new Worker(`import('tsx/esm/api').then(({ register }) => (register(), import(${file})))`, {
    ...options,
    eval: true,
    execArgv: ['--conditions=@scale-cluster/source'],
  });
}
