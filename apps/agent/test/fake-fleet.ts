import { EventEmitter } from 'node:events';
import {
  backendKinds,
  ClusterExistsError,
  ClusterNotFoundError,
  InvalidNameError,
  phaseNames,
  ShardNotFoundError,
  stageNames,
  UnknownBackendError,
  type BackendView,
  type BulkResult,
  type ClusterChoice,
  type ClusterView,
  type FleetEvent,
  type FleetSummary,
  type ShardView,
  type TemplateView,
} from '@scale-cluster/cluster-sim';
import type { FleetApi } from '../src/context.js';

const EPOCH = Date.parse('2026-01-01T00:00:00Z');

/** A fleet without Rancher: only what the mapping of routes and errors needs. */
export class FakeFleet extends EventEmitter<{ event: [FleetEvent] }> implements FleetApi {
  readonly views = new Map<string, ClusterView>();
  rancherId: Promise<string | undefined> = Promise.resolve('c-m-abcdefgh');
  failure: Error | undefined;
  private seq = 0;
  private crashes = 0;

  announce(event: Omit<FleetEvent, 'seq' | 'at'>): void {
    this.emit('event', { seq: ++this.seq, at: new Date(EPOCH).toISOString(), ...event });
  }

  async create(name: string, choice: ClusterChoice = {}): Promise<ClusterView> {
    if (this.failure) throw this.failure;
    checkChoice(choice);
    if (!/^[a-z0-9-]+$/.test(name)) throw new InvalidNameError(`'${name}' can't be a name`);
    if (this.views.has(name)) throw new ClusterExistsError(name);
    const view = { ...viewOf(name), ...(choice as Partial<ClusterView>) };
    this.views.set(name, view);
    return view;
  }

  async createMany(names: string[], choice: ClusterChoice = {}): Promise<BulkResult[]> {
    checkChoice(choice);
    return this.each(names, async (name) => void (await this.create(name, choice)));
  }

  async delete(name: string): Promise<void> {
    if (this.failure) throw this.failure;
    if (!this.views.delete(name)) throw new ClusterNotFoundError(name);
  }

  deleteMany(names: string[]): Promise<BulkResult[]> {
    return this.each(names, (name) => this.delete(name));
  }

  get(name: string): ClusterView | undefined {
    return this.views.get(name);
  }

  list(query: { prefix?: string; limit?: number; after?: string; labelSelector?: string } = {}) {
    if (query.labelSelector === '=')
      throw Object.assign(new Error('bad selector'), { code: 'ERR_FLEET_SELECTOR', status: 400 });
    const all = [...this.views.values()].filter((view) => view.name.startsWith(query.prefix ?? ''));
    const rest = all.filter((view) => view.name > (query.after ?? ''));
    const items = rest.slice(0, query.limit);
    const last = items.at(-1)?.name;
    return { items, total: all.length, ...(items.length < rest.length && last ? { next: last } : {}) };
  }

  names(): string[] {
    return [...this.views.keys()];
  }

  async clusterInfo(name: string) {
    if (!this.views.has(name)) return undefined;
    return {
      name,
      clusterID: 'c-m-abcdefgh',
      status: 'ready',
      nodes: [{ name: `${name}-node1`, roles: ['master'], capacity: { cpu: '4' } }],
    };
  }

  waitForRancherId(): Promise<string | undefined> {
    return this.rancherId;
  }

  kubeconfig(name: string): string {
    if (!this.views.has(name)) throw new ClusterNotFoundError(name);
    return `apiVersion: v1\nkind: Config\ncurrent-context: ${name}\n`;
  }

  shards(): ShardView[] {
    return [
      {
        index: 0,
        phase: 'running',
        since: new Date(EPOCH).toISOString(),
        clusters: this.views.size,
        connectedTunnels: 2 * this.views.size,
        restarts: this.crashes,
        requests: 7,
        eventLoop: { meanMs: 0.5, p99Ms: 12, maxMs: 40 },
        eventLoopShare: 0.25,
        memory: { heapUsedBytes: 1000, heapTotalBytes: 2000, heapLimitBytes: 4000, externalBytes: 10 },
      },
    ];
  }

  async crashShard(index: number): Promise<void> {
    if (index !== 0) throw new ShardNotFoundError(index, 1);
    this.crashes += 1;
  }

