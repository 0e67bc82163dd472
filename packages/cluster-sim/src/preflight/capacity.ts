import { backendKinds, type BackendKind } from '../backend/backend-kinds.js';
import type { Machine } from './machine.js';
import { agentNeeds, backendNeeds, clusterNeeds, type Needs } from './needs.js';

/** Numbers of clusters by backend. */
export type ClusterCounts = Partial<Record<BackendKind, number>>;

export interface Load {
  /** Clusters that have taken their memory already. */
  running: ClusterCounts;
  /** Clusters that will still take it. */
  coming: ClusterCounts;
}

/** One thing that clusters need, with what there is of it. */
export interface Supply {
  resource: 'memory' | 'JavaScript heap' | 'open files' | 'processes';
  available: number;
  /** By the clusters that are still to come for memory, by all clusters for what is limited once and for all. */
  needed: number;
  /** Available is a number of bytes. */
  inBytes: boolean;
}

const total = (counts: ClusterCounts, need: (kind: BackendKind, count: number) => number): number =>
  backendKinds.reduce((sum, kind) => sum + need(kind, counts[kind] ?? 0), 0);

/** What a load needs of the machine, thing by thing. The agent itself is taken as running when clusters are. */
export function supplies(machine: Machine, { running, coming }: Load): Supply[] {
  const isRunning = total(running, (_kind, count) => count) > 0;
  const needOf = (of: keyof Needs, counts: ClusterCounts, without: ClusterCounts = {}): number =>
    total(counts, (kind, count) => {
      const once = count > 0 && (without[kind] ?? 0) === 0 ? (backendNeeds[kind]?.[of] ?? 0) : 0;
      return once + count * clusterNeeds[kind][of];
    });
  const all = Object.fromEntries(
    backendKinds.map((kind) => [kind, (running[kind] ?? 0) + (coming[kind] ?? 0)]),
  ) as ClusterCounts;
  const limited = (
    resource: Supply['resource'],
    of: keyof Needs,
    available: number | undefined,
    inBytes = false,
  ): Supply[] =>
    available === undefined
      ? []
      : [{ resource, available, inBytes, needed: agentNeeds[of] + needOf(of, all) }];
  return [
    {
      resource: 'memory',
      available: machine.memoryBytes,
      inBytes: true,
      needed: (isRunning ? 0 : agentNeeds.memoryBytes) + needOf('memoryBytes', coming, running),
    },
    ...limited('JavaScript heap', 'heapBytes', machine.heapBytes, true),
    ...limited('open files', 'openFiles', machine.openFiles),
    ...limited('processes', 'tasks', machine.tasks),
  ];
}

/** How many clusters of a backend the machine can hold beyond the load, and what there is too little of for more. */
export function roomFor(
  kind: BackendKind,
  machine: Machine,
  load: Load,
): { clusters: number; limitedBy: Supply['resource'] | undefined } {
  const before = supplies(machine, load);
  const withOne = supplies(machine, {
    ...load,
    coming: { ...load.coming, [kind]: (load.coming[kind] ?? 0) + 1 },
  });
  const withTwo = supplies(machine, {
    ...load,
    coming: { ...load.coming, [kind]: (load.coming[kind] ?? 0) + 2 },
  });
  let room: ReturnType<typeof roomFor> = { clusters: Infinity, limitedBy: undefined };
  before.forEach(({ resource, available }, index) => {
    const first = withOne[index]?.needed ?? 0;
    const each = (withTwo[index]?.needed ?? 0) - first;
    const fits = available < first ? 0 : each > 0 ? 1 + Math.floor((available - first) / each) : Infinity;
    if (fits < room.clusters) room = { clusters: fits, limitedBy: resource };
  });
  return room;
}

/** What to do when there is too little of something. */
export function remedyFor({ resource, needed }: Supply): string {
  switch (resource) {
    case 'memory':
      return 'use a larger machine, or fewer clusters';
    case 'JavaScript heap':
      return `give it more threads by Shards, or start with NODE_OPTIONS=--max-old-space-size=${Math.ceil((needed * 1.5) / 2 ** 20)}`;
    case 'open files':
      return `raise the hard limit before the start, as in "ulimit -Hn ${needed * 2}" or LimitNOFILE=${needed * 2} of systemd`;
    case 'processes':
      return `raise the limit before the start, as in "ulimit -u ${needed * 2}" or LimitNPROC=${needed * 2} of systemd`;
  }
}
