import { backendKinds, type BackendKind } from '../backend/backend-kinds.js';
import type { FleetMetrics } from '../metrics.js';
import type { Load } from '../preflight/capacity.js';
import type { ClusterRecord } from '../state/record.js';
import { phaseNames, type FleetEvent, type FleetSummary, type Phase, type StageName } from '../views.js';
import type { ManagedCluster } from './managed-cluster.js';

/** All clusters by name and by Rancher's id; tells about their changes as events. */
export class ClusterSet {
  readonly #byName = new Map<string, ManagedCluster>();
  readonly #startedAt: number;
  readonly #byUid = new Map<string, ManagedCluster>();
  readonly #byRancherId = new Map<string, ManagedCluster>();
  /** Sorted by name; made when asked for, dropped when a cluster comes or goes. */
  #sorted: ManagedCluster[] | undefined;

  constructor(
    private readonly emit: (event: Omit<FleetEvent, 'seq'>) => void,
    private readonly metrics: FleetMetrics,
    private readonly now: () => number,
  ) {
    this.#startedAt = now();
  }

  get size(): number {
    return this.#byName.size;
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  get(name: string): ManagedCluster | undefined {
    return this.#byName.get(name);
  }

  byUid(uid: string): ManagedCluster | undefined {
    return this.#byUid.get(uid);
  }

  byRancherId(id: string): ManagedCluster | undefined {
    return this.#byRancherId.get(id);
  }

  rancherIds(): Iterable<string> {
    return this.#byRancherId.keys();
  }

  values(): Iterable<ManagedCluster> {
    return this.#byName.values();
  }

  sorted(): readonly ManagedCluster[] {
    this.#sorted ??= [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.#sorted;
  }

  add(cluster: ManagedCluster): void {
    this.#byName.set(cluster.name, cluster);
    this.#byUid.set(cluster.uid, cluster);
    this.#sorted = undefined;
    this.index(cluster);
    cluster.phase = cluster.computePhase();
  }

  /** Has it found by its id in Rancher, once that is known. */
  index(cluster: ManagedCluster): void {
    if (cluster.record.rancherId !== undefined) this.#byRancherId.set(cluster.record.rancherId, cluster);
  }

  delete(name: string): void {
    const cluster = this.#byName.get(name);
    this.#byName.delete(name);
    if (cluster !== undefined) this.#byUid.delete(cluster.uid);
    this.#sorted = undefined;
    if (cluster?.record.rancherId !== undefined) this.#byRancherId.delete(cluster.record.rancherId);
  }

  /** Notes that the cluster has reached a stage; true if that is the first time. */
  reach(cluster: ManagedCluster, stage: StageName): boolean {
    if (cluster.record.stages[stage] !== undefined) return false;
    const at = this.now();
    cluster.record.stages[stage] = at;
    // A time that the process did not live through would say nothing about Rancher or us.
    if (cluster.record.createdAt >= this.#startedAt)
      this.metrics.addStage(stage, at - cluster.record.createdAt);
    this.#tell(cluster, 'stage', { stage });
    return true;
  }

  announce(cluster: ManagedCluster, type: 'created' | 'deleting' | 'deleted'): void {
    this.#tell(cluster, type, {});
    this.refresh(cluster);
  }

  fail(cluster: ManagedCluster, stage: string, message: string): void {
    this.metrics.errors += 1;
    this.#tell(cluster, 'error', { message: `${stage}: ${message}` });
  }

  /** Works out the phase anew and tells when it is another one. */
  refresh(cluster: ManagedCluster): void {
    const before = cluster.phase;
    const phase = cluster.computePhase();
    if (phase === before) return;
    cluster.phase = phase;
    this.#tell(cluster, 'phase', { message: before });
  }

  phaseCounts(): Record<Phase, number> {
    const counts = Object.fromEntries(phaseNames.map((phase) => [phase, 0])) as Record<Phase, number>;
    for (const cluster of this.#byName.values()) counts[cluster.phase] += 1;
    return counts;
  }

  phaseCountsByBackend(): Record<BackendKind, Record<Phase, number>> {
    const counts = Object.fromEntries(
      backendKinds.map((kind) => [kind, Object.fromEntries(phaseNames.map((phase) => [phase, 0]))]),
    ) as Record<BackendKind, Record<Phase, number>>;
    for (const { record, phase } of this.#byName.values()) counts[record.backend][phase] += 1;
    return counts;
  }

  /** Those that are Active or have been, and those that will still take what they need of the machine. */
  load(): Load {
    const load = { running: noCounts(), coming: noCounts() };
    for (const { record, wasActive } of this.#byName.values())
      load[wasActive ? 'running' : 'coming'][record.backend] += 1;
    return load;
  }

  countWith(holds: (record: ClusterRecord) => boolean): number {
    let count = 0;
    for (const { record } of this.#byName.values()) if (holds(record)) count += 1;
    return count;
  }

  tunnelTotals(): FleetSummary['tunnels'] {
    const none = (): FleetSummary['tunnels']['cluster'] => ({
      connected: 0,
      connections: 0,
      reconnects: 0,
      failures: 0,
    });
    const totals = { cluster: none(), steve: none() };
    for (const { hosted } of this.#byName.values()) {
      if (hosted?.tunnels === undefined) continue;
      for (const kind of ['cluster', 'steve'] as const) {
        const { status, connections, connects, failures } = hosted.tunnels[kind];
        const total = totals[kind];
        total.connected += status === 'connected' ? 1 : 0;
        total.connections += connections;
        total.reconnects += Math.max(0, connects - 1);
        total.failures += failures;
      }
    }
    return totals;
  }

  #tell(
    cluster: ManagedCluster,
    type: FleetEvent['type'],
    more: Pick<FleetEvent, 'stage' | 'message'>,
  ): void {
    this.emit({
      at: new Date(this.now()).toISOString(),
      type,
      cluster: cluster.name,
      phase: cluster.phase,
      ...more,
    });
  }
}

const noCounts = (): Record<BackendKind, number> => ({ memory: 0, 'kwok-shared': 0, 'kwok-dedicated': 0 });
