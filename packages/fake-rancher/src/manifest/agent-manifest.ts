import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import type { KubeObject } from '../kube/object.js';

/** The Rancher version that this server says it is. */
export const serverVersion = 'v2.15.0';
export const agentImage = `rancher/rancher-agent:${serverVersion}`;

export interface ManifestInput {
  url: string;
  registrationToken: string;
  caChecksum: string;
  installUuid: string;
  /** Empty on a first import; the cluster id when Rancher itself applies the manifest again. */
  namespace?: string;
  /** CATTLE_FEATURES; only on that second apply. */
  features?: string;
}

/** Name suffix of the credentials Secret: it changes with everything that the Secret holds. */
export function credentialsKey(url: string, token: string, namespace: string): string {
  return createHash('sha256').update(`${url}.${token}.${namespace}`).digest('hex').slice(0, 10);
}

const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', apiGroup: 'rbac.authorization.k8s.io' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/**
 * The nine objects of the agent manifest in Rancher's order (rancher pkg/systemtemplate/template.go). The
 * second ClusterRoleBinding carries a namespace although it is cluster scoped, as it does there.
 */
export function agentManifest(input: ManifestInput): KubeObject[] {
  const { url, registrationToken, namespace = '', features } = input;
  const credentials = `cattle-credentials-${credentialsKey(url, registrationToken, namespace)}`;
  const env = (name: string, value: string): { name: string; value: string } => ({ name, value });
  return [
    {
      apiVersion: rbac.apiVersion,
      kind: 'ClusterRole',
      metadata: { name: 'proxy-clusterrole-kubeapiserver' },
      rules: [
        {
          apiGroups: [''],
          resources: ['nodes/metrics', 'nodes/proxy', 'nodes/stats', 'nodes/log', 'nodes/spec'],
          verbs: ['get', 'list', 'watch', 'create'],
        },
      ],
    },
    {
      apiVersion: rbac.apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'proxy-role-binding-kubernetes-master' },
      roleRef: { apiGroup: rbac.apiGroup, kind: 'ClusterRole', name: 'proxy-clusterrole-kubeapiserver' },
      subjects: [{ apiGroup: rbac.apiGroup, kind: 'User', name: 'kube-apiserver' }],
    },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'cattle-system' } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'cattle', namespace: 'cattle-system' } },
    {
      apiVersion: rbac.apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: {
        name: 'cattle-admin-binding',
        namespace: 'cattle-system',
        labels: { 'cattle.io/creator': 'norman' },
      },
      subjects: [{ kind: 'ServiceAccount', name: 'cattle', namespace: 'cattle-system' }],
      roleRef: { kind: 'ClusterRole', name: 'cattle-admin', apiGroup: rbac.apiGroup },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: credentials, namespace: 'cattle-system' },
      type: 'Opaque',
      data: { url: base64(url), token: base64(registrationToken), namespace: base64(namespace) },
    },
    {
      apiVersion: rbac.apiVersion,
      kind: 'ClusterRole',
      metadata: { name: 'cattle-admin', labels: { 'cattle.io/creator': 'norman' } },
      rules: [
        { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
        { nonResourceURLs: ['*'], verbs: ['*'] },
      ],
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: 'cattle-cluster-agent',
        namespace: 'cattle-system',
        annotations: { 'management.cattle.io/scale-available': '2' },
      },
      spec: {
        selector: { matchLabels: { app: 'cattle-cluster-agent' } },
        template: {
          metadata: { labels: { app: 'cattle-cluster-agent' } },
          spec: {
            affinity: agentAffinity,
            serviceAccountName: 'cattle',
            tolerations: [
              { effect: 'NoSchedule', key: 'node-role.kubernetes.io/controlplane', value: 'true' },
              { effect: 'NoSchedule', key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' },
              { effect: 'NoSchedule', key: 'node-role.kubernetes.io/master', operator: 'Exists' },
            ],
            containers: [
              {
                name: 'cluster-register',
                imagePullPolicy: 'IfNotPresent',
                env: [
                  ...(features === undefined ? [] : [env('CATTLE_FEATURES', features)]),
                  env('CATTLE_SERVER', url),
                  env('CATTLE_CA_CHECKSUM', input.caChecksum),
                  env('CATTLE_CLUSTER', 'true'),
                  env('CATTLE_K8S_MANAGED', 'true'),
                  env('CATTLE_SYSTEM_DEFAULT_REGISTRY', ''),
                  env('CATTLE_CREDENTIAL_NAME', credentials),
                  env('CATTLE_SUC_APP_NAME_OVERRIDE', ''),
                  env('CATTLE_SERVER_VERSION', serverVersion),
                  env('CATTLE_INSTALL_UUID', input.installUuid),
                  env('CATTLE_INGRESS_IP_DOMAIN', 'sslip.io'),
                  env('STRICT_VERIFY', 'true'),
                ],
                image: agentImage,
                volumeMounts: [
                  { name: 'cattle-credentials', mountPath: '/cattle-credentials', readOnly: true },
                ],
              },
            ],
            volumes: [{ name: 'cattle-credentials', secret: { secretName: credentials, defaultMode: 320 } }],
          },
        },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'cattle-cluster-agent', namespace: 'cattle-system' },
      spec: {
        ports: [
          { port: 80, targetPort: 80, protocol: 'TCP', name: 'http' },
          { port: 443, targetPort: 444, protocol: 'TCP', name: 'https-internal' },
        ],
        selector: { app: 'cattle-cluster-agent' },
      },
    },
  ];
}

const agentAffinity = {
  podAntiAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        podAffinityTerm: {
          labelSelector: {
            matchExpressions: [{ key: 'app', operator: 'In', values: ['cattle-cluster-agent'] }],
          },
          topologyKey: 'kubernetes.io/hostname',
        },
      },
    ],
  },
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: 'beta.kubernetes.io/os', operator: 'NotIn', values: ['windows'] }] },
      ],
    },
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        preference: {
          matchExpressions: [
            { key: 'node-role.kubernetes.io/controlplane', operator: 'In', values: ['true'] },
          ],
        },
        weight: 100,
      },
      {
        preference: {
          matchExpressions: [
            { key: 'node-role.kubernetes.io/control-plane', operator: 'In', values: ['true'] },
          ],
        },
        weight: 100,
      },
    ],
  },
};

/** The manifest as `/v3/import` serves it: documents separated by `---`. */
export function renderManifest(objects: readonly KubeObject[]): string {
  return objects.map((object) => stringify(object)).join('---\n');
}
