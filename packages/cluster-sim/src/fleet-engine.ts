import { toTable } from '@scale-cluster/memory-apiserver';
import { HandshakeError } from '@scale-cluster/remotedialer';
import type { RancherCluster } from '@scale-cluster/rancher-client';
import { backendKinds } from './backend/backend-kinds.js';
import { ClusterTokens } from './agent-doings/identity.js';
import { BottleneckWatch } from './bottleneck/bottleneck-watch.js';
import { LoadSampler } from './bottleneck/load-sampler.js';
import { Churn } from './churn/churn.js';
import { churnRates } from './churn/kinds.js';
import type { ClusterSet } from './cluster/cluster-set.js';
import type { ManagedCluster } from './cluster/managed-cluster.js';
import { Delayer } from './delayer.js';
import { errorText } from './errors.js';
import type { FleetParts } from './fleet-parts.js';
import { LocalListener } from './local-access/local-listener.js';
import { PortListeners } from './local-access/port-listeners.js';
import { silentLogger, type Logger } from './logger.js';
import type { FleetMetrics } from './metrics.js';
import { RancherWatch } from './rancher-watch/rancher-watch.js';
import { Executor, observationOf } from './reconcile/executor.js';
import { Reconciler, stageOf } from './reconcile/reconciler.js';
import type { Settings } from './settings/schema.js';
import type { SteveCluster } from './steve/types.js';
import { SteveServer } from './steve/steve-server.js';
import { ClusterTunnels, type TunnelKind } from './tunnels/cluster-tunnels.js';
import { ConnectPacer } from './tunnels/connect-pacer.js';
import { TunnelledApi } from './tunnels/tunnelled-api.js';
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

/** Everything that works in the background: reconciler, tunnels, the watch on Rancher, the local listener. */
export class FleetEngine {
  readonly #delayer: Delayer;
  readonly #reconciler: Reconciler;
  readonly #executor: Executor;
  readonly #watch: RancherWatch;
  readonly #api: TunnelledApi;
  readonly #steve: SteveServer;
  readonly #pacer = new ConnectPacer();
  readonly #sampler = new LoadSampler();
  readonly #bottleneck: BottleneckWatch;
  readonly #churn: Churn;
  #local: LocalListener | undefined;
  #ports: PortListeners | undefined;
  #started = false;
  #closed = false;

