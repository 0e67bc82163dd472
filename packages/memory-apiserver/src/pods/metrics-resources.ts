import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';

export const METRICS_GROUP = 'metrics.k8s.io';
const VERSION = 'v1beta1';

const row = (plural: string, kind: string, namespaced: boolean): ResourceInfo => ({
  group: METRICS_GROUP,
  version: VERSION,
  kind,
  plural,
  singular: '',
  listKind: `${kind}List`,
  namespaced,
  shortNames: [],
  categories: [],
  verbs: ['get', 'list'],
  subresources: [],
  storage: `${plural}.${METRICS_GROUP}`,
});

/** What metrics-server serves (k8s.io/metrics `pkg/apis/metrics/v1beta1`). Nothing of it is stored. */
export const metricsResources: readonly ResourceInfo[] = [
  row('nodes', 'NodeMetrics', false),
  row('pods', 'PodMetrics', true),
];

/** By which clients see that there are metrics; its status is the one it has while metrics-server answers. */
export const metricsApiService = (): KubeObject => ({
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: `${VERSION}.${METRICS_GROUP}`, labels: { 'k8s-app': 'metrics-server' } },
  spec: {
    group: METRICS_GROUP,
    version: VERSION,
    groupPriorityMinimum: 100,
    versionPriority: 100,
    insecureSkipTLSVerify: true,
    service: { name: 'metrics-server', namespace: 'kube-system', port: 443 },
  },
  status: {
    conditions: [{ type: 'Available', status: 'True', reason: 'Passed', message: 'all checks passed' }],
  },
});
