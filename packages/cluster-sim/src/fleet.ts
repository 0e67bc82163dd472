import { EventEmitter } from 'node:events';
import { ClusterTokens } from './agent-doings/identity.js';
import type { ClusterChoice } from './cluster/choice.js';
import { ClusterSet } from './cluster/cluster-set.js';
import { ManagedCluster } from './cluster/managed-cluster.js';
import { predicateOf } from './cluster/query.js';
import { viewOf } from './cluster/view.js';
import { ClusterNotFoundError, errorText, FleetError } from './errors.js';
import { EventRing } from './events.js';
import { FleetEngine } from './fleet-engine.js';
import { FleetFigures } from './fleet-figures.js';
import { closeParts, openParts, type FleetParts } from './fleet-parts.js';
import { FleetWishes } from './fleet-wishes.js';
import { kubeconfigText } from './local-access/kubeconfig.js';
import { silentLogger, type Logger } from './logger.js';
import { FleetMetrics } from './metrics.js';
import { CapacityGate } from './preflight/capacity-gate.js';
import { readMachine, type Machine } from './preflight/machine.js';
import type { Settings } from './settings/schema.js';
import type { ThreadInspector } from './shards/shard-set.js';
import type { ClusterInfo } from './template/cluster-info.js';
import type {
  BackendView,
  BulkResult,
  ClusterPage,
  ClusterQuery,
  ClusterView,
  FleetEvent,
  FleetSummary,
  Phase,
  ShardView,
  TemplateView,
} from './views.js';

export interface FleetOptions {
  settings: Settings;
  logger?: Logger;
  /** Milliseconds since the epoch. @default Date.now */
  now?: () => number;
  /** 0 ≤ x < 1. @default Math.random */
  random?: () => number;
  /** What this machine leaves to the process. @default looks */
  readMachine?: () => Machine;
}

export interface FleetEvents {
  event: [FleetEvent];
}

/**
 * All simulated clusters of one home, and the only way to them: wishes come in, views and events go out. What is wished
 * is on disk before a call resolves; everything else happens in the background, for ever if need be.
 */
export class Fleet extends EventEmitter<FleetEvents> {
  readonly settings: Settings;
  readonly #parts: FleetParts;
  readonly #clusters: ClusterSet;
  readonly #engine: FleetEngine;
  readonly #capacity: CapacityGate;
  readonly #wishes: FleetWishes;
  readonly #figures: FleetFigures;
  readonly #events = new EventRing();
  readonly #metrics: FleetMetrics;
  readonly #now: () => number;
  readonly #logger: Logger;
  #closing: Promise<void> | undefined;

