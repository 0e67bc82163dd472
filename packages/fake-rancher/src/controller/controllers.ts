import type { ManagementCluster } from '../model/cluster.js';
import type { Registry } from '../model/registry.js';
import { Semaphore } from '../semaphore.js';
import { checkConnected } from './connected-check.js';
import { ClusterController, type ControllerEnvironment } from './cluster-controller.js';

/** Pings and health checks on the way at the same time, each. */
const maxChecks = 64;
/** The health ticker looks this often per interval who is due. */
const healthSlots = 15;
/** Quiet time between a change of a cluster object and the provider detection that it causes. */
const detectDelayMs = 200;
/** A deletion does not wait longer than this for the cluster. */
const cleanupTimeoutMs = 40_000;

/** Starts, checks and ends the controllers of all clusters; two tickers serve them all. */
export class Controllers {
  readonly #environment: ControllerEnvironment;
  readonly #registry: Registry;
  readonly #running = new Map<ManagementCluster, ClusterController>();
  readonly #pings = new Semaphore(maxChecks);
  readonly #healthChecks = new Semaphore(maxChecks);
  readonly #detections = new Set<ManagementCluster>();
  readonly #timers: NodeJS.Timeout[];
  #pinging = false;
  #closed = false;

  constructor(registry: Registry, environment: ControllerEnvironment) {
    this.#registry = registry;
    this.#environment = environment;
    const { checkIntervalMs } = environment.options;
    this.#timers = [
      setInterval(() => void this.#pingAll(), checkIntervalMs),
      setInterval(() => this.#checkDueHealth(), checkIntervalMs / healthSlots),
    ];
    environment.tunnels.on('clusterTunnel', (cluster) => this.#ensure(cluster));
    registry.on('change', (cluster) => this.#scheduleDetection(cluster));
  }

  get(cluster: ManagementCluster): ClusterController | undefined {
    return this.#running.get(cluster);
  }

  /** Takes a cluster through its deletion: cleanup Job, then gone for good. Tunnels are left to the agent. */
  async remove(cluster: ManagementCluster): Promise<void> {
    const { deadlines, options, tunnels, violations } = this.#environment;
    const controller = this.#running.get(cluster);
    const patience = deadlines.sleep(options.deleteDelayMs);
    if (controller) await Promise.race([controller.cleanUp(), deadlines.sleep(cleanupTimeoutMs)]);
    await patience;
    controller?.stop();
    this.#running.delete(cluster);
    this.#registry.forget(cluster);
    violations.forgetUids(cluster.id);
    tunnels.forget(cluster.id);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const controller of this.#running.values()) controller.stop();
    this.#running.clear();
  }

  /** Runs a controller for the params that the agent sent last; other params than before start it anew. */
  #ensure(cluster: ManagementCluster): void {
    if (this.#closed || !cluster.params || cluster.removedAt !== undefined) return;
    const old = this.#running.get(cluster);
    if (old && old.params === cluster.params) return;
    old?.stop();
    const controller = new ClusterController(cluster, cluster.params, this.#environment);
    this.#running.set(cluster, controller);
    void controller.run();
  }

  async #pingAll(): Promise<void> {
    if (this.#pinging) return; // a round begins when the last one has ended
    this.#pinging = true;
    const clusters = this.#registry.list().filter((cluster) => cluster.removedAt === undefined);
    await Promise.all(
      clusters.map((cluster) => this.#pings.run(() => checkConnected(cluster, this.#environment))),
    );
    this.#pinging = false;
  }

  #checkDueHealth(): void {
    const now = Date.now();
    const { checkIntervalMs } = this.#environment.options;
    for (const controller of this.#running.values()) {
      if (controller.healthDueAt === undefined || now < controller.healthDueAt) continue;
      // Only connected clusters are checked; the others have lost Ready already.
      if (
        !controller.cluster.conditions.is('Connected', 'True') ||
        controller.cluster.removedAt !== undefined
      )
        continue;
      controller.healthDueAt = Math.max(controller.healthDueAt + checkIntervalMs, now);
      void this.#healthChecks.run(() => controller.checkHealth());
    }
  }

  #scheduleDetection(cluster: ManagementCluster): void {
    if (cluster.provider !== '' || this.#detections.has(cluster) || !this.#running.has(cluster)) return;
    this.#detections.add(cluster);
    this.#environment.deadlines.after(detectDelayMs, () => {
      this.#detections.delete(cluster);
      void this.#running.get(cluster)?.detect();
    });
  }
}
