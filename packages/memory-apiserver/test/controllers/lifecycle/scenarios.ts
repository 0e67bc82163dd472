import type { KubeObject } from '../../../src/object.js';

/** Something to be done to a cluster, and the objects of namespace `life` to look at when it has settled. */
export interface Scenario {
  readonly name: string;
  readonly create: readonly KubeObject[];
  /** Merge patches after that, once everything has settled. */
  readonly patch?: readonly { readonly resource: string; readonly name: string; readonly body: object }[];
  /** Plural names, with the group if it has one: all objects in `life` are looked at. */
  readonly look: readonly string[];
}

const namespace = 'life';
const container = { name: 'app', image: 'nginx:1.27' };

export const node = (name: string, more: Partial<KubeObject> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name,
    labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': `zone-${name.slice(-1)}` },
    annotations: { 'kwok.x-k8s.io/node': 'fake' },
  },
  status: {
    allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
    capacity: { cpu: '4', memory: '8Gi', pods: '110' },
  },
  ...more,
});

/** What every scenario finds: two nodes in two zones. */
export const nodes = [
  node('life-a'),
  node('life-b', { spec: { taints: [{ key: 'dedicated', value: 'b', effect: 'NoSchedule' }] } }),
];

const pod = (name: string, spec: object = {}, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels },
  spec: { automountServiceAccountToken: false, containers: [container], ...spec },
});

const term = (app: string): object => ({
  labelSelector: { matchLabels: { app } },
  topologyKey: 'kubernetes.io/hostname',
});

const tolerant = [{ key: 'dedicated', operator: 'Exists' }];

const service = (name: string, spec: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...spec },
});

const claim = (name: string, spec: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});

const volume = (name: string, spec: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name, labels: { life: name } },
  spec: {
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '5Gi' },
    hostPath: { path: '/tmp' },
    storageClassName: 'manual',
    persistentVolumeReclaimPolicy: 'Retain',
    ...spec,
  },
});

const resources = (cpu: string): object => ({
  containers: [{ ...container, resources: { requests: { cpu } } }],
});

/** Its pods run on all nodes and are labelled `app: <name>`. */
const workload = (kind: string, name: string, spec: object): KubeObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { automountServiceAccountToken: false, containers: [container], tolerations: tolerant },
    },
    ...spec,
  },
});

const newImage = { spec: { template: { spec: { containers: [{ ...container, image: 'nginx:1.28' }] } } } };

const budget = (name: string, app: string, spec: object): KubeObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace },
  spec: { selector: { matchLabels: { app } }, ...spec },
});

