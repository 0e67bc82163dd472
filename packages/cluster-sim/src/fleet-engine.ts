import type { RancherCluster } from '@scale-cluster/rancher-client';
import { backendKinds, type BackendKind } from './backend/backend-kinds.js';
import { BottleneckWatch } from './bottleneck/bottleneck-watch.js';
import { LoadSampler } from './bottleneck/load-sampler.js';
import { busyShare } from './event-loop/busy-share.js';
import { Churn } from './churn/churn.js';
import { churnRates } from './churn/kinds.js';
import type { ClusterSet } from './cluster/cluster-set.js';
import type { ManagedCluster } from './cluster/managed-cluster.js';
import { errorText } from './errors.js';
import type { FleetParts } from './fleet-parts.js';
import { LocalListener } from './local-access/local-listener.js';
import { PortListeners } from './local-access/port-listeners.js';
import type { AttemptFailure, HostedCluster } from './host/hosted-cluster.js';
import { IdleCollector } from './idle-collector.js';
import type { Logger } from './logger.js';
import type { FleetMetrics } from './metrics.js';
import { OwnPace } from './own-pace.js';
import { RancherWatch } from './rancher-watch/rancher-watch.js';
import { Executor, observationOf } from './reconcile/executor.js';
import { Reconciler, stageOf } from './reconcile/reconciler.js';
import type { Settings } from './settings/schema.js';
import type { BottleneckView, ChurnView, FleetSummary, RampView, StageName } from './views.js';

export interface FleetEngineOptions {
  settings: Settings;
  parts: FleetParts;
  clusters: ClusterSet;
  metrics: FleetMetrics;
  logger: Logger;
  now: () => number;
  random: () => number;
}

/** A cluster that isn't active is looked at so often even if no event comes: events can be lost. */
const lookMs = 30_000;
const renewalMs = 3_600_000;
const paceMs = 2_000;

