import type { ResourceCatalog } from '../schema/resource.js';
import type { ClusterStore } from '../store/cluster-store.js';

/**
 * What `/metrics` says of a cluster, in Prometheus' text format: what can be counted when it is asked for. Names are
 * kube-apiserver's. Nothing is kept per request: that would cost each of thousands of clusters a table.
 */
export function metricsText(catalog: ResourceCatalog, store: ClusterStore, watches: number): string {
  const lines: string[] = [];
  const metric = (name: string, help: string, samples: readonly (readonly [string, number])[]): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`);
    for (const [labels, value] of samples) lines.push(`${name}${labels} ${value}`);
  };
  const stored = [...store.storages()].sort();
  metric(
    'apiserver_storage_objects',
    'Number of stored objects at the time of last check split by kind.',
    stored.map((storage) => [`{resource="${storage}"}`, store.count(storage)]),
  );
  metric('apiserver_longrunning_requests', 'Open watches.', [['{verb="WATCH"}', watches]]);
  metric('apiserver_served_resources', 'Resources in discovery.', [['', catalog.all().length]]);
  return `${lines.join('\n')}\n`;
}
