import type { Scenario } from '../scenario.js';
import { get, inNamespace, patch, post, remove } from '../scenario.js';

const pod = (name: string, spec: object = {}, resources: object = {}): object => ({
  metadata: { name },
  spec: { containers: [{ name: 'main', image: 'nginx', resources }], ...spec },
});

const quotas = inNamespace('quotas', (ns) => {
  const pods = `/api/v1/namespaces/${ns}/pods`;
  const quotaPath = `/api/v1/namespaces/${ns}/resourcequotas`;
  const maps = `/api/v1/namespaces/${ns}/configmaps`;
  return [
    post(quotaPath, { metadata: { name: 'compute' }, spec: { hard: { 'requests.cpu': '1', pods: '2' } } }),
    patch('merge', `${quotaPath}/compute/status`, {
      status: { hard: { 'requests.cpu': '1', pods: '2' }, used: { 'requests.cpu': '0', pods: '0' } },
    }),
    post(quotaPath, { metadata: { name: 'objects' }, spec: { hard: { 'count/configmaps': '1' } } }),
    patch('merge', `${quotaPath}/objects/status`, {
      status: { hard: { 'count/configmaps': '1' }, used: { 'count/configmaps': '0' } },
    }),
    { until: `${quotaPath}/objects`, status: 200 },
    post(pods, pod('none')),
    post(pods, pod('half', {}, { requests: { cpu: '500m' } })),
    post(pods, pod('more', {}, { requests: { cpu: '600m' } })),
    get(quotaPath),
    post(maps, { metadata: { name: 'one' } }),
    post(maps, { metadata: { name: 'two' } }),
    post(quotaPath, { metadata: { name: 'bad' }, spec: { hard: { nonsense: '1' } } }),
    post(quotaPath, { metadata: { name: 'bad' }, spec: { hard: { 'requests.cpu': '-1' } } }),
    post(quotaPath, {
      metadata: { name: 'scoped' },
      spec: { hard: { pods: '1', services: '1' }, scopes: ['BestEffort', 'NotBestEffort'] },
    }),
    remove(quotaPath),
  ];
});

const limits = inNamespace('limit-ranges', (ns) => {
  const pods = `/api/v1/namespaces/${ns}/pods`;
  const path = `/api/v1/namespaces/${ns}/limitranges`;
  return [
    post(path, {
      metadata: { name: 'limits' },
      spec: {
        limits: [
          {
            type: 'Container',
            default: { cpu: '500m', memory: '256Mi' },
            defaultRequest: { cpu: '100m' },
            max: { cpu: '1' },
            min: { memory: '16Mi' },
            maxLimitRequestRatio: { cpu: '10' },
          },
          { type: 'Pod', max: { cpu: '1500m' } },
          { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } },
        ],
      },
    }),
    { until: `${path}/limits`, status: 200 },
    post(pods, pod('defaulted')),
    post(pods, pod('half', {}, { requests: { cpu: '200m' } })),
    post(pods, pod('big', {}, { limits: { cpu: '2', memory: '1Mi' } })),
    post(pods, pod('ratio', {}, { requests: { cpu: '10m' }, limits: { cpu: '900m' } })),
    post(`/api/v1/namespaces/${ns}/persistentvolumeclaims`, {
      metadata: { name: 'small' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
    }),
    post(path, {
      metadata: { name: 'bad' },
      spec: { limits: [{ type: 'Container', min: { cpu: '2' }, max: { cpu: '1' } }] },
    }),
  ];
});

const security = inNamespace('pod-security', (ns) => {
  const pods = `/api/v1/namespaces/${ns}/pods`;
  const restricted = {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'main',
        image: 'nginx',
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  };
  return [
    patch('merge', `/api/v1/namespaces/${ns}`, {
      metadata: {
        labels: {
          'pod-security.kubernetes.io/enforce': 'baseline',
          'pod-security.kubernetes.io/warn': 'restricted',
        },
      },
    }),
    { until: `/api/v1/namespaces/${ns}`, status: 200 },
    post(pods, pod('plain')),
    post(pods, { metadata: { name: 'strict' }, spec: restricted }),
    post(pods, pod('host', { hostNetwork: true, hostPID: true })),
    post(pods, pod('path', { volumes: [{ name: 'v', hostPath: { path: '/' } }] })),
    post(`/apis/apps/v1/namespaces/${ns}/deployments`, {
      metadata: { name: 'warned' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: {
          metadata: { labels: { a: 'b' } },
          spec: { hostNetwork: true, containers: [{ name: 'main', image: 'nginx' }] },
        },
      },
    }),
    patch('merge', `/api/v1/namespaces/${ns}`, {
      metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'nonsense' } },
    }),
    patch('merge', `/api/v1/namespaces/${ns}`, {
      metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    }),
  ];
});

