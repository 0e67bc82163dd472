import type {
  BackendKind,
  ClusterChoice,
  ClusterView,
  FleetEvent,
  FleetSummary,
  Phase,
  StageName,
} from '@scale-cluster/cluster-sim';
import type { AgentClient } from './client.js';

/** A cluster as `/api/v1` shows it. */
export type Cluster = ClusterView & { readonly timings: Record<StageName, number | null> };

/** An event of `/api/v1/events`. */
export type ClusterEvent = FleetEvent;

/** The outcome of a bulk request. */
export interface BulkOutcome {
  readonly succeeded: number;
  readonly failed: number;
  readonly results: {
    readonly name: string;
    readonly status: number;
    readonly error?: string;
    readonly code?: string;
  }[];
}

/** What a list is narrowed to. */
export interface ListFilter {
  readonly phase?: string;
  readonly prefix?: string;
  readonly backend?: string;
  readonly template?: string;
  readonly label?: string;
}

/** The most names that the agent takes in one request, and shows on one page. */
const BULK_SIZE = 10_000;
const PAGE_SIZE = 1000;

/** All clusters that fit, page by page. */
export async function* listClusters(client: AgentClient, filter: ListFilter = {}): AsyncGenerator<Cluster> {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE), ...filter });
  for (;;) {
    const page = await client.get<{ items: Cluster[]; next?: string }>(
      `/api/v1/clusters?${query.toString()}`,
    );
    yield* page.items;
    if (page.next === undefined) return;
    query.set('after', page.next);
  }
}

export function getCluster(client: AgentClient, name: string): Promise<Cluster> {
  return client.get<Cluster>(`/api/v1/clusters/${encodeURIComponent(name)}`);
}

export async function clusterNames(client: AgentClient): Promise<string[]> {
  return (await client.get<{ clusters: string[] }>('/clusters')).clusters;
}

export function getSummary(client: AgentClient): Promise<FleetSummary> {
  return client.get<FleetSummary>('/api/v1/summary');
}

/** Creates by names or by number; the choice counts for all of them. */
export function createClusters(
  client: AgentClient,
  wanted: { names: string[] } | { prefix: string; count: number; start?: number },
  choice: ClusterChoice = {},
): Promise<BulkOutcome> {
  if (!('names' in wanted)) return client.post('/api/v1/clusters', { ...wanted, ...choice });
  return inParts(wanted.names, (names) => client.post('/api/v1/clusters', { names, ...choice }));
}

/** Deletes by names, prefix, or all. */
export function deleteClusters(
  client: AgentClient,
  wanted: { names: string[] } | { prefix: string } | { all: true },
): Promise<BulkOutcome> {
  if (!('names' in wanted)) return client.post('/api/v1/clusters/delete', wanted);
  return inParts(wanted.names, (names) => client.post('/api/v1/clusters/delete', { names }));
}

async function inParts(
  names: string[],
  send: (part: string[]) => Promise<BulkOutcome>,
): Promise<BulkOutcome> {
  const outcomes: BulkOutcome[] = [];
  for (let at = 0; at < names.length; at += BULK_SIZE)
    outcomes.push(await send(names.slice(at, at + BULK_SIZE)));
  return {
    succeeded: outcomes.reduce((sum, outcome) => sum + outcome.succeeded, 0),
    failed: outcomes.reduce((sum, outcome) => sum + outcome.failed, 0),
    results: outcomes.flatMap((outcome) => outcome.results),
  };
}

/** The phases a cluster can be in. Written out here so that most commands needn't load the whole simulator. */
export const phaseNames: readonly string[] = Object.keys({
  pending: true,
  registering: true,
  provisioning: true,
  connecting: true,
  waiting: true,
  active: true,
  degraded: true,
  'failed-retrying': true,
  deleting: true,
} satisfies Record<Phase, true>);

/** The kinds of backends; written out for the same reason. */
export const backendKinds: readonly string[] = Object.keys({
  memory: true,
  'kwok-shared': true,
  'kwok-dedicated': true,
} satisfies Record<BackendKind, true>);