  constructor(private readonly options: FleetEngineOptions) {
    const { parts, clusters, now, random, logger, settings } = options;
    this.#delayer = new Delayer(now);
    this.#api = new TunnelledApi(parts.pki);
    this.#steve = new SteveServer({ printTable: toTable, now, logger });
    this.#executor = new Executor({
      settings,
      rancher: parts.rancher,
      backends: parts.backends,
      state: parts.state,
      delayer: this.#delayer,
      now,
      random,
      logger,
      createTunnels: (cluster, trust) => this.#createTunnels(cluster, trust),
      onProgress: (cluster) => clusters.refresh(cluster),
      onStage: (cluster, stage) => this.#onStage(cluster, stage),
      onRancher: (cluster, seen) => this.#onRancher(cluster, seen),
      onRemoved: (cluster) => this.#onRemoved(cluster),
      wake: (cluster) => this.wake(cluster, true),
    });
    parts.onRancherAnswer = (answer) => this.#executor.ramp.observe(answer);
    this.#bottleneck = new BottleneckWatch({
      sample: () => this.#sampler.sample(),
      delayer: this.#delayer,
      now,
      logger,
    });
    this.#churn = new Churn({
      rates: churnRates(settings),
      clusters: () => clusters.sorted(),
      delayer: this.#delayer,
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
      delayer: this.#delayer,
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
      delayer: this.#delayer,
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
    this.#delayer.close();
    this.#pacer.close();
    this.#sampler.close();
    for (const cluster of this.options.clusters.values()) cluster.controllers?.close();
    await Promise.all([...this.options.clusters.values()].map(async (cluster) => cluster.tunnels?.close()));
    await this.#local?.close();
    await this.#ports?.close();
    this.#api.close();
    this.#steve.close();
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
    parts.backends.adopt(requests, (backend) => {
      const cluster = existing.get(backend.uid);
      if (cluster === undefined) return;
      this.#executor.attachBackend(cluster, backend);
      // Those in this process would take the time of the others that are still to come.
      if (cluster.record.backend !== 'memory') this.wake(cluster);
    });
    for (const kind of backendKinds) {
      void parts.backends.adopted(kind).then(() => {
        for (const cluster of all) if (cluster.record.backend === kind) this.wake(cluster);
      });
    }
  }

  #createTunnels(
    cluster: ManagedCluster,
    trust: { ca?: string; rejectUnauthorized: boolean },
  ): ClusterTunnels {
    const { settings, parts, now, random, clusters } = this.options;
    const { backend, record } = cluster;
    if (backend === undefined) throw new TypeError('a cluster without an API has no tunnels');
    const tokens = new ClusterTokens(parts.state.secret, cluster.uid);
    const firstTime = record.stages.tunnels === undefined;
    const { agentToken } = tokens;
    const { name, version, objects, catalog, discovered } = backend;
    const steve: SteveCluster = {
      name,
      version,
      objects,
      catalog,
      ...(discovered === undefined ? {} : { discovered }),
      ...(record.rancherId === undefined ? {} : { rancherId: record.rancherId }),
      handle: (request, response) => {
        // The agent asks the API by its own account, as whoever Rancher says (Impersonate-* headers).
        request.headers.authorization = `Bearer ${agentToken}`;
        backend.handle(request, response);
      },
    };
    return new ClusterTunnels({
      rancherURL: settings.rancherURL,
      tls: {
        rejectUnauthorized: trust.rejectUnauthorized,
        ...(trust.ca === undefined ? {} : { ca: trust.ca }),
      },
      // New clusters are paced by their creation in Rancher.
      turn: () => (firstTime && record.stages.tunnels === undefined ? Promise.resolve() : this.#pacer.turn()),
      registrationToken: () => record.token ?? '',
      params: { address: backend.address, token: agentToken, caCert: backend.caCert },
      firstTime: () => firstTime && record.stages.tunnels === undefined,
      serveCluster: (connection) => this.#api.serve(connection, backend),
      serveSteve: (connection) => this.#steve.serve(connection, steve),
      onChange: () => {
        cluster.tunnelsChangedAt = now();
        if (cluster.tunnelsUp) {
          cluster.refusals = 0;
          this.#delayer.cancel(`${cluster.uid}/refused`);
          if (cluster.failure?.stage.startsWith('tunnel-') === true) cluster.failure = undefined;
          this.#onStage(cluster, 'tunnels');
        }
        clusters.refresh(cluster);
        this.#lookLater(cluster);
      },
      onAttemptFailed: (kind, error, retryInMs) => this.#onAttemptFailed(cluster, kind, error, retryInMs),
      now,
      random,
      // Said here, with the name of the cluster.
      logger: silentLogger,
    });
  }

  /**
   * A refused login means a rotated token, or a cluster that is gone; both are found out by asking. Not at once, as a
   * fresh token is unknown to Rancher's cache for a moment (facts: rancher-import §4.1).
   */
  #onAttemptFailed(cluster: ManagedCluster, kind: TunnelKind, error: Error, retryInMs: number): void {
    const { now, logger, metrics } = this.options;
    const at = now();
    const stage = `tunnel-${kind}`;
    const attempts = cluster.failure?.stage === stage ? cluster.failure.attempts + 1 : 1;
    // A failing step is the more telling of the two.
    if (cluster.failure === undefined || cluster.failure.stage.startsWith('tunnel-')) {
      cluster.failure = { stage, message: errorText(error), at, attempts, retryAt: undefined };
    }
    metrics.errors += 1;
    logger.debug(
      { cluster: cluster.name, tunnel: kind, error: errorText(error), retryInMs },
      'tunnel attempt failed',
    );
    if (!(error instanceof HandshakeError) || (error.status !== 400 && error.status !== 401)) return;
    cluster.refusals += 1;
    const delay = Math.min(60_000, 500 * 2 ** Math.min(cluster.refusals, 7));
    this.#delayer.delay(`${cluster.uid}/refused`, delay, () => {
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
    this.#delayer.delay(`${cluster.uid}/look`, lookMs * (0.75 + random() / 2), () => {
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
        find: (name) => clusters.get(name)?.backend,
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
      find: (name) => clusters.get(name)?.backend,
      onPort: (name, port) => {
        const cluster = clusters.get(name);
        if (cluster === undefined || cluster.record.proxyPort === port) return;
        cluster.record.proxyPort = port;
        parts.state.putLazily(cluster.record);
        clusters.refresh(cluster);
      },
      delay: (key, delayMs, run) => this.#delayer.delay(key, delayMs, run),
      logger,
    });
    listeners.reserve(
      [...clusters.values()].flatMap(({ name, record }) =>
        record.proxyPort === undefined ? [] : [[name, record.proxyPort] as const],
      ),
    );
    return listeners;
  }

  #everyMinute(): void {
    this.#delayer.delay('fleet/minute', 60_000, () => {
      this.options.metrics.turnMinute();
      this.#everyMinute();
    });
  }

  #everyHour(): void {
    const { parts, logger } = this.options;
    this.#delayer.delay('fleet/renewal', renewalMs, () => {
      parts.pki
        .renewIfDue()
        .then((renewed) => {
          if (!renewed) return;
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
