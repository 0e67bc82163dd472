import { gzipSync } from 'node:zlib';
import type { KubeObject } from '@scale-cluster/memory-apiserver';

/** A cluster that is full of names and secrets which must not leave it. */

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const resources = { cpu: '16', memory: '64Gi', pods: '250', 'ephemeral-storage': '200Gi' };

const node = (name: string, address: string, labels: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name,
    labels: {
      'kubernetes.io/hostname': name.split('.')[0] ?? '',
      'topology.kubernetes.io/zone': 'a',
      ...labels,
    },
    annotations: {
      'node.alpha.kubernetes.io/ttl': '0',
      'k3s.io/node-args': '["server","--token","verysecret1"]',
    },
  },
  spec: { podCIDR: '10.42.0.0/24', providerID: 'aws:///eu-west-1a/i-0abc' },
  status: {
    addresses: [
      { type: 'InternalIP', address },
      { type: 'ExternalIP', address: `52.31.7.${address.split('.')[3]}` },
      { type: 'Hostname', address: name },
    ],
    capacity: resources,
    allocatable: { ...resources, cpu: '15500m' },
    conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' }],
    nodeInfo: {
      kubeletVersion: 'v1.31.4+k3s1',
      machineID: '0123456789abcdef0123456789abcdef',
      systemUUID: '11111111-2222-4333-8444-555555555555',
      bootID: '11111111-2222-4333-8444-555555555556',
      osImage: 'Ubuntu 24.04',
      kernelVersion: '6.8.0',
      containerRuntimeVersion: 'containerd://2.0.0',
      kubeProxyVersion: 'v1.31.4+k3s1',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
    images: [{ names: ['registry.acme-internal.net/shop:1'], sizeBytes: 1 }],
  },
});

const template = (name: string, spec: object = {}): object => ({
  metadata: { labels: { app: name } },
  spec: { containers: [{ name: 'main', image: `registry.acme-internal.net/${name}:1.2` }], ...spec },
});

const workload = (kind: string, name: string, spec: object): KubeObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace: 'shop', labels: { app: name } },
  spec: { selector: { matchLabels: { app: name } }, template: template(name), ...spec },
});

const helmRelease = {
  name: 'shop',
  version: 3,
  info: { status: 'deployed', notes: 'the password is verysecret2' },
  chart: { metadata: { name: 'shop', version: '4.5.6', appVersion: '1.2' } },
  config: { password: 'verysecret2' },
};

export const sourceObjects: KubeObject[] = [
  node('berlin-rack7-01.acme-internal.net', '10.7.0.1', { 'node-role.kubernetes.io/control-plane': 'true' }),
  node('berlin-rack7-02.acme-internal.net', '10.7.0.2', {}),
  node('master', '10.7.0.3', {}),
  {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop', labels: { owner: 'Carol', team: 'shop' } },
  },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'alice-smith-sandbox' } },
  workload('Deployment', 'web', {
    replicas: 3,
    template: template('web', {
      containers: [
        {
          name: 'main',
          image: 'registry.acme-internal.net/web:1.2',
          args: ['--token', 'verysecret3', '--upstream=https://api.acme-internal.net/v1', '--secret=shop-db'],
          env: [
            { name: 'DB_PASSWORD', value: 'verysecret4' },
            { name: 'DB_HOST', value: 'berlin-rack7-02' },
            { name: 'DB_PASSWORD_REF', valueFrom: { secretKeyRef: { name: 'shop-db', key: 'password' } } },
          ],
        },
      ],
    }),
  }),
  workload('StatefulSet', 'db', { replicas: 2, serviceName: 'db' }),
  workload('DaemonSet', 'logs', {}),
  {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'migrate', namespace: 'shop' },
    spec: { template: template('migrate', { restartPolicy: 'Never' }) },
  },
  {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'nightly', namespace: 'shop' },
    spec: {
      schedule: '0 3 * * *',
      jobTemplate: { spec: { template: template('nightly', { restartPolicy: 'Never' }) } },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'etcd-berlin-rack7-01', namespace: 'kube-system' },
    spec: {
      nodeName: 'berlin-rack7-01.acme-internal.net',
      hostNetwork: true,
      containers: [
        {
          name: 'etcd',
          image: 'registry.k8s.io/etcd:3.5',
          command: ['etcd', '--listen=https://10.7.0.1:2379'],
        },
      ],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'pinned', namespace: 'shop' },
    spec: { nodeName: 'master', containers: [{ name: 'main', image: 'nginx' }] },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      type: 'LoadBalancer',
      selector: { app: 'web' },
      ports: [{ port: 80 }],
      externalIPs: ['52.31.7.99'],
    },
    status: { loadBalancer: { ingress: [{ hostname: 'lb-42.acme-internal.net' }] } },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: 'web',
      namespace: 'shop',
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': '{"verysecret5":1}',
        'acme.com/contact': 'carol@acme-internal.net',
      },
    },
    spec: {
      tls: [{ hosts: ['shop.acme-internal.net'], secretName: 'shop-tls' }],
      rules: [
        {
          host: 'shop.acme-internal.net',
          http: {
            paths: [
              { path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } },
            ],
          },
        },
      ],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'web', namespace: 'shop' },
    data: {
      'app.yaml': [
        'database: postgres://shop:verysecret6@db.shop.svc:5432/shop',
        'password: "verysecret7"',
        'replicas: 3',
        'mail: alice.smith@acme-internal.net',
        'home: https://shop.acme-internal.net/start?x=1',
        'node: berlin-rack7-02',
        'peers: 10.7.0.1,10.7.0.2',
        'partner: 52.31.9.9',
        'docs: https://kubernetes.io/docs',
        'widgets: widgets.acme.com',
      ].join('\n'),
      'ca.pem': '-----BEGIN CERTIFICATE-----\nQ049YWxpY2Uuc21pdGg=\n-----END CERTIFICATE-----\n',
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { name: 'shop-db', namespace: 'shop' },
    data: { username: base64('alice.smith'), password: base64('verysecret8') },
  },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: {
      name: 'sh.helm.release.v1.shop.v3',
      namespace: 'shop',
      labels: { name: 'shop', owner: 'helm', status: 'deployed', version: '3' },
    },
    data: { release: base64(gzipSync(JSON.stringify(helmRelease)).toString('base64')) },
  },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: { name: 'registry', namespace: 'shop' },
    data: { '.dockerconfigjson': base64('{"auths":{"registry.acme-internal.net":{"auth":"verysecret9"}}}') },
  },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'shop' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'slow',
      resources: { requests: { storage: '1Gi' } },
    },
  },
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.acme.com' },
    spec: {
      group: 'acme.com',
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  },
  {
    apiVersion: 'acme.com/v1',
    kind: 'Widget',
    metadata: { name: 'one', namespace: 'shop' },
    spec: { size: 3, apiKey: 'verysecret10', host: 'widgets.acme-internal.net' },
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'people', namespace: 'shop' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [
      { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'alice.smith@acme-internal.net' },
      { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'bobby' },
      { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'berlin-office' },
      { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'system:authenticated' },
    ],
  },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bobby-bot', namespace: 'shop' } },
];

/** Everything in {@link sourceObjects} that identifies somebody or something, or is a secret, in small letters. */
export const mustNotLeave = [
  'verysecret',
  'berlin',
  'acme-internal',
  'alice',
  'smith',
  'carol',
  'bobby',
  '52.31.',
  '10.7.0.',
  'i-0abc',
  '0123456789abcdef',
  '11111111-2222',
  'q049ywxpy2',
];