  backends(): BackendView[] {
    const phases = Object.fromEntries(phaseNames.map((phase) => [phase, 0])) as BackendView['phases'];
    const since = new Date(EPOCH).toISOString();
    return [
      {
        kind: 'memory',
        default: true,
        phase: 'ready',
        message: '',
        since,
        clusters: 3,
        phases: { ...phases, active: 3 },
        requests: 8,
      },
      {
        kind: 'kwok-shared',
        default: false,
        phase: 'starting',
        message: 'creating main-cluster',
        since,
        clusters: 0,
        phases,
        requests: 0,
      },
    ];
  }

  templates(): TemplateView[] {
    return [
      { name: 'default', clusters: 3, version: 'v1.28.5+k3s1', nodes: 2, objects: 40, maxNameLength: 50 },
      { name: 'broken', clusters: 0, error: 'broken.yaml:3: nodes[0].name: is missing' },
    ];
  }

  summary(): FleetSummary {
    const tunnel = { connected: 1, connections: 12, reconnects: 3, failures: 2 };
    const timing = { count: 1, p50: 1000, p95: 2000, p99: 3000, max: 4000 };
    return {
      total: this.views.size,
      phases: Object.fromEntries(
        phaseNames.map((phase) => [phase, phase === 'active' ? this.views.size : 0]),
      ) as never,
      backends: this.backends(),
      shards: this.shards(),
      stageTimings: Object.fromEntries(stageNames.map((stage) => [stage, timing])) as never,
      tunnels: { cluster: tunnel, steve: tunnel },
      requests: { total: 8, bytesOut: 4096, byVerbAndCode: { 'watch 200': 5, 'get 404': 3 } },
      rancher: { subscribed: true, createsInFlight: 1, createsQueued: 2 },
      ramp: {
        window: 5,
        maxWindow: 8,
        inFlight: 1,
        queued: 2,
        maxPerSec: 0,
        ownPerSec: 6,
        activating: 7,
        maxActivations: 64,
        pausedMs: 1500,
        slowAnswers: 3,
        refusals: 4,
      },
      bottleneck: {
        active: true,
        reasons: ['cpu'],
        since: new Date(EPOCH).toISOString(),
        eventLoopDelayP99Ms: 90,
        eventLoopShare: 0.97,
        cpuCores: 1.2,
        memoryAvailableBytes: 1e9,
      },
      capacity: { room: 900, limitedBy: 'memory' },
      churn: { perSec: 50, writes: 120, failures: 1 },
      state: { writes: 4, lastWriteMs: 5, bytes: 1000 },
      journal: { bytes: 2000, entries: 20 },
      errors: 6,
      uptimeSec: 12.5,
      eventLoop: { meanMs: 1, p99Ms: 2, maxMs: 3 },
      eventLoopDelays: { main: { upToMs: { 1: 90, 2: 95, 20: 99 }, count: 100, sumMs: 250 } },
      memory: { rssBytes: 1, heapUsedBytes: 1, heapTotalBytes: 1 },
    };
  }

  private async each(names: string[], act: (name: string) => Promise<void>): Promise<BulkResult[]> {
    const results: BulkResult[] = [];
    for (const name of names) {
      try {
        await act(name);
        results.push({ name });
      } catch (error) {
        results.push({ name, error: error as BulkResult['error'] & Error });
      }
    }
    return results;
  }
}

function checkChoice({ backend = 'memory' }: ClusterChoice): void {
  if (!(backendKinds as readonly string[]).includes(backend))
    throw new UnknownBackendError(backend, backendKinds);
}

/** A cluster that has reached `active`, one second per stage. */
export function viewOf(name: string): ClusterView {
  const tunnel = { status: 'connected' as const, connectedSince: null, reconnects: 0, connections: 1 };
  const stages = Object.fromEntries(
    stageNames.map((stage, index) => [stage, new Date(EPOCH + (index + 1) * 1000).toISOString()]),
  );
  return {
    name,
    uid: `uid-${name}`,
    rancherId: 'c-m-abcdefgh',
    phase: 'active',
    stages: stages as ClusterView['stages'],
    conditions: [],
    lastError: null,
    rancher: { state: 'active', transitioning: 'no', message: '' },
    tunnels: { cluster: tunnel, steve: tunnel },
    createdAt: new Date(EPOCH).toISOString(),
    backend: 'memory',
    template: 'default',
    nodes: 2,
    proxyPort: null,
  };
}