const defaults = inNamespace('admission-defaults', (ns) => [
  post('/apis/scheduling.k8s.io/v1/priorityclasses', {
    metadata: { name: 'differential-prio' },
    value: 7,
    preemptionPolicy: 'Never',
  }),
  post('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'system-mine' }, value: 7 }),
  post('/apis/scheduling.k8s.io/v1/priorityclasses', {
    metadata: { name: 'too-high' },
    value: 2_000_000_000,
  }),
  { until: '/apis/scheduling.k8s.io/v1/priorityclasses/differential-prio', status: 200 },
  post(`/api/v1/namespaces/${ns}/pods`, pod('prio', { priorityClassName: 'differential-prio' })),
  post(`/api/v1/namespaces/${ns}/pods`, pod('number', { priority: 5 })),
  post('/apis/storage.k8s.io/v1/storageclasses', {
    metadata: {
      name: 'differential-default',
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: 'example.com/disk',
  }),
  { until: '/apis/storage.k8s.io/v1/storageclasses/differential-default', status: 200 },
  post(`/api/v1/namespaces/${ns}/persistentvolumeclaims`, {
    metadata: { name: 'claim' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }),
  patch('merge', `/api/v1/namespaces/${ns}/persistentvolumeclaims/claim`, {
    spec: { resources: { requests: { storage: '2Gi' } } },
  }),
  patch('merge', `/api/v1/namespaces/${ns}/persistentvolumeclaims/claim`, {
    spec: { storageClassName: 'other' },
  }),
  remove('/apis/storage.k8s.io/v1/storageclasses/differential-default'),
  remove('/apis/scheduling.k8s.io/v1/priorityclasses/differential-prio'),
  remove('/apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical'),
  post('/apis/node.k8s.io/v1/runtimeclasses', {
    metadata: { name: 'differential-runtime' },
    handler: 'x',
    overhead: { podFixed: { cpu: '100m' } },
    scheduling: { nodeSelector: { sandbox: 'yes' } },
  }),
  { until: '/apis/node.k8s.io/v1/runtimeclasses/differential-runtime', status: 200 },
  post(`/api/v1/namespaces/${ns}/pods`, pod('sandboxed', { runtimeClassName: 'differential-runtime' })),
  remove('/apis/node.k8s.io/v1/runtimeclasses/differential-runtime'),
  post(`/apis/networking.k8s.io/v1/namespaces/${ns}/ingresses`, { metadata: { name: 'empty' }, spec: {} }),
  post(`/apis/networking.k8s.io/v1/namespaces/${ns}/networkpolicies`, {
    metadata: { name: 'bad' },
    spec: { podSelector: {}, policyTypes: ['Nonsense'] },
  }),
  post(`/apis/batch/v1/namespaces/${ns}/cronjobs`, {
    metadata: { name: 'bad' },
    spec: { schedule: 'never', jobTemplate: {} },
  }),
  post(`/apis/batch/v1/namespaces/${ns}/jobs`, {
    metadata: { name: 'bad' },
    spec: { template: { spec: { containers: [] } } },
  }),
  post(`/apis/policy/v1/namespaces/${ns}/poddisruptionbudgets`, {
    metadata: { name: 'bad' },
    spec: { minAvailable: 1, maxUnavailable: 1 },
  }),
  post(`/apis/autoscaling/v2/namespaces/${ns}/horizontalpodautoscalers`, {
    metadata: { name: 'bad' },
    spec: { maxReplicas: 0 },
  }),
  post(`/api/v1/namespaces/${ns}/events`, {
    metadata: { name: 'bad' },
    involvedObject: { namespace: 'other' },
  }),
]);

/** What admission adds and refuses. */
export const admissions: readonly Scenario[] = [quotas, limits, security, defaults];
