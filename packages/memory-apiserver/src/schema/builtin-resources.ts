import type { ResourceInfo, SubresourceInfo } from './resource.js';

/**
 * Every resource that a kube-apiserver 1.34 serves with its default flags, in the order of its discovery
 * documents (aggregated API groups by `groupPriorityMinimum`, then versions preferred first, then by name).
 */
interface Row {
  kind: string;
  /** `n` namespaced, `c` cluster-scoped. */
  scope: 'n' | 'c';
  short?: readonly string[];
  /** `all` is what `kubectl get all` asks. */
  category?: 'all' | 'api-extensions';
  /** All eight verbs when absent. */
  verbs?: readonly string[];
  /** A name stands for an ordinary subresource of that name, see {@link commonSubresources}. */
  sub?: readonly (string | SubresourceInfo)[];
}

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;
const createOnly = ['create'] as const;
const rwVerbs = ['get', 'patch', 'update'] as const;
const proxyVerbs = ['create', 'delete', 'get', 'patch', 'update'] as const;
const streamVerbs = ['create', 'get'] as const;

/** Subresources that mean the same wherever they appear; an empty kind stands for the parent's. */
const commonSubresources: Record<string, SubresourceInfo> = {
  status: { name: 'status', kind: '', verbs: rwVerbs },
  scale: { name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: rwVerbs },
  approval: { name: 'approval', kind: '', verbs: rwVerbs },
  ephemeralcontainers: { name: 'ephemeralcontainers', kind: '', verbs: rwVerbs },
  resize: { name: 'resize', kind: '', verbs: rwVerbs },
  finalize: { name: 'finalize', kind: '', verbs: ['update'] },
  log: { name: 'log', kind: '', verbs: ['get'] },
  binding: { name: 'binding', kind: 'Binding', verbs: createOnly },
  eviction: { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: createOnly },
  token: {
    name: 'token',
    kind: 'TokenRequest',
    group: 'authentication.k8s.io',
    version: 'v1',
    verbs: createOnly,
  },
  attach: { name: 'attach', kind: 'PodAttachOptions', verbs: streamVerbs },
  exec: { name: 'exec', kind: 'PodExecOptions', verbs: streamVerbs },
  portforward: { name: 'portforward', kind: 'PodPortForwardOptions', verbs: streamVerbs },
};

const proxy = (kind: string): SubresourceInfo => ({ name: 'proxy', kind, verbs: proxyVerbs });

type Table = readonly (readonly [group: string, version: string, rows: Record<string, Row>])[];

