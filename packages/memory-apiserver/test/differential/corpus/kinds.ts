import type { Scenario } from '../scenario.js';
import { inNamespace } from '../scenario.js';
import type { Subject } from './lifecycle.js';
import { lifecycle } from './lifecycle.js';

type Rest = Omit<Subject, 'collection' | 'apiVersion' | 'kind' | 'object'> & {
  readonly name: string;
  readonly object: Readonly<Record<string, unknown>>;
};

/** A subject by its group and version; namespaced unless the namespace is empty. */
function subject(
  namespace: string,
  apiVersion: string,
  kind: string,
  plural: string,
  { name, object, ...rest }: Rest,
): Subject {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const where = namespace === '' ? '' : `/namespaces/${namespace}`;
  return {
    collection: `${root}${where}/${plural}`,
    apiVersion,
    kind,
    object: { metadata: { name }, ...object },
    ...rest,
  };
}

const scenario = (name: string, subjects: (namespace: string) => readonly Subject[]): Scenario =>
  inNamespace(name, (namespace) => subjects(namespace).flatMap(lifecycle));

const pod = (app: string, image = 'nginx:1.27'): object => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'main', image }] },
});
const selector = (app: string): object => ({ matchLabels: { app } });
const applyImage = (image: string): Record<string, unknown> => ({
  spec: { template: { spec: { containers: [{ name: 'main', image }] } } },
});

const core = scenario('kinds-core', (ns) => [
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

const pods = scenario('kinds-pods', (ns) => [
  subject(ns, 'v1', 'Pod', 'pods', {
    name: 'small',
    object: { spec: { containers: [{ name: 'main', image: 'nginx' }] } },
    change: { spec: { activeDeadlineSeconds: 100 } },
    applied: { spec: { containers: [{ name: 'main', image: 'nginx:3' }] } },
    status: {
      phase: 'Running',
      podIP: '10.1.2.3',
      podIPs: [{ ip: '10.1.2.3' }],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  }),
  subject(ns, 'v1', 'Pod', 'pods', {
    name: 'rich',
    object: {
      spec: {
        automountServiceAccountToken: false,
        initContainers: [
          { name: 'setup', image: 'busybox:1.36', command: ['sh'], resources: { limits: { cpu: '0.5' } } },
          { name: 'proxy', image: 'proxy:1', restartPolicy: 'Always' },
        ],
        containers: [
          {
            name: 'main',
            image: 'nginx:latest',
            ports: [{ containerPort: 80 }, { name: 'dns', containerPort: 53, protocol: 'UDP' }],
            env: [
              { name: 'A', value: '' },
              { name: 'C', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              { name: 'D', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
            ],
            resources: { limits: { cpu: '1.5', memory: '1024Mi' }, requests: { cpu: 0.1 } },
            livenessProbe: { httpGet: { port: 80 } },
            readinessProbe: { tcpSocket: { port: 'dns' }, periodSeconds: 3 },
            lifecycle: { preStop: { exec: { command: ['true'] } } },
            volumeMounts: [{ name: 'config', mountPath: '/etc/config' }],
            securityContext: { privileged: true },
          },
        ],
        volumes: [
          { name: 'config', configMap: { name: 'settings' } },
          { name: 'secret', secret: { secretName: 'plain' } },
          { name: 'scratch', emptyDir: {} },
          { name: 'host', hostPath: { path: '/var' } },
        ],
        tolerations: [{ key: 'a', operator: 'Exists' }],
        topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
      },
    },
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { metadata: { name: 'rich', annotations: { note: 'applied' } } },
    status: { phase: 'Pending', conditions: [{ type: 'Initialized', status: 'False' }] },
  }),
]);

const workloads = scenario('kinds-workloads', (ns) => [
  subject(ns, 'apps/v1', 'Deployment', 'deployments', {
    name: 'web',
    object: { spec: { selector: selector('web'), template: pod('web') } },
    change: { spec: { replicas: 3 } },
    applied: applyImage('nginx:2'),
    status: {
      replicas: 3,
      readyReplicas: 2,
      updatedReplicas: 3,
      availableReplicas: 2,
      observedGeneration: 2,
    },
  }),
  subject(ns, 'apps/v1', 'ReplicaSet', 'replicasets', {
    name: 'set',
    object: { spec: { selector: selector('set'), template: pod('set') } },
    change: { spec: { replicas: 0 } },
    applied: applyImage('nginx:2'),
    status: { replicas: 1, fullyLabeledReplicas: 1 },
  }),
  subject(ns, 'apps/v1', 'StatefulSet', 'statefulsets', {
    name: 'db',
    object: {
      spec: {
        serviceName: 'db',
        selector: selector('db'),
        template: pod('db'),
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    },
    change: { spec: { replicas: 2 } },
    applied: applyImage('postgres:17'),
    status: { replicas: 1, currentReplicas: 1 },
  }),
  subject(ns, 'apps/v1', 'DaemonSet', 'daemonsets', {
    name: 'agent',
    object: { spec: { selector: selector('agent'), template: pod('agent') } },
    change: { spec: { minReadySeconds: 5 } },
    applied: applyImage('agent:2'),
    status: { currentNumberScheduled: 1, desiredNumberScheduled: 2, numberMisscheduled: 0, numberReady: 1 },
  }),
  subject(ns, 'apps/v1', 'ControllerRevision', 'controllerrevisions', {
    name: 'db-1',
    object: { revision: 1, data: { spec: { any: 'thing' } } },
    change: { revision: 2 },
    applied: { revision: 3 },
  }),
  subject(ns, 'batch/v1', 'Job', 'jobs', {
    name: 'once',
    object: {
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } },
      },
    },
    change: { spec: { parallelism: 2 } },
    applied: { spec: { activeDeadlineSeconds: 60 } },
    status: { active: 1, startTime: '2024-01-01T00:00:00Z' },
  }),
  subject(ns, 'batch/v1', 'CronJob', 'cronjobs', {
    name: 'nightly',
    object: {
      spec: {
        schedule: '0 3 * * *',
        jobTemplate: {
          spec: {
            template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } },
          },
        },
      },
    },
    change: { spec: { suspend: true } },
    applied: { spec: { concurrencyPolicy: 'Forbid' } },
    status: { lastScheduleTime: '2024-01-01T00:00:00Z' },
  }),
  subject(ns, 'autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', {
    name: 'web',
    object: {
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 5 },
    },
    change: { spec: { minReplicas: 2 } },
    applied: { spec: { maxReplicas: 7 } },
    status: { currentReplicas: 1, desiredReplicas: 2 },
  }),
  subject(ns, 'autoscaling/v1', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', {
    name: 'older',
    object: {
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        maxReplicas: 5,
        targetCPUUtilizationPercentage: 70,
      },
    },
    change: { spec: { minReplicas: 2 } },
    applied: { spec: { maxReplicas: 7 } },
    status: { currentReplicas: 1, desiredReplicas: 2, currentCPUUtilizationPercentage: 12 },
  }),
  subject(ns, 'policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', {
    name: 'web',
    object: { spec: { minAvailable: '50%', selector: selector('web') } },
    change: { spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } },
    applied: { spec: { minAvailable: 2 } },
    status: { currentHealthy: 1, desiredHealthy: 1, disruptionsAllowed: 0, expectedPods: 2 },
  }),
]);

