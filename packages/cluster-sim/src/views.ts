import type { BottleneckReason } from './bottleneck/judge.js';
import type { BackendPhase } from './backend/backend.js';
import type { BackendKind } from './backend/backend-kinds.js';
import type { DelayCounts } from './event-loop/delay-counts.js';

/** What the fleet shows of its clusters. Plain data, safe to turn into JSON: no tokens, no keys. */

/** The steps of a cluster's way to Active, in order. */
export const stageNames = ['registered', 'token', 'provisioned', 'tunnels', 'connected', 'active'] as const;

/**
 * - `registered`: Rancher has the cluster object and we know its id
 * - `token`: the registration token is known
 * - `provisioned`: the cluster's own Kubernetes API answers
 * - `tunnels`: both tunnels to Rancher are up
 * - `connected`: Rancher's condition Connected is True
 * - `active`: Rancher says active by every sign (state, transitioning, four conditions)
 */
export type StageName = (typeof stageNames)[number];

export const phaseNames = [
  'pending',
  'registering',
  'provisioning',
  'connecting',
  'waiting',
  'active',
  'degraded',
  'failed-retrying',
  'deleting',
] as const;

/**
 * Where a cluster is now, in one word.
 * - `pending`: recorded, nothing done yet (or waiting for its turn)
 * - `registering`: being created in Rancher, or waiting for its token
 * - `provisioning`: its Kubernetes API is being made
 * - `connecting`: tunnels are not both up
 * - `waiting`: tunnels are up, Rancher has not called it active yet
 * - `active`: Rancher calls it active
 * - `degraded`: it has been active and is not now
 * - `failed-retrying`: the last step failed; it will be tried again at `lastError.retryAt`
 * - `deleting`: on its way out, here or in Rancher
 */
export type Phase = (typeof phaseNames)[number];

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  /** ISO 8601. */
  lastTransitionTime: string;
}

export interface LastError {
  /** The step that failed: a stage name, `delete`, `rancher-watch`, `tunnel-cluster` or `tunnel-steve`. */
  stage: string;
  message: string;
  /** ISO 8601. */
  at: string;
  /** Failures of this step in a row. */
  attempts: number;
  /** ISO 8601; null when the retry is not ours to time. */
  retryAt: string | null;
}

export interface TunnelView {
  status: 'idle' | 'connecting' | 'connected' | 'waiting' | 'closed';
  /** ISO 8601 of the last successful connect. */
  connectedSince: string | null;
  /** Connects after the first one. */
  reconnects: number;
  /** Virtual connections that Rancher has open through it. */
  connections: number;
}

export interface RancherView {
  state: string;
  transitioning: 'yes' | 'no' | 'error';
  message: string;
}

export interface ClusterView {
  name: string;
  uid: string;
  rancherId: string | null;
  phase: Phase;
  /** ISO 8601 of the first time each stage was reached. */
  stages: Record<StageName, string | null>;
  conditions: Condition[];
  lastError: LastError | null;
  rancher: RancherView | null;
  tunnels: { cluster: TunnelView; steve: TunnelView };
  createdAt: string;
  backend: BackendKind;
  template: string;
  /** Of its template; 0 while that can't be read. */
  nodes: number;
  /** Its own port for the Kubernetes API; null without `ProxyBasePort`. */
  proxyPort: number | null;
}

/** A template that clusters can be made of. */
export interface TemplateView {
  name: string;
  /** Clusters that were made of it. */
  clusters: number;
  /** Why it can't be used; then nothing of what follows is known. */
  error?: string;
  /** Kubernetes version, such as `v1.28.5+k3s1`. */
  version?: string;
  nodes?: number;
  objects?: number;
  /** Longest name a cluster may have with it. */
  maxNameLength?: number;
}

/** A backend and how it is. */
export interface BackendView {
  kind: BackendKind;
  /** New clusters get it when they ask for none. */
  default: boolean;
  /** `idle` until the first cluster needs it. */
  phase: BackendPhase;
  message: string;
  /** ISO 8601 of the beginning of the phase. */
  since: string;
  clusters: number;
  /** Its clusters by their phases. */
  phases: Record<Phase, number>;
  /** Answered by the Kubernetes APIs of its clusters since the start of the process. */
  requests: number;
}

/**
 * - `starting`: its thread is on its way
 * - `running`
 * - `restarting`: its thread has ended and is started anew
 * - `closed`: the program ends
 */
export type ShardPhase = 'starting' | 'running' | 'restarting' | 'closed';

