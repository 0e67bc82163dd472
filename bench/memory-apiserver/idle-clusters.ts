/**
 * A process of its own that makes clusters which share a template, and prints what each costs, as JSON. Run with
 * --expose-gc.
 */
import { createApiServer } from '@scale-cluster/memory-apiserver';

const CLUSTERS = 500;
const NODES = 3;
const PODS = 20;

const resources = { cpu: '8', memory: '32Gi', pods: '110' };
const template = [
  ...Array.from({ length: NODES }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `{{cluster-name}}-${index}` },
    status: {
      capacity: resources,
      allocatable: resources,
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' }],
    },
  })),
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: PODS,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'main', image: 'nginx' }] },
      },
    },
  },
];

const collect = (globalThis as { gc?: () => void }).gc ?? (() => undefined);

function memory(): { rss: number; heap: number } {
  collect();
  collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}

const server = createApiServer();
const base = server.createBase(template);
const make = (count: number, prefix: string): void => {
  for (let index = 0; index < count; index += 1) server.createCluster({ name: `${prefix}-${index}`, base });
};
// What the first clusters load and compile is no cost of a cluster.
make(10, 'warm');
await server.idle();
const before = memory();
const start = performance.now();
make(CLUSTERS, 'cluster');
await server.idle();
const elapsed = performance.now() - start;
const after = memory();
const probe = server.createCluster({ name: 'probe', base });
if (probe.api.count('pods') !== PODS || probe.api.count('nodes') !== NODES)
  throw new Error('the template is not what it should be');
process.stdout.write(
  JSON.stringify({
    'memory of an idle cluster (RSS), KB': (after.rss - before.rss) / CLUSTERS / 1000,
    'memory of an idle cluster (heap), KB': (after.heap - before.heap) / CLUSTERS / 1000,
    'creating a cluster, ms': elapsed / CLUSTERS,
  }),
);
await server.close();