const networking = scenario('kinds-networking', (ns) => [
  subject(ns, 'networking.k8s.io/v1', 'Ingress', 'ingresses', {
    name: 'web',
    object: {
      spec: {
        rules: [
          {
            host: 'a.example.com',
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'Prefix',
                  backend: { service: { name: 'web', port: { number: 80 } } },
                },
              ],
            },
          },
        ],
      },
    },
    change: { spec: { tls: [{ hosts: ['a.example.com'] }] } },
    applied: { spec: { defaultBackend: { service: { name: 'web', port: { name: 'http' } } } } },
    status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } },
  }),
  subject('', 'networking.k8s.io/v1', 'IngressClass', 'ingressclasses', {
    name: 'differential-nginx',
    object: { spec: { controller: 'example.com/nginx' } },
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { spec: { parameters: { kind: 'Params', name: 'p', scope: 'Cluster' } } },
  }),
  subject(ns, 'networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', {
    name: 'deny',
    object: { spec: { podSelector: selector('web'), ingress: [{ ports: [{ port: 80 }] }] } },
    change: { spec: { egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }] } },
    applied: { spec: { policyTypes: ['Ingress', 'Egress'] } },
  }),
  subject(ns, 'discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices', {
    name: 'web-abc',
    object: {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
      ports: [{ name: 'http', port: 80 }],
    },
    change: { endpoints: [{ addresses: ['10.0.0.2'] }] },
    applied: { ports: [{ name: 'https', port: 443 }] },
  }),
  subject('', 'networking.k8s.io/v1', 'IPAddress', 'ipaddresses', {
    name: '192.0.2.77',
    object: { spec: { parentRef: { resource: 'services', namespace: ns, name: 'web' } } },
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { metadata: { name: '192.0.2.77', annotations: { note: 'applied' } } },
  }),
  subject('', 'networking.k8s.io/v1', 'ServiceCIDR', 'servicecidrs', {
    name: 'differential-extra',
    object: { spec: { cidrs: ['192.0.2.0/24'] } },
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { spec: { cidrs: ['198.51.100.0/24'] } },
    status: {
      conditions: [
        { type: 'Ready', status: 'True', reason: 'R', lastTransitionTime: '2024-01-01T00:00:00Z' },
      ],
    },
  }),
  subject(ns, 'coordination.k8s.io/v1', 'Lease', 'leases', {
    name: 'leader',
    object: {
      spec: { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: '2024-05-06T07:08:09.123456Z' },
    },
    change: { spec: { leaseTransitions: 1 } },
    applied: { spec: { holderIdentity: 'you' } },
  }),
  subject(ns, 'events.k8s.io/v1', 'Event', 'events', {
    name: 'web.2',
    object: {
      regarding: { apiVersion: 'v1', kind: 'Pod', name: 'web', namespace: ns },
      type: 'Warning',
      reason: 'Failed',
      action: 'Binding',
      note: 'no luck',
      reportingController: 'example.com/scheduler',
      reportingInstance: 's-1',
      eventTime: '2024-05-06T07:08:09.123456Z',
    },
    change: { series: { count: 2, lastObservedTime: '2024-05-06T07:08:10.123456Z' } },
    applied: { series: { count: 3, lastObservedTime: '2024-05-06T07:08:11.123456Z' } },
  }),
]);