export const scenarios: readonly Scenario[] = [
  {
    name: 'pods run',
    create: [
      pod('plain'),
      pod('init', { initContainers: [{ name: 'first', image: 'init:1' }] }),
      pod('sidecar', { initContainers: [{ name: 'side', image: 'side:1', restartPolicy: 'Always' }] }),
      pod('two', { containers: [container, { name: 'second', image: 'redis' }] }),
      pod('named', { nodeName: 'life-b' }),
    ],
    look: ['pods'],
  },
  {
    name: 'pods that fit nowhere say why',
    create: [
      pod('selector', { nodeSelector: { disk: 'tape' } }),
      pod('huge', resources('100')),
      pod('big-and-wide', {
        containers: [{ ...container, resources: { requests: { cpu: '100', memory: '1Ti' } } }],
      }),
      pod('affine', {
        affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term('nobody')] } },
      }),
      pod('gated', { schedulingGates: [{ name: 'example.com/wait' }] }),
      pod('claimless', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'absent' } }] }),
      pod('zoned', {
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'no-such-label', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} },
        ],
      }),
      pod('port-1', {
        containers: [{ ...container, ports: [{ containerPort: 80, hostPort: 80 }] }],
        nodeName: 'life-a',
      }),
      pod('port-2', { containers: [{ ...container, ports: [{ containerPort: 80, hostPort: 80 }] }] }),
    ],
    look: ['pods'],
  },
  {
    name: 'pods keep apart and together',
    create: [
      pod('alone', {
        nodeName: 'life-a',
        affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term('x')] } },
      }),
      pod('shunned', {}, { app: 'x' }),
      pod('elsewhere', { tolerations: tolerant }, { app: 'x' }),
    ],
    look: ['pods'],
  },
  {
    name: 'services have endpoints',
    create: [
      pod(
        'ready',
        { nodeName: 'life-a', containers: [{ ...container, ports: [{ name: 'web', containerPort: 8080 }] }] },
        { app: 'svc' },
      ),
      pod(
        'closed',
        { nodeName: 'life-b', readinessGates: [{ conditionType: 'example.com/open' }] },
        { app: 'gated' },
      ),
      pod('named', { nodeName: 'life-b', hostname: 'web-0', subdomain: 'headless' }, { app: 'headless' }),
      service('svc', {}),
      service('headless', { clusterIP: 'None', publishNotReadyAddresses: true }),
      service('empty', {}),
      service('named-port', { selector: { app: 'svc' }, ports: [{ port: 80, targetPort: 'web' }] }),
      service('close', { selector: { app: 'svc' }, trafficDistribution: 'PreferClose' }),
      service('external', {
        type: 'ExternalName',
        externalName: 'example.com',
        selector: undefined,
        ports: undefined,
      }),
    ],
    look: ['endpoints', 'endpointslices.discovery.k8s.io'],
  },
  {
    name: 'claims are bound',
    create: [
      volume('life-small', { capacity: { storage: '2Gi' } }),
      volume('life-large', { capacity: { storage: '20Gi' } }),
      volume('life-free'),
      claim('matched', { storageClassName: 'manual' }),
      claim('selected', { storageClassName: 'manual', selector: { matchLabels: { life: 'life-large' } } }),
      claim('named', { storageClassName: 'manual', volumeName: 'life-free' }),
      claim('too-much', { storageClassName: 'manual', resources: { requests: { storage: '100Gi' } } }),
      claim('no-class', { storageClassName: 'absent' }),
    ],
    look: ['persistentvolumeclaims'],
  },
  {
    name: 'a pod on a tainted node goes',
    create: [
      node('life-c'),
      pod('evicted', { nodeSelector: { 'kubernetes.io/hostname': 'life-c' } }),
      pod('stays', {
        nodeSelector: { 'kubernetes.io/hostname': 'life-c' },
        tolerations: [{ operator: 'Exists' }],
      }),
    ],
    patch: [
      {
        resource: 'nodes',
        name: 'life-c',
        body: { spec: { taints: [{ key: 'gone', effect: 'NoExecute' }] } },
      },
    ],
    look: ['pods'],
  },
  {
    name: 'a statefulset takes the claims of its pods along',
    create: [
      ...[1, 2, 3].map((size) => volume(`life-set-${size}`, { capacity: { storage: `${size}Gi` } })),
      workload('StatefulSet', 'db', {
        replicas: 3,
        serviceName: 'db',
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: {
              accessModes: ['ReadWriteOnce'],
              storageClassName: 'manual',
              resources: { requests: { storage: '1Gi' } },
            },
          },
        ],
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' },
      }),
    ],
    patch: [{ resource: 'statefulsets.apps', name: 'db', body: { spec: { replicas: 2 } } }],
    look: ['pods', 'persistentvolumeclaims', 'statefulsets.apps', 'events'],
  },
  {
    name: 'a statefulset is updated above its partition, from its first number',
    create: [
      workload('StatefulSet', 'db', {
        replicas: 3,
        ordinals: { start: 4 },
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } },
      }),
    ],
    patch: [{ resource: 'statefulsets.apps', name: 'db', body: newImage }],
    look: ['pods', 'statefulsets.apps', 'events'],
  },
  {
    name: 'a daemonset starts new pods before old ones go',
    create: [
      workload('DaemonSet', 'agent', {
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      }),
    ],
    patch: [{ resource: 'daemonsets.apps', name: 'agent', body: newImage }],
    look: ['daemonsets.apps', 'events'],
  },
  {
    name: 'a daemonset waits for others to delete its pods',
    create: [workload('DaemonSet', 'agent', { updateStrategy: { type: 'OnDelete' } })],
    patch: [{ resource: 'daemonsets.apps', name: 'agent', body: newImage }],
    look: ['daemonsets.apps', 'events'],
  },
  {
    name: 'budgets count what may go',
    create: [
      workload('Deployment', 'web', { replicas: 3 }),
      workload('DaemonSet', 'agent', {}),
      pod('alone', {}, { app: 'alone' }),
      budget('least', 'web', { minAvailable: 2 }),
      budget('most', 'web', { maxUnavailable: '50%' }),
      budget('unscaled', 'agent', { maxUnavailable: 1 }),
      budget('unscaled-number', 'agent', { minAvailable: 1 }),
      budget('unmanaged', 'alone', { minAvailable: '50%' }),
      budget('empty', 'nobody', { minAvailable: 1 }),
    ],
    look: ['poddisruptionbudgets.policy', 'events'],
  },
  {
    name: 'a cronjob says what is wrong with its schedule',
    create: [
      {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name: 'never', namespace },
        spec: {
          schedule: '0 0 31 2 *',
          jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } } },
        },
      },
    ],
    look: ['cronjobs.batch', 'events'],
  },
];