/** Everything that works in the background: reconciler, tunnels, the watch on Rancher, the local listener. */
export class FleetEngine {
  readonly #reconciler: Reconciler;
  readonly #executor: Executor;
  readonly #watch: RancherWatch;
  readonly #sampler: LoadSampler;
  readonly #collector = new IdleCollector();
  /** A deletion costs a quarter of a creation, and Rancher takes seconds for its steps: too fast is found out late. */
  readonly #paces = {
    creation: new OwnPace({ first: 6, least: 1, most: 200 }),
    deletion: new OwnPace({ first: 12, least: 4, most: 200 }),
  };
  readonly #busyShare = busyShare();
  readonly #bottleneck: BottleneckWatch;
  readonly #churn: Churn;
  /** Backends whose clusters of before are all there. */
  readonly #broughtBack = new Set<BackendKind>();
  #local: LocalListener | undefined;
  #ports: PortListeners | undefined;
  #started = false;
  #closed = false;

  constructor(private readonly options: FleetEngineOptions) {
    const { parts, clusters, now, random, logger, settings, metrics } = options;
    this.#sampler = new LoadSampler(metrics.eventLoop);
    this.#executor = new Executor({
      settings,
      rancher: parts.rancher,
      hosts: parts.shards,
      state: parts.state,
      agentManifests: parts.agentManifests,
      paces: this.#paces,
      delayer: parts.delayer,
      now,
      random,
      logger,
      onProgress: (cluster) => clusters.refresh(cluster),
      onStage: (cluster, stage) => this.#onStage(cluster, stage),
      onRancher: (cluster, seen) => this.#onRancher(cluster, seen),
      onRemoved: (cluster) => this.#onRemoved(cluster),
      wake: (cluster) => this.wake(cluster, true),
    });
    parts.onRancherAnswer = (answer) => this.#executor.ramp.observe(answer);
    this.#bottleneck = new BottleneckWatch({
      sample: () => {
        const own = this.#sampler.sample();
        this.#collector.look(own.eventLoopShare);
        return parts.shards.worstSample(own);
      },
      delayer: parts.delayer,
      now,
      logger,
    });
    this.#churn = new Churn({
      rates: churnRates(settings),
      clusters: () => clusters.sorted(),
      delayer: parts.delayer,
      now,
      onChurned: (cluster, churned) => {
        if (churned) cluster.record.churned = true;
        else delete cluster.record.churned;
        if (clusters.get(cluster.name) === cluster) parts.state.putLazily(cluster.record);
      },
      logger,
    });
    this.#reconciler = new Reconciler({
      execute: (cluster, action) => this.#executor.execute(cluster, action),
      onStep: (cluster) => clusters.refresh(cluster),
      onFailure: (cluster, action, error) => {
        logger.warn(
          { cluster: cluster.name, step: action, error: errorText(error) },
          'step failed, will be tried again',
        );
        clusters.fail(cluster, stageOf(action), errorText(error));
      },
      delayer: parts.delayer,
      now,
      random,
    });
    this.#watch = new RancherWatch({
      rancher: parts.rancher,
      expectedIds: () => clusters.rancherIds(),
      onSeen: (seen) => {
        const cluster = clusters.byRancherId(seen.id);
        if (cluster !== undefined) this.#onRancher(cluster, seen);
      },
      onMissing: (id) => {
        const cluster = clusters.byRancherId(id);
        if (cluster !== undefined) this.#suspect(cluster);
      },
      delayer: parts.delayer,
      random,
      logger,
    });
  }

  get localUrl(): string | undefined {
    return this.#local?.url;
  }

  /** Where a cluster's API is for people on this machine, if anywhere. */
  localUrlOf(name: string): string | undefined {
    return this.#local === undefined ? this.#ports?.url(name) : `${this.#local.url}/clusters/${name}`;
  }

  get rancherStatus(): FleetSummary['rancher'] {
    const { inFlight, queued } = this.#executor.ramp.view;
    return { subscribed: this.#watch.subscribed, createsInFlight: inFlight, createsQueued: queued };
  }

  get ramp(): RampView {
    return this.#executor.ramp.view;
  }

  get bottleneck(): BottleneckView {
    return this.#bottleneck.view;
  }

  get churn(): ChurnView {
    return this.#churn.view;
  }

  start(): void {
    if (this.#started || this.#closed) return;
    this.#started = true;
    this.#watch.start();
    this.#bottleneck.start();
    this.#churn.start();
    this.#everyTwoSeconds();
    this.#everyMinute();
    this.#everyHour();
    void this.#listen();
    this.#ports = this.#createPortListeners();
    this.#bringBack();
  }

  /** Looks at a cluster soon; see `Reconciler.wake`. Before {@link start} nothing happens. */
  wake(cluster: ManagedCluster, urgent = false): void {
    if (!this.#started) return;
    // It need not wait for a turn that it doesn't want any more.
    if (cluster.record.deleting === true) this.#executor.ramp.cancel(cluster.uid);
    this.#reconciler.wake(cluster, urgent);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#reconciler.close();
    this.#watch.close();
    this.options.parts.delayer.close();
    await this.#local?.close();
    await this.#ports?.close();
  }

  /** After a restart: first the APIs as they were, then tunnels, at the pacer's rate. */
  #bringBack(): void {
    const { clusters, parts } = this.options;
    const all = [...clusters.values()];
    const existing = new Map<string, ManagedCluster>();
    for (const cluster of all) {
      // The API is made after the token is known: the process may have ended while it was being made.
      if (cluster.record.stages.token !== undefined) existing.set(cluster.uid, cluster);
      this.#executor.scheduleTokenRefresh(cluster);
    }
    const requests = [...existing.values()].map((cluster) => this.#executor.clusterRequest(cluster));
    parts.shards.adopt(requests, {
      onAdopted: (hosted) => this.#onAdopted(hosted),
      onLost: (uids) => this.#onLost(uids),
      onTunnels: (uid) => this.#onTunnels(uid),
      onAttemptFailed: (uid, failure) => this.#onAttemptFailed(uid, failure),
    });
    for (const kind of backendKinds) {
      void parts.shards.adopted(kind).then(() => {
        this.#broughtBack.add(kind);
        for (const cluster of all) if (cluster.record.backend === kind) this.wake(cluster);
      });
    }
  }

  #onAdopted(hosted: HostedCluster): void {
    const cluster = this.options.clusters.byUid(hosted.uid);
    if (cluster === undefined) return;
    this.#executor.attach(cluster, hosted);
    const { backend } = cluster.record;
    // Those in memory would take the time of the others that are still to come.
    if (backend !== 'memory' || this.#broughtBack.has(backend)) this.wake(cluster);
  }

  /** Their steps begin anew where they were: the API, the agent's doings, the tunnels. */
  #onLost(uids: readonly string[]): void {
    const { clusters, now } = this.options;
    for (const uid of uids) {
      const cluster = clusters.byUid(uid);
      if (cluster === undefined) continue;
      cluster.hosted = undefined;
      cluster.agentInstalled = false;
      cluster.tunnelsChangedAt = now();
      clusters.refresh(cluster);
    }
  }

  #onTunnels(uid: string): void {
    const { clusters, now } = this.options;
    const cluster = clusters.byUid(uid);
    if (cluster === undefined) return;
    cluster.tunnelsChangedAt = now();
    if (cluster.tunnelsUp) {
      cluster.refusals = 0;
      this.options.parts.delayer.cancel(`${uid}/refused`);
      if (cluster.failure?.stage.startsWith('tunnel-') === true) cluster.failure = undefined;
      this.#onStage(cluster, 'tunnels');
    }
    clusters.refresh(cluster);
    this.#lookLater(cluster);
  }

  /**
   * A refused login means a rotated token, or a cluster that is gone; both are found out by asking. Not at once, as a
   * fresh token is unknown to Rancher's cache for a moment (facts: rancher-import §4.1).
   */
  #onAttemptFailed(uid: string, { kind, message, status, retryInMs }: AttemptFailure): void {
    const { now, logger, metrics, clusters } = this.options;
    const cluster = clusters.byUid(uid);
    if (cluster === undefined) return;
    const at = now();
    const stage = `tunnel-${kind}`;
    const attempts = cluster.failure?.stage === stage ? cluster.failure.attempts + 1 : 1;
    // A failing step is the more telling of the two.
    if (cluster.failure === undefined || cluster.failure.stage.startsWith('tunnel-')) {
      cluster.failure = { stage, message, at, attempts, retryAt: undefined };
    }
    metrics.errors += 1;
    logger.debug({ cluster: cluster.name, tunnel: kind, error: message, retryInMs }, 'tunnel attempt failed');
    if (status !== 400 && status !== 401) return;
    cluster.refusals += 1;
    const delay = Math.min(60_000, 500 * 2 ** Math.min(cluster.refusals, 7));
    this.options.parts.delayer.delay(`${cluster.uid}/refused`, delay, () => {
      if (cluster.tunnelsUp) return;
      cluster.tokenStale = true;
      this.#suspect(cluster);
    });
  }

  #suspect(cluster: ManagedCluster): void {
    if (cluster.inRancher === 'present') cluster.inRancher = 'suspected';
    this.wake(cluster, true);
  }

  #onStage(cluster: ManagedCluster, stage: StageName): void {
    const { clusters, parts } = this.options;
    if (stage === 'registered') clusters.index(cluster);
    if (stage === 'provisioned') this.#ports?.open(cluster.name, cluster.record.proxyPort);
    clusters.reach(cluster, stage);
    // A cluster that is gone must not come back into the file by a late event.
    if (clusters.get(cluster.name) === cluster) parts.state.putLazily(cluster.record);
    clusters.refresh(cluster);
  }

  #onRancher(cluster: ManagedCluster, seen: RancherCluster): void {
    const { now, clusters } = this.options;
    const before = cluster.rancher;
    cluster.rancher = observationOf(seen);
    const { connected, active } = cluster.rancher;
    if (before?.active !== active) cluster.activeChangedAt = now();
    if (connected && cluster.record.stages.connected === undefined) this.#onStage(cluster, 'connected');
    if (active) {
      this.#executor.ramp.settled(cluster.uid);
      cluster.wasActive = true;
      if (cluster.record.stages.active === undefined) this.#onStage(cluster, 'active');
    }
    clusters.refresh(cluster);
    if (!active) this.#lookLater(cluster);
    if (seen.removed === true && cluster.inRancher !== 'removing' && cluster.inRancher !== 'gone') {
      cluster.inRancher = 'removing';
      cluster.removingSince = now();
      clusters.refresh(cluster);
      this.wake(cluster, true);
    }
  }

  #lookLater(cluster: ManagedCluster): void {
    const { random, logger } = this.options;
    this.options.parts.delayer.delay(`${cluster.uid}/look`, lookMs * (0.75 + random() / 2), () => {
      if (
        cluster.rancher?.active === true ||
        cluster.inRancher === 'removing' ||
        cluster.inRancher === 'gone'
      )
        return;
      this.#executor
        .look(cluster)
        .catch((error: unknown) => {
          logger.debug({ cluster: cluster.name, error: errorText(error) }, 'could not look at the cluster');
        })
        .finally(() => this.#lookLater(cluster));
    });
  }

  #onRemoved(cluster: ManagedCluster): void {
    const { clusters } = this.options;
    this.#ports?.remove(cluster.name);
    clusters.delete(cluster.name);
    clusters.announce(cluster, 'deleted');
  }

  async #listen(): Promise<void> {
    const { settings, parts, clusters, logger } = this.options;
    if (settings.localAPIPort === 0) return;
    try {
      const listener = await LocalListener.listen({
        pki: parts.pki,
        host: settings.listenAddress,
        port: settings.localAPIPort,
        find: (name) => clusters.get(name)?.hosted,
      });
      if (this.#closed) await listener.close();
      else this.#local = listener;
    } catch (error) {
      logger.warn(
        { port: settings.localAPIPort, error: errorText(error) },
        'the local Kubernetes API is not available: LocalAPIPort can not be listened on',
      );
    }
  }

  /** A port for each cluster, if that is wished. */
  #createPortListeners(): PortListeners | undefined {
    const { settings, parts, clusters, logger } = this.options;
    if (settings.proxyBasePort === 0) return undefined;
    const { listenPort, localAPIPort, mainAPIPort, pprofPort } = settings;
    const listeners = new PortListeners({
      pki: parts.pki,
      host: settings.listenAddress,
      basePort: settings.proxyBasePort,
      avoid: [listenPort, localAPIPort, mainAPIPort, pprofPort],
      find: (name) => clusters.get(name)?.hosted,
      onPort: (name, port) => {
        const cluster = clusters.get(name);
        if (cluster === undefined || cluster.record.proxyPort === port) return;
        cluster.record.proxyPort = port;
        parts.state.putLazily(cluster.record);
        clusters.refresh(cluster);
      },
      delay: (key, delayMs, run) => this.options.parts.delayer.delay(key, delayMs, run),
      logger,
    });
    listeners.reserve(
      [...clusters.values()].flatMap(({ name, record }) =>
        record.proxyPort === undefined ? [] : [[name, record.proxyPort] as const],
      ),
    );
    return listeners;
  }

  #everyTwoSeconds(): void {
    const { delayer, shards } = this.options.parts;
    delayer.delay('fleet/pace', paceMs, () => {
      const share = shards.busiestShare(this.#busyShare());
      const { creation, deletion } = this.#paces;
      // How busy it is while nobody waits says nothing of what it could follow.
      if (this.#executor.ramp.queued > 0) creation.observe(share, paceMs / 1000);
      else creation.reset();
      if (this.#executor.deletions.waiting > 0) deletion.observe(share, paceMs / 1000);
      else deletion.reset();
      this.#everyTwoSeconds();
    });
  }

  #everyMinute(): void {
    this.options.parts.delayer.delay('fleet/minute', 60_000, () => {
      this.options.metrics.eventLoop.turnMinute();
      this.#everyMinute();
    });
  }

  #everyHour(): void {
    const { parts, logger } = this.options;
    this.options.parts.delayer.delay('fleet/renewal', renewalMs, () => {
      parts.pki
        .renewIfDue()
        .then((renewed) => {
          if (!renewed) return;
          parts.shards.renew(parts.pki.leaf);
          this.#local?.renew();
          this.#ports?.renew();
          logger.info({}, 'server certificate renewed under the same CA');
        })
        .catch((error: unknown) =>
          logger.error({ error: errorText(error) }, 'server certificate could not be renewed'),
        )
        .finally(() => this.#everyHour());
    });
  }
}