const rbac = scenario('kinds-rbac', (ns) => [
  subject(ns, 'rbac.authorization.k8s.io/v1', 'Role', 'roles', {
    name: 'reader',
    object: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
    change: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }] },
    applied: { rules: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['*'] }] },
  }),
  subject(ns, 'rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', {
    name: 'readers',
    object: { roleRef: { kind: 'Role', name: 'reader' }, subjects: [{ kind: 'User', name: 'joe' }] },
    change: { subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: ns }] },
    applied: { subjects: [{ kind: 'Group', name: 'devs', apiGroup: 'rbac.authorization.k8s.io' }] },
  }),
  subject('', 'rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', {
    name: 'differential-role',
    object: { rules: [{ nonResourceURLs: ['/healthz'], verbs: ['get'] }] },
    change: { rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] },
    applied: { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } },
  }),
  subject('', 'rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', {
    name: 'differential-binding',
    object: {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'User', name: 'joe' }],
    },
    change: { subjects: [{ kind: 'Group', name: 'ops' }] },
    applied: { subjects: [{ kind: 'Group', name: 'devs', apiGroup: 'rbac.authorization.k8s.io' }] },
  }),
  subject('', 'certificates.k8s.io/v1', 'CertificateSigningRequest', 'certificatesigningrequests', {
    name: 'differential-csr',
    object: {
      spec: {
        request:
          'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlITk1IVUNBUUF3RXpFUk1BOEdBMVVFQXd3SWNtVmpiM0prWldRd1dUQVRCZ2NxaGtqT1BRSUJCZ2dxaGtqTwpQUU1CQndOQ0FBUXdEdURnLzhOV2J2elJGOFJvUzBPdnQ5Qk5tRDl5QVdJTHJxK3hvQW9aUmN6eU1pdWNWUU9aCjZYKytqVmVtMjU0RXBGd0lGVzBMUVpEd29EZ3RBcG5Mb0FBd0NnWUlLb1pJemowRUF3SURTQUF3UlFJaEFKSEsKM3VmblZYTElhd3NtcmpBOEw2OHlueGFvZXJQd2VlY082eHh1Ky9HSEFpQU5ublN2QnhLYUxXSFpJa2p6TUNjbwo1V0NsYXR0NWdxdHJ6TEo0eFZRMStnPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==',
        signerName: 'example.com/signer',
        usages: ['client auth'],
      },
    },
    change: { spec: { expirationSeconds: 86400 } },
    applied: { metadata: { name: 'differential-csr', annotations: { note: 'applied' } } },
    status: { certificate: null },
  }),
]);

