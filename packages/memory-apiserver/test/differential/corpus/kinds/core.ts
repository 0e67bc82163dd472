import { applyImage, pod, scenario, subject } from './subject.js';

/** ConfigMap, Service and what else is in the core group and a namespace, but for pods. */
export const core = scenario('kinds-core', (ns) => [
  subject(ns, 'v1', 'ConfigMap', 'configmaps', {
    name: 'settings',
    object: { data: { a: '1', b: '2' }, binaryData: { raw: 'AAEC' } },
    change: { data: { b: null, c: '3' } },
    applied: { data: { a: '10', d: '4' } },
  }),
  subject(ns, 'v1', 'Secret', 'secrets', {
    name: 'password',
    object: { stringData: { user: 'admin' }, data: { password: 'c2VjcmV0' } },
    change: { stringData: { more: 'x' } },
    applied: { data: { password: 'YW5vdGhlcg==' } },
  }),
  subject(ns, 'v1', 'Service', 'services', {
    name: 'web',
    object: { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } },
    change: { spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }] } },
    applied: { spec: { ports: [{ port: 82, name: 'applied', protocol: 'TCP' }] } },
    status: {
      conditions: [
        { type: 'Example', status: 'True', reason: 'R', lastTransitionTime: '2024-01-01T00:00:00Z' },
      ],
    },
  }),
  subject(ns, 'v1', 'Endpoints', 'endpoints', {
    name: 'manual',
    object: { subsets: [{ addresses: [{ ip: '10.0.0.2' }, { ip: '10.0.0.1' }], ports: [{ port: 80 }] }] },
    change: { subsets: [{ notReadyAddresses: [{ ip: '10.0.0.3' }], ports: [{ name: 'a', port: 1 }] }] },
    applied: { subsets: [{ addresses: [{ ip: '10.0.0.9' }], ports: [{ port: 9 }] }] },
  }),
  subject(ns, 'v1', 'ServiceAccount', 'serviceaccounts', {
    name: 'robot',
    object: { imagePullSecrets: [{ name: 'one' }] },
    change: { automountServiceAccountToken: false },
    applied: { imagePullSecrets: [{ name: 'two' }] },
  }),
  subject(ns, 'v1', 'PodTemplate', 'podtemplates', {
    name: 'template',
    object: { template: pod('t') },
    change: { template: { spec: { hostNetwork: true } } },
    applied: { template: { spec: { containers: [{ name: 'main', image: 'nginx:1.28' }] } } },
  }),
  subject(ns, 'v1', 'ReplicationController', 'replicationcontrollers', {
    name: 'old',
    object: { spec: { replicas: 2, template: pod('old') } },
    change: { spec: { minReadySeconds: 3 } },
    applied: applyImage('nginx:2'),
    status: { replicas: 2, readyReplicas: 1, observedGeneration: 1 },
  }),
  subject(ns, 'v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', {
    name: 'data',
    object: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } } },
    change: { metadata: { finalizers: null, labels: { tier: 'gold' } } },
    applied: { metadata: { name: 'data', annotations: { note: 'applied' } } },
    status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] },
  }),
  subject(ns, 'v1', 'LimitRange', 'limitranges', {
    name: 'zz-limits',
    object: { spec: { limits: [{ type: 'PersistentVolumeClaim', max: { storage: '100Gi' } }] } },
    change: { spec: { limits: [{ type: 'Container', default: { cpu: '0.1' } }] } },
    applied: { spec: { limits: [{ type: 'Pod', max: { cpu: '2' } }] } },
  }),
  subject(ns, 'v1', 'ResourceQuota', 'resourcequotas', {
    name: 'quota',
    object: { spec: { hard: { 'count/widgets.example.com': '10', 'requests.cpu': '1500m' } } },
    change: { spec: { hard: { 'count/widgets.example.com': '11' } } },
    applied: { spec: { hard: { 'limits.memory': '1024Mi' } } },
    status: { hard: { 'requests.cpu': '1.5' }, used: { 'requests.cpu': '0' } },
  }),
  subject(ns, 'v1', 'Event', 'events', {
    name: 'web.1',
    object: {
      involvedObject: { apiVersion: 'v1', kind: 'Pod', name: 'web', namespace: ns },
      type: 'Normal',
      reason: 'Started',
      message: 'Started container\n',
      source: { component: 'kubelet', host: 'node-1' },
      firstTimestamp: '2024-01-01T00:00:00Z',
      lastTimestamp: '2024-01-02T00:00:00Z',
      count: 3,
    },
    change: { count: 4 },
    applied: { message: 'applied' },
  }),
]);
