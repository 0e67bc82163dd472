import type { Condition } from '../../src/controllers/kinds.js';
import { ScratchCluster, type ScratchClusterOptions } from '../../src/controllers/scratch-cluster.js';
import type { KubeObject } from '../../src/object.js';

export const startMs = Date.UTC(2026, 0, 1, 12);

/** A cluster with two nodes, a namespace `demo` and controllers that have done all they have to do. */
export function newCluster(options: Partial<ScratchClusterOptions> = {}): ScratchCluster {
  const cluster = new ScratchCluster({
    name: 'test',
    startMs,
    serviceCidr: '10.43.0.0/16',
    caCert: 'PEM',
    ...options,
  });
  for (const name of ['default', 'demo']) {
    cluster.api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  cluster.api.create(node('n1', { disk: 'ssd' }));
  cluster.api.create(node('n2'));
  cluster.advance(1000);
  return cluster;
}

export const node = (name: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
  spec: {},
  status: { capacity: { cpu: '4', memory: '8Gi', pods: '110' } },
});

/** A pod template's spec with one container. */
export const containers = (image = 'app:1', requests?: Record<string, string>): Record<string, unknown> => ({
  restartPolicy: 'Always',
  containers: [{ name: 'app', image, ...(requests === undefined ? {} : { resources: { requests } }) }],
});

/** A workload of the usual shape, its pods labelled `app: <name>`. */
export const workload = (
  apiVersion: string,
  kind: string,
  name: string,
  spec: Record<string, unknown> = {},
): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'demo' },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: containers() },
    ...spec,
  },
});

export const pod = (
  name: string,
  spec: Record<string, unknown> = {},
  labels?: Record<string, string>,
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'demo', ...(labels === undefined ? {} : { labels }) },
  spec: { ...containers(), ...spec },
});

export const names = (objects: readonly KubeObject[]): string[] =>
  objects.map(({ metadata }) => metadata.name).sort();

/** `Type=Status/Reason` of each condition. */
export const conditions = (object: KubeObject | undefined): string[] =>
  ((object?.['status'] as { conditions?: Condition[] } | undefined)?.conditions ?? [])
    .map(({ type, status, reason }) => `${type}=${status}${reason === undefined ? '' : `/${reason}`}`)
    .sort();

export const podsOf = (cluster: ScratchCluster, app: string): KubeObject[] =>
  cluster.api.list('pods', { namespace: 'demo', labelSelector: `app=${app}` });

/** The messages of the Events about an object, in the order of their names. */
export const eventsAbout = (cluster: ScratchCluster, name: string): string[] =>
  cluster.api
    .list('events', { namespace: 'demo' })
    .filter((event) => event['involvedObject'].name === name)
    .map((event) => `${event['reason']}: ${event['message']}`)
    .sort();