const storage = scenario('kinds-storage', (ns) => [
  subject('', 'v1', 'PersistentVolume', 'persistentvolumes', {
    name: 'differential-volume',
    object: {
      spec: {
        capacity: { storage: '5Gi' },
        accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
        storageClassName: 'slow',
        hostPath: { path: '/tmp' },
      },
    },
    change: {
      metadata: { finalizers: null, labels: { tier: 'gold' } },
      spec: { capacity: { storage: '6Gi' } },
    },
    applied: { spec: { persistentVolumeReclaimPolicy: 'Delete' } },
    status: { phase: 'Available' },
  }),
  subject('', 'storage.k8s.io/v1', 'StorageClass', 'storageclasses', {
    name: 'differential-class',
    object: { provisioner: 'example.com/disk' },
    change: { allowVolumeExpansion: true },
    applied: { allowVolumeExpansion: false },
  }),
  subject('', 'storage.k8s.io/v1', 'CSIDriver', 'csidrivers', {
    name: 'differential.example.com',
    object: { spec: {} },
    change: { spec: { podInfoOnMount: true } },
    applied: { spec: { requiresRepublish: true } },
  }),
  subject('', 'storage.k8s.io/v1', 'CSINode', 'csinodes', {
    name: 'differential-node',
    object: { spec: { drivers: [{ name: 'differential.example.com', nodeID: 'n' }] } },
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { spec: { drivers: [{ name: 'other.example.com', nodeID: 'm', topologyKeys: ['zone'] }] } },
  }),
  subject('', 'storage.k8s.io/v1', 'VolumeAttachment', 'volumeattachments', {
    name: 'differential-attachment',
    object: {
      spec: { attacher: 'differential.example.com', nodeName: 'n', source: { persistentVolumeName: 'v' } },
    },
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { metadata: { name: 'differential-attachment', annotations: { note: 'applied' } } },
    status: { attached: true },
  }),
  subject(ns, 'storage.k8s.io/v1', 'CSIStorageCapacity', 'csistoragecapacities', {
    name: 'capacity',
    object: { storageClassName: 'differential-class', capacity: '10Gi' },
    change: { capacity: '20Gi' },
    applied: { maximumVolumeSize: '1Gi' },
  }),
  subject('', 'storage.k8s.io/v1', 'VolumeAttributesClass', 'volumeattributesclasses', {
    name: 'differential-fast',
    object: { driverName: 'differential.example.com', parameters: { iops: '100' } },
    change: { metadata: { finalizers: null, labels: { tier: 'gold' } } },
    applied: { metadata: { name: 'differential-fast', annotations: { note: 'applied' } } },
  }),
]);

const cluster = scenario('kinds-cluster', (ns) => [
  subject('', 'v1', 'Namespace', 'namespaces', {
    name: 'differential-space',
    object: {},
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { metadata: { name: 'differential-space', labels: { applied: 'yes' } } },
    status: { conditions: [{ type: 'Example', status: 'True', reason: 'R', message: 'm' }] },
  }),
  subject('', 'v1', 'Node', 'nodes', {
    name: 'differential-node',
    object: { spec: { podCIDR: '10.1.0.0/24' } },
    change: { spec: { unschedulable: true } },
    applied: { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } },
    status: {
      capacity: { cpu: '4', memory: '8192Mi', pods: '110' },
      conditions: [{ type: 'Ready', status: 'True' }],
      nodeInfo: { kubeletVersion: 'v1.34.4' },
    },
  }),
  subject('', 'scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', {
    name: 'differential-high',
    object: { value: 1000 },
    change: { description: 'changed' },
    applied: { globalDefault: false, description: 'applied' },
  }),
  subject('', 'node.k8s.io/v1', 'RuntimeClass', 'runtimeclasses', {
    name: 'differential-sandbox',
    object: { handler: 'sandbox' },
    change: { overhead: { podFixed: { cpu: '0.25' } } },
    applied: { scheduling: { nodeSelector: { a: 'b' } } },
  }),
  subject('', 'apiregistration.k8s.io/v1', 'APIService', 'apiservices', {
    name: 'v1.differential.example.com',
    object: {
      spec: {
        group: 'differential.example.com',
        version: 'v1',
        groupPriorityMinimum: 100,
        versionPriority: 10,
        insecureSkipTLSVerify: true,
        service: { namespace: ns, name: 'api' },
      },
    },
    change: { spec: { versionPriority: 20 } },
    applied: { spec: { groupPriorityMinimum: 200 } },
  }),
  subject(
    '',
    'flowcontrol.apiserver.k8s.io/v1',
    'PriorityLevelConfiguration',
    'prioritylevelconfigurations',
    {
      name: 'differential-level',
      object: { spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } } },
      change: { spec: { limited: { nominalConcurrencyShares: 7 } } },
      applied: { spec: { limited: { lendablePercent: 10 } } },
      status: {},
    },
  ),
  subject('', 'flowcontrol.apiserver.k8s.io/v1', 'FlowSchema', 'flowschemas', {
    name: 'differential-flow',
    object: { spec: { priorityLevelConfiguration: { name: 'global-default' } } },
    change: { spec: { matchingPrecedence: 9000 } },
    applied: { spec: { distinguisherMethod: { type: 'ByUser' } } },
  }),
]);

