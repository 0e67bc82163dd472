import type { KubeClient } from '../kube/client.js';
import type { KubeObject } from '../kube/object.js';
import { paths } from '../kube/paths.js';
import { parseQuantity } from '../kube/quantity.js';
import type { Capacity } from '../model/cluster.js';

type Node = KubeObject & {
  spec?: { unschedulable?: boolean };
  status?: { capacity?: Record<string, string>; allocatable?: Record<string, string> };
};

/** Sums up the schedulable nodes and counts all (controllers/management/clusterstats). */
export async function readNodeStats(client: KubeClient): Promise<void> {
  const { cluster } = client.link;
  const nodes = (await client.get<{ items?: Node[] }>(paths.nodes))?.items ?? [];
  const schedulable = nodes.filter((node) => node.spec?.unschedulable !== true);
  const capacity = total(schedulable.map((node) => node.status?.capacity ?? {}));
  const allocatable = total(schedulable.map((node) => node.status?.allocatable ?? {}));
  const before = JSON.stringify([cluster.nodeCount, cluster.capacity, cluster.allocatable]);
  if (JSON.stringify([nodes.length, capacity, allocatable]) === before) return;
  Object.assign(cluster, { nodeCount: nodes.length, capacity, allocatable });
  cluster.onChange();
}

function total(amounts: Record<string, string>[]): Capacity {
  const sum = (name: string): number =>
    amounts.reduce((all, one) => all + (parseQuantity(one[name] ?? '0') || 0), 0);
  return {
    cpu: String(Math.round(sum('cpu') * 1000) / 1000),
    memory: `${Math.round(sum('memory') / 1024)}Ki`,
    pods: String(sum('pods')),
  };
}