const table: Table = [
  [
    '',
    'v1',
    {
      bindings: { kind: 'Binding', scope: 'n', verbs: createOnly },
      componentstatuses: { kind: 'ComponentStatus', scope: 'c', short: ['cs'], verbs: ['get', 'list'] },
      configmaps: { kind: 'ConfigMap', scope: 'n', short: ['cm'] },
      endpoints: { kind: 'Endpoints', scope: 'n', short: ['ep'] },
      events: { kind: 'Event', scope: 'n', short: ['ev'] },
      limitranges: { kind: 'LimitRange', scope: 'n', short: ['limits'] },
      namespaces: {
        kind: 'Namespace',
        scope: 'c',
        short: ['ns'],
        verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
        sub: ['finalize', 'status'],
      },
      nodes: { kind: 'Node', scope: 'c', short: ['no'], sub: [proxy('NodeProxyOptions'), 'status'] },
      persistentvolumeclaims: { kind: 'PersistentVolumeClaim', scope: 'n', short: ['pvc'], sub: ['status'] },
      persistentvolumes: { kind: 'PersistentVolume', scope: 'c', short: ['pv'], sub: ['status'] },
      pods: {
        kind: 'Pod',
        scope: 'n',
        short: ['po'],
        category: 'all',
        sub: [
          'attach',
          'binding',
          'ephemeralcontainers',
          'eviction',
          'exec',
          'log',
          'portforward',
          proxy('PodProxyOptions'),
          'resize',
          'status',
        ],
      },
      podtemplates: { kind: 'PodTemplate', scope: 'n' },
      replicationcontrollers: {
        kind: 'ReplicationController',
        scope: 'n',
        short: ['rc'],
        category: 'all',
        sub: ['scale', 'status'],
      },
      resourcequotas: { kind: 'ResourceQuota', scope: 'n', short: ['quota'], sub: ['status'] },
      secrets: { kind: 'Secret', scope: 'n' },
      serviceaccounts: { kind: 'ServiceAccount', scope: 'n', short: ['sa'], sub: ['token'] },
      services: {
        kind: 'Service',
        scope: 'n',
        short: ['svc'],
        category: 'all',
        sub: [proxy('ServiceProxyOptions'), 'status'],
      },
    },
  ],
  [
    'apiregistration.k8s.io',
    'v1',
    { apiservices: { kind: 'APIService', scope: 'c', category: 'api-extensions', sub: ['status'] } },
  ],
  [
    'apps',
    'v1',
    {
      controllerrevisions: { kind: 'ControllerRevision', scope: 'n' },
      daemonsets: { kind: 'DaemonSet', scope: 'n', short: ['ds'], category: 'all', sub: ['status'] },
      deployments: {
        kind: 'Deployment',
        scope: 'n',
        short: ['deploy'],
        category: 'all',
        sub: ['scale', 'status'],
      },
      replicasets: {
        kind: 'ReplicaSet',
        scope: 'n',
        short: ['rs'],
        category: 'all',
        sub: ['scale', 'status'],
      },
      statefulsets: {
        kind: 'StatefulSet',
        scope: 'n',
        short: ['sts'],
        category: 'all',
        sub: ['scale', 'status'],
      },
    },
  ],
  ['events.k8s.io', 'v1', { events: { kind: 'Event', scope: 'n', short: ['ev'] } }],
  [
    'authentication.k8s.io',
    'v1',
    {
      selfsubjectreviews: { kind: 'SelfSubjectReview', scope: 'c', verbs: createOnly },
      tokenreviews: { kind: 'TokenReview', scope: 'c', verbs: createOnly },
    },
  ],
  [
    'authorization.k8s.io',
    'v1',
    {
      localsubjectaccessreviews: { kind: 'LocalSubjectAccessReview', scope: 'n', verbs: createOnly },
      selfsubjectaccessreviews: { kind: 'SelfSubjectAccessReview', scope: 'c', verbs: createOnly },
      selfsubjectrulesreviews: { kind: 'SelfSubjectRulesReview', scope: 'c', verbs: createOnly },
      subjectaccessreviews: { kind: 'SubjectAccessReview', scope: 'c', verbs: createOnly },
    },
  ],
  [
    'autoscaling',
    'v2',
    {
      horizontalpodautoscalers: {
        kind: 'HorizontalPodAutoscaler',
        scope: 'n',
        short: ['hpa'],
        category: 'all',
        sub: ['status'],
      },
    },
  ],
  [
    'autoscaling',
    'v1',
    {
      horizontalpodautoscalers: {
        kind: 'HorizontalPodAutoscaler',
        scope: 'n',
        short: ['hpa'],
        category: 'all',
        sub: ['status'],
      },
    },
  ],
  [
    'batch',
    'v1',
    {
      cronjobs: { kind: 'CronJob', scope: 'n', short: ['cj'], category: 'all', sub: ['status'] },
      jobs: { kind: 'Job', scope: 'n', category: 'all', sub: ['status'] },
    },
  ],
  [
    'certificates.k8s.io',
    'v1',
    {
      certificatesigningrequests: {
        kind: 'CertificateSigningRequest',
        scope: 'c',
        short: ['csr'],
        sub: ['approval', 'status'],
      },
    },
  ],
  [
    'networking.k8s.io',
    'v1',
    {
      ingressclasses: { kind: 'IngressClass', scope: 'c' },
      ingresses: { kind: 'Ingress', scope: 'n', short: ['ing'], sub: ['status'] },
      ipaddresses: { kind: 'IPAddress', scope: 'c', short: ['ip'] },
      networkpolicies: { kind: 'NetworkPolicy', scope: 'n', short: ['netpol'] },
      servicecidrs: { kind: 'ServiceCIDR', scope: 'c', sub: ['status'] },
    },
  ],
  [
    'policy',
    'v1',
    { poddisruptionbudgets: { kind: 'PodDisruptionBudget', scope: 'n', short: ['pdb'], sub: ['status'] } },
  ],
  [
    'rbac.authorization.k8s.io',
    'v1',
    {
      clusterrolebindings: { kind: 'ClusterRoleBinding', scope: 'c' },
      clusterroles: { kind: 'ClusterRole', scope: 'c' },
      rolebindings: { kind: 'RoleBinding', scope: 'n' },
      roles: { kind: 'Role', scope: 'n' },
    },
  ],
  [
    'storage.k8s.io',
    'v1',
    {
      csidrivers: { kind: 'CSIDriver', scope: 'c' },
      csinodes: { kind: 'CSINode', scope: 'c' },
      csistoragecapacities: { kind: 'CSIStorageCapacity', scope: 'n' },
      storageclasses: { kind: 'StorageClass', scope: 'c', short: ['sc'] },
      volumeattachments: { kind: 'VolumeAttachment', scope: 'c', sub: ['status'] },
      volumeattributesclasses: { kind: 'VolumeAttributesClass', scope: 'c', short: ['vac'] },
    },
  ],
  [
    'admissionregistration.k8s.io',
    'v1',
    {
      mutatingwebhookconfigurations: {
        kind: 'MutatingWebhookConfiguration',
        scope: 'c',
        category: 'api-extensions',
      },
      validatingadmissionpolicies: {
        kind: 'ValidatingAdmissionPolicy',
        scope: 'c',
        category: 'api-extensions',
        sub: ['status'],
      },
      validatingadmissionpolicybindings: {
        kind: 'ValidatingAdmissionPolicyBinding',
        scope: 'c',
        category: 'api-extensions',
      },
      validatingwebhookconfigurations: {
        kind: 'ValidatingWebhookConfiguration',
        scope: 'c',
        category: 'api-extensions',
      },
    },
  ],
  [
    'apiextensions.k8s.io',
    'v1',
    {
      customresourcedefinitions: {
        kind: 'CustomResourceDefinition',
        scope: 'c',
        short: ['crd', 'crds'],
        category: 'api-extensions',
        sub: ['status'],
      },
    },
  ],
  ['scheduling.k8s.io', 'v1', { priorityclasses: { kind: 'PriorityClass', scope: 'c', short: ['pc'] } }],
  ['coordination.k8s.io', 'v1', { leases: { kind: 'Lease', scope: 'n' } }],
  ['node.k8s.io', 'v1', { runtimeclasses: { kind: 'RuntimeClass', scope: 'c' } }],
  ['discovery.k8s.io', 'v1', { endpointslices: { kind: 'EndpointSlice', scope: 'n' } }],
  [
    'resource.k8s.io',
    'v1',
    {
      deviceclasses: { kind: 'DeviceClass', scope: 'c' },
      resourceclaims: { kind: 'ResourceClaim', scope: 'n', sub: ['status'] },
      resourceclaimtemplates: { kind: 'ResourceClaimTemplate', scope: 'n' },
      resourceslices: { kind: 'ResourceSlice', scope: 'c' },
    },
  ],
  [
    'flowcontrol.apiserver.k8s.io',
    'v1',
    {
      flowschemas: { kind: 'FlowSchema', scope: 'c', sub: ['status'] },
      prioritylevelconfigurations: { kind: 'PriorityLevelConfiguration', scope: 'c', sub: ['status'] },
    },
  ],
];

/** Two groups serve the one storage of events. */
const storageOf = (group: string, plural: string): string =>
  group === '' || plural === 'events' ? plural : `${plural}.${group}`;

function subresource(entry: string | SubresourceInfo, kind: string): SubresourceInfo {
  if (typeof entry !== 'string') return entry;
  const common = commonSubresources[entry];
  if (common === undefined) throw new Error(`no such common subresource: ${entry}`);
  return common.kind === '' ? { ...common, kind } : common;
}

/** The built-in resources as catalog rows, in discovery order. */
export function builtinResources(): ResourceInfo[] {
  return table.flatMap(([group, version, rows]) =>
    Object.entries(rows).map(([plural, row]): ResourceInfo => {
      const verbs = row.verbs ?? allVerbs;
      return {
        group,
        version,
        kind: row.kind,
        plural,
        singular: row.kind.toLowerCase(),
        listKind: verbs.includes('list') ? `${row.kind}List` : '',
        namespaced: row.scope === 'n',
        shortNames: row.short ?? [],
        categories: row.category === undefined ? [] : [row.category],
        verbs,
        subresources: (row.sub ?? []).map((entry) => subresource(entry, row.kind)),
        storage: storageOf(group, plural),
      };
    }),
  );
}