  private constructor(options: Required<FleetOptions>, parts: FleetParts, metrics: FleetMetrics) {
    super();
    this.setMaxListeners(0);
    this.settings = options.settings;
    this.#parts = parts;
    this.#metrics = metrics;
    this.#now = options.now;
    this.#logger = options.logger;
    this.#clusters = new ClusterSet((event) => this.#emit(event), metrics, options.now);
    this.#readTemplates();
    for (const record of parts.state.records()) {
      // Whether a POST was under way when the last process ended is not known.
      this.#clusters.add(new ManagedCluster(record, options.now(), record.rancherId === undefined));
    }
    this.#engine = new FleetEngine({ ...options, parts, clusters: this.#clusters, metrics });
    this.#capacity = new CapacityGate({
      mode: options.settings.capacityCheck,
      readMachine: options.readMachine,
      load: () => this.#clusters.load(),
      logger: options.logger,
    });
    const shared = { settings: options.settings, parts, clusters: this.#clusters, capacity: this.#capacity };
    this.#wishes = new FleetWishes({
      ...shared,
      now: options.now,
      wake: (cluster, urgent) => this.#engine.wake(cluster, urgent),
    });
    this.#figures = new FleetFigures({ ...shared, engine: this.#engine, metrics });
  }

  /**
   * Reads settings' home: state, keys, template. Doesn't wait for Rancher and opens no port. Throws StateError and
   * TemplateError with a sentence for the user.
   */
  static async open(options: FleetOptions): Promise<Fleet> {
    const resolved = {
      logger: silentLogger,
      now: () => Date.now(),
      random: () => Math.random(),
      readMachine: () => readMachine(options.settings.shards),
      ...options,
    };
    const metrics = new FleetMetrics(resolved.random);
    try {
      return new Fleet(resolved, await openParts({ ...resolved, metrics }), metrics);
    } catch (error) {
      metrics.close();
      throw error;
    }
  }

  /** Begins to work: brings back what exists, then follows wishes and Rancher. */
  start(): void {
    this.#capacity.report(this.settings.backend);
    this.#engine.start();
  }

  /**
   * Wishes a cluster. Rejects with InvalidNameError, ClusterExistsError, UnknownBackendError, UnknownTemplateError,
   * TemplateError, CapacityError, StateError.
   */
  async create(name: string, choice: ClusterChoice = {}): Promise<ClusterView> {
    const [result] = await this.createMany([name], choice);
    if (result?.error !== undefined) throw result.error;
    return this.#view(this.#require(name));
  }

  /**
   * Wishes many clusters in one write; each name has its own outcome, in the order given. Rejects when the choice, which
   * counts for all of them, can't be carried out, or with CapacityError when the machine can't hold so many more.
   */
  createMany(names: readonly string[], choice: ClusterChoice = {}): Promise<BulkResult[]> {
    return this.#wishes.createMany(names, choice);
  }

  /** Wishes a cluster gone. Rejects with ClusterNotFoundError, StateError. */
  async delete(name: string): Promise<void> {
    const [result] = await this.deleteMany([name]);
    if (result?.error !== undefined) throw result.error;
  }

  /** Wishes many clusters gone in one write. Wishing it twice is no error. */
  deleteMany(names: readonly string[]): Promise<BulkResult[]> {
    return this.#wishes.deleteMany(names);
  }

  get(name: string): ClusterView | undefined {
    const cluster = this.#clusters.get(name);
    return cluster === undefined ? undefined : this.#view(cluster);
  }

  /** Clusters in the order of their names. Throws FleetError (400) for a selector that can't be read. */
  list(query: ClusterQuery = {}): ClusterPage {
    const matches = predicateOf(query);
    const found = this.#clusters.sorted().filter(matches);
    const from =
      query.after === undefined ? 0 : found.findIndex((cluster) => cluster.name > (query.after ?? ''));
    const rest = from < 0 ? [] : found.slice(from);
    const page = rest.slice(0, query.limit ?? rest.length);
    const next = page.length < rest.length ? page.at(-1)?.name : undefined;
    return {
      items: page.map((cluster) => this.#view(cluster)),
      total: found.length,
      ...(next === undefined ? {} : { next }),
    };
  }

  /** All names, sorted. */
  names(): string[] {
    return this.#clusters.sorted().map((cluster) => cluster.name);
  }

  /** The cluster in the seeds' format, with the objects that it has now. */
  async clusterInfo(name: string): Promise<ClusterInfo | undefined> {
    const cluster = this.#clusters.get(name);
    if (cluster === undefined) return undefined;
    const { rancherId } = cluster.record;
    const contents = (await cluster.hosted?.describe(this.#now())) ?? {};
    return {
      name,
      ...(rancherId === undefined ? {} : { clusterID: rancherId }),
      status: infoStatus[cluster.phase],
      ...contents,
    };
  }

  /** Resolves with Rancher's id as soon as it is known, or with undefined after the time or when the cluster goes. */
  waitForRancherId(name: string, timeoutMs: number): Promise<string | undefined> {
    const known = (): string | undefined => this.#clusters.get(name)?.record.rancherId;
    if (known() !== undefined || !this.#clusters.has(name)) return Promise.resolve(known());
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.off('event', onEvent);
        resolve(known());
      };
      const onEvent = (event: FleetEvent): void => {
        if (event.cluster === name && (event.type === 'deleted' || known() !== undefined)) done();
      };
      const timer = setTimeout(done, timeoutMs);
      this.on('event', onEvent);
    });
  }

  /** Of the local Kubernetes API, such as `https://127.0.0.1:9443`; undefined while it isn't listening. */
  get localAPIURL(): string | undefined {
    return this.#engine.localUrl;
  }

  /** A kubeconfig by the local listener, else by the cluster's own. Throws ClusterNotFoundError, and FleetError (409) without either. */
  kubeconfig(name: string): string {
    const cluster = this.#require(name);
    const server = this.#engine.localUrlOf(name);
    if (server === undefined) {
      throw new FleetError(
        'ERR_FLEET_NO_LOCAL_API',
        'the local Kubernetes API is not listening: see LocalAPIPort and ProxyBasePort',
        409,
      );
    }
    const token = new ClusterTokens(this.#parts.state.secret, cluster.uid).localToken;
    return kubeconfigText({ cluster: name, server, caCert: this.#parts.pki.caCert, token });
  }

  /** What can be given as `template`, each checked; one that can't be used says why. */
  templates(): TemplateView[] {
    return this.#figures.templates();
  }

  /** What can be given as `backend`, and how each is. */
  backends(): BackendView[] {
    return this.#figures.backends();
  }

  /** The threads that clusters in memory are spread over; none with `Shards: 0`. */
  shards(): ShardView[] {
    return this.#parts.shards.views();
  }

  /**
   * Ends the thread of a shard at once, as a crash would, to see what becomes of it: it is started anew and its clusters
   * connect again. Rejects with ShardNotFoundError.
   */
  crashShard(index: number): Promise<void> {
    return this.#parts.shards.crash(index);
  }

  /** For profiles of a shard's thread. Throws ShardNotFoundError. */
  shardInspector(index: number): ThreadInspector {
    return this.#parts.shards.inspector(index);
  }

  /** Events after the given number, as far as they are still kept (the last 5,000). */
  eventsSince(seq: number): FleetEvent[] {
    return this.#events.since(seq);
  }

  summary(): FleetSummary {
    return this.#figures.summary();
  }

  /** Ends tunnels properly and writes what is left. Idempotent; nothing in Rancher is deleted. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#wishes.close();
      await this.#engine.close();
      await closeParts(this.#parts);
      this.#metrics.close();
    })();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Has the templates of existing clusters at hand; a cluster whose template can't be used shows that as its error. */
  #readTemplates(): void {
    const { state, templates } = this.#parts;
    for (const name of new Set([...state.records()].map(({ template }) => template))) {
      try {
        templates.get(name);
      } catch (error) {
        this.#logger.error(
          { template: name, error: errorText(error) },
          'template of clusters can not be used',
        );
      }
    }
  }

  #require(name: string): ManagedCluster {
    const cluster = this.#clusters.get(name);
    if (cluster === undefined) throw new ClusterNotFoundError(name);
    return cluster;
  }

  #view(cluster: ManagedCluster): ClusterView {
    return viewOf(cluster, this.#parts.templates.loaded(cluster.record.template)?.nodeCount ?? 0);
  }

  #emit(event: Omit<FleetEvent, 'seq'>): void {
    const numbered = this.#events.add(event);
    this.#logger.debug(numbered, 'fleet event');
    this.emit('event', numbered);
  }
}

/** The words of the earlier program's `status`. */
const infoStatus: Record<Phase, string> = {
  pending: 'creating_backing',
  registering: 'creating_backing',
  provisioning: 'applying_yaml',
  connecting: 'waiting_service_account',
  waiting: 'testing_api',
  active: 'ready',
  degraded: 'testing_api',
  'failed-retrying': 'failed',
  deleting: 'deleting',
};