const rule = {
  apiGroups: ['nothing.example.com'],
  apiVersions: ['v1'],
  operations: ['CREATE'],
  resources: ['none'],
};

const admission = scenario('kinds-admission', () => [
  subject(
    '',
    'admissionregistration.k8s.io/v1',
    'ValidatingWebhookConfiguration',
    'validatingwebhookconfigurations',
    {
      name: 'differential-hook',
      object: {
        webhooks: [
          {
            name: 'a.example.com',
            clientConfig: { service: { namespace: 'x', name: 'y' } },
            rules: [rule],
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
          },
        ],
      },
      change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
      applied: { webhooks: [{ name: 'a.example.com', timeoutSeconds: 3 }] },
    },
  ),
  subject(
    '',
    'admissionregistration.k8s.io/v1',
    'MutatingWebhookConfiguration',
    'mutatingwebhookconfigurations',
    {
      name: 'differential-hook',
      object: {
        webhooks: [
          {
            name: 'a.example.com',
            clientConfig: { url: 'https://hook.example.com' },
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
          },
        ],
      },
      change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
      applied: { webhooks: [{ name: 'a.example.com', failurePolicy: 'Ignore' }] },
    },
  ),
  subject('', 'admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', 'validatingadmissionpolicies', {
    name: 'differential-policy',
    object: {
      spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }] },
    },
    change: { spec: { failurePolicy: 'Ignore' } },
    applied: { spec: { validations: [{ expression: 'false', message: 'never' }] } },
    status: { observedGeneration: 2 },
  }),
  subject(
    '',
    'admissionregistration.k8s.io/v1',
    'ValidatingAdmissionPolicyBinding',
    'validatingadmissionpolicybindings',
    {
      name: 'differential-policy',
      object: { spec: { policyName: 'differential-policy', validationActions: ['Audit'] } },
      change: { spec: { validationActions: ['Audit', 'Warn'] } },
      applied: {
        spec: {
          policyName: 'differential-policy',
          paramRef: { name: 'p', parameterNotFoundAction: 'Allow' },
        },
      },
    },
  ),
]);

const devices = scenario('kinds-devices', (ns) => [
  subject('', 'resource.k8s.io/v1', 'DeviceClass', 'deviceclasses', {
    name: 'differential.example.com',
    object: { spec: {} },
    change: { spec: { selectors: [{ cel: { expression: 'device.driver == "x"' } }] } },
    applied: { spec: { selectors: [{ cel: { expression: 'true' } }] } },
  }),
  subject(ns, 'resource.k8s.io/v1', 'ResourceClaim', 'resourceclaims', {
    name: 'gpu',
    object: {
      spec: {
        devices: { requests: [{ name: 'one', exactly: { deviceClassName: 'differential.example.com' } }] },
      },
    },
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { metadata: { name: 'gpu', annotations: { note: 'applied' } } },
    status: {},
  }),
  subject(ns, 'resource.k8s.io/v1', 'ResourceClaimTemplate', 'resourceclaimtemplates', {
    name: 'gpu',
    object: {
      spec: {
        spec: {
          devices: { requests: [{ name: 'one', exactly: { deviceClassName: 'differential.example.com' } }] },
        },
      },
    },
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { metadata: { name: 'gpu', annotations: { note: 'applied' } } },
  }),
  subject('', 'resource.k8s.io/v1', 'ResourceSlice', 'resourceslices', {
    name: 'differential-slice',
    object: {
      spec: {
        driver: 'differential.example.com',
        nodeName: 'n',
        pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
      },
    },
    change: { spec: { pool: { generation: 2 } } },
    applied: { spec: { devices: [{ name: 'd', attributes: { a: { string: 'b' } } }] } },
  }),
]);

/** 51 kinds. */
export const kinds: readonly Scenario[] = [
  core,
  pods,
  workloads,
  networking,
  rbac,
  storage,
  cluster,
  admission,
  devices,
];