/** A thread with clusters in it, and how it fares. Native memory belongs to the process and can't be told apart. */
export interface ShardView {
  /** From 0. */
  index: number;
  phase: ShardPhase;
  /** ISO 8601 of the beginning of the phase. */
  since: string;
  clusters: number;
  /** Both tunnels of each. */
  connectedTunnels: number;
  /** Times that its thread has been started anew. */
  restarts: number;
  /** Answered by the Kubernetes APIs of its clusters since the start of the process. */
  requests: number;
  /** How late it was, of the last minute. */
  eventLoop: { meanMs: number; p99Ms: number; maxMs: number };
  /** Share of the last ten seconds in which it had work, 0 to 1. */
  eventLoopShare: number;
  memory: {
    heapUsedBytes: number;
    heapTotalBytes: number;
    heapLimitBytes: number;
    /** Buffers outside of the heap. */
    externalBytes: number;
  };
}

export interface ClusterQuery {
  phase?: Phase;
  prefix?: string;
  backend?: BackendKind;
  template?: string;
  /** Kubernetes label selector over `name`, `phase`, `backend`, `template` and `rancherId`: `phase=active,name!=x`. */
  labelSelector?: string;
  /** Default: all. */
  limit?: number;
  /** Only names after this one, in the order of names. */
  after?: string;
}

export interface ClusterPage {
  items: ClusterView[];
  /** How many match, on all pages. */
  total: number;
  /** Give as `after` for the next page; absent on the last one. */
  next?: string;
}

export type FleetEventType = 'created' | 'stage' | 'phase' | 'error' | 'deleting' | 'deleted';

export interface FleetEvent {
  /** Grows by one with every event of this process. */
  seq: number;
  /** ISO 8601. */
  at: string;
  type: FleetEventType;
  cluster: string;
  phase: Phase;
  /** With type `stage`. */
  stage?: StageName;
  /** With type `error`: what failed; with `phase`: the phase before. */
  message?: string;
}

/** Milliseconds from a cluster's creation, over all clusters that were created and reached the stage in this process. */
export interface StageTiming {
  count: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** How fast clusters are let into Rancher, and what holds them up. */
export interface RampView {
  /** Creations that Rancher bears at a time, as found out, and the most that the settings allow. */
  window: number;
  maxWindow: number;
  inFlight: number;
  queued: number;
  /** 0 for no limit. */
  maxPerSec: number;
  /** Creations per second that this process can follow, as found out from how busy it is. */
  ownPerSec: number;
  /** Clusters created in Rancher and not Active yet (those that take too long left out), and the limit or 0. */
  activating: number;
  maxActivations: number;
  /** Nothing new begins for so long, because Rancher refused. */
  pausedMs: number;
  /** Answers of Rancher since the start that came late, and that were 429, 5xx or none. */
  slowAnswers: number;
  refusals: number;
}

/** Whether this process, and not Rancher, is what things wait for. Figures are of the last ten seconds. */
export interface BottleneckView {
  active: boolean;
  reasons: BottleneckReason[];
  /** ISO 8601 of its beginning. */
  since: string | null;
  eventLoopDelayP99Ms: number;
  /** Share of the time in which the event loop had work, 0 to 1. */
  eventLoopShare: number;
  /** CPU of all threads; 1 is one core. */
  cpuCores: number;
  memoryAvailableBytes: number;
}

/** What comes and goes in clusters by the Churn settings. */
export interface ChurnView {
  /** Writes per second that are asked for. */
  perSec: number;
  /** Since the start. */
  writes: number;
  failures: number;
}

/** What this machine can hold beyond the clusters that there are. */
export interface CapacityView {
  /** More clusters of the default backend that fit, about. */
  room: number;
  /** What there is too little of for more. */
  limitedBy: string | null;
}

export interface FleetSummary {
  total: number;
  phases: Record<Phase, number>;
  backends: BackendView[];
  /** None with `Shards: 0`. */
  shards: ShardView[];
  stageTimings: Record<StageName, StageTiming>;
  tunnels: {
    cluster: { connected: number; connections: number; reconnects: number; failures: number };
    steve: { connected: number; connections: number; reconnects: number; failures: number };
  };
  requests: {
    total: number;
    bytesOut: number;
    /** By `verb code`, such as `watch 200`. */
    byVerbAndCode: Record<string, number>;
  };
  rancher: { subscribed: boolean; createsInFlight: number; createsQueued: number };
  ramp: RampView;
  bottleneck: BottleneckView;
  capacity: CapacityView;
  churn: ChurnView;
  state: { writes: number; lastWriteMs: number; bytes: number };
  journal: { bytes: number; entries: number };
  errors: number;
  uptimeSec: number;
  /** How late the event loop was in the last minute, of the thread that fares worst. */
  eventLoop: { meanMs: number; p99Ms: number; maxMs: number };
  /** By thread, `main`, `shard-0` and so on: how often it was how late since the thread began. */
  eventLoopDelays: Record<string, DelayCounts>;
  /** Of the process; the JavaScript heaps of all its threads together: what is in use of them, and their pages. */
  memory: { rssBytes: number; heapUsedBytes: number; heapTotalBytes: number };
}

/** The outcome of one name in a bulk call: `error` is absent on success. */
export interface BulkResult {
  name: string;
  error?: Error & { code: string; status: number };
}
