import { Type, type Static } from 'typebox';
import type { BackendKind } from '../backend/backend-kinds.js';

const Port = (defaultValue: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: defaultValue, description });

/**
 * Every key of the settings file, with its type, default and meaning. The environment variable of a key is
 * `SCALE_AGENT_` and the key in capitals with underscores: `ListenPort` → `SCALE_AGENT_LISTEN_PORT`.
 */
export const settingsSchema = Type.Object({
  RancherURL: Type.String({ default: '', description: 'Address of the Rancher server, https://… Required.' }),
  BearerToken: Type.String({
    default: '',
    description: 'Rancher API token, such as token-xxxxx:secret. Required.',
  }),
  ListenPort: Port(9090, 'Port of the REST API; 0 takes a free one.'),
  ListenAddress: Type.String({
    default: '127.0.0.1',
    description:
      'Address the REST API and the local Kubernetes API listen on; beyond loopback an APIKey is needed.',
  }),
  LogLevel: Type.Union(
    [
      Type.Literal('trace'),
      Type.Literal('debug'),
      Type.Literal('info'),
      Type.Literal('warn'),
      Type.Literal('error'),
      Type.Literal('silent'),
    ],
    { default: 'info', description: 'How much is logged.' },
  ),
  MultiTenant: Type.Optional(
    Type.Boolean({
      description:
        'Of the earlier program: without Backend, true means kwok-shared and false kwok-dedicated.',
    }),
  ),
  Backend: Type.Optional(
    Type.Union([Type.Literal('memory'), Type.Literal('kwok-shared'), Type.Literal('kwok-dedicated')], {
      description:
        'Where the Kubernetes API of a cluster lives that asks for no backend of its own. Without Backend and MultiTenant: memory.',
    }),
  ),
  KwokctlPath: Type.Optional(
    Type.String({ description: 'kwok backends: the kwokctl to run, if not the one on the PATH.' }),
  ),
  KubectlPath: Type.Optional(
    Type.String({ description: 'kwok backends: the kubectl to run, if not the one on the PATH.' }),
  ),
  KubeBinaries: Type.Optional(
    Type.String({
      description:
        'kwok backends: folder with etcd, kube-apiserver, kwok and the others, where the PATH has none.',
    }),
  ),
  KwokControllerManager: Type.Boolean({
    default: true,
    description:
      'kwok-dedicated: run kube-controller-manager and kube-scheduler in each cluster. Without them, which saves memory, workloads get no pods; accounts, token Secrets and the end of namespaces are seen to by this program.',
  }),
  KwokConcurrentCreates: Type.Integer({
    minimum: 1,
    maximum: 32,
    default: 2,
    description: 'kwok-dedicated: clusters being created or started at a time.',
  }),
  MainClusterName: Type.String({
    default: 'main-cluster',
    description: 'kwok-shared: name of the KWOK main cluster.',
  }),
  MainKubeconfig: Type.Optional(
    Type.String({
      description:
        'kwok-shared: kubeconfig file that gets the context kwok-<MainClusterName>, such as ~/.kube/config; by default kubeconfig beside the state file.',
    }),
  ),
  MainAPIPort: Port(8050, 'kwok-shared: HTTPS port of the main cluster.'),
  ProxyBasePort: Port(
    0,
    'First of the HTTPS ports that clusters get one by one, each the Kubernetes API of one cluster; the earlier program began at 8440. 0 for none.',
  ),
  LocalAPIPort: Port(9443, "HTTPS port for people's kubectl, all clusters by path; 0 switches it off."),
  Pprof: Type.Boolean({ default: false, description: 'Serve profiles on PprofPort.' }),
  PprofPort: Port(6060, 'Port of the profiles.'),
  MemLogIntervalSec: Type.Integer({
    minimum: 0,
    default: 0,
    description: 'Log memory use so often; 0 never.',
  }),
  Audit: Type.Boolean({
    default: false,
    description: 'kwok backends: apply audit-policy.yaml to the kube-apiserver.',
  }),
  APIKey: Type.Optional(
    Type.String({
      minLength: 8,
      description: 'Bearer key that the REST API asks for, on everything but health.',
    }),
  ),
  TLSMode: Type.Union([Type.Literal('strict'), Type.Literal('system'), Type.Literal('insecure')], {
    default: 'strict',
    description:
      "How Rancher's certificate is checked: strict trusts only CACert or Rancher's own cacerts, system the CAs of this machine, insecure nothing (not for production).",
  }),
  CACert: Type.Optional(
    Type.String({ description: 'CA of the Rancher server: a PEM text or the path of a PEM file.' }),
  ),
  CreateVia: Type.Union([Type.Literal('auto'), Type.Literal('provisioning'), Type.Literal('management')], {
    default: 'auto',
    description:
      'API by which clusters are created: /v1/provisioning.cattle.io.clusters, /v3/clusters, or the first that works.',
  }),
  ConcurrentCreates: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: 8,
    description: 'Clusters being created in Rancher at a time; most of that time they wait for their id.',
  }),
  CreatesPerSec: Type.Number({
    minimum: 0,
    maximum: 1000,
    default: 0,
    description:
      'Clusters that may begin to be created in Rancher per second; 0 for no such limit: as fast as Rancher takes them.',
  }),
  MaxConcurrentActivations: Type.Integer({
    minimum: 0,
    default: 150,
    description:
      'Clusters that may be between their creation in Rancher and Active at a time; 0 for no such limit. Rancher takes some 15 s for each, so 150 are about ten per second. One that takes more than two minutes holds up no others.',
  }),
  Shards: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 32,
      description:
        'Worker threads that clusters in memory are spread over: their APIs and tunnels. By default one less than there are cores, at least 1; 0 keeps all in the main thread.',
    }),
  ),
  CapacityCheck: Type.Union([Type.Literal('refuse'), Type.Literal('warn'), Type.Literal('off')], {
    default: 'refuse',
    description:
      'What happens to a wish for more clusters than the memory, open files and processes of this machine allow: refused, only warned of, or not looked at.',
  }),
  NodeLeaseIntervalSec: Type.Integer({
    minimum: 0,
    maximum: 3600,
    default: 0,
    description:
      'Seconds between renewals of the Lease of each node in kube-node-lease, as a kubelet does every 10; 0 never.',
  }),
  NodeStatusIntervalSec: Type.Integer({
    minimum: 0,
    maximum: 86_400,
    default: 0,
    description:
      'Seconds between heartbeats in the conditions of each node, as a kubelet sends every 300; 0 never. Each rewrites the node.',
  }),
  ChurnPodsPerSec: Type.Number({
    minimum: 0,
    maximum: 10_000,
    default: 0,
    description:
      'Pods created or deleted per second over all Active clusters together, evenly spread; at most 4 at a time in each.',
  }),
  ChurnNamespacesPerSec: Type.Number({
    minimum: 0,
    maximum: 10_000,
    default: 0,
    description:
      'The same with namespaces, at most 2 in each cluster; Rancher answers each with writes of its own.',
  }),
  ChurnRBACPerSec: Type.Number({
    minimum: 0,
    maximum: 10_000,
    default: 0,
    description: 'The same with ClusterRoles, at most 2 in each cluster.',
  }),
  ChurnEventsPerSec: Type.Number({
    minimum: 0,
    maximum: 10_000,
    default: 0,
    description: 'The same with Events, at most 8 in each cluster.',
  }),
});

/** The settings file as an object, defaults filled in. */
export type SettingsFile = Static<typeof settingsSchema>;

/** All keys of {@link settingsSchema}. */
export const settingsKeys = Object.keys(settingsSchema.properties) as (keyof SettingsFile)[];

/** `ListenPort` → `SCALE_AGENT_LISTEN_PORT`, `MainAPIPort` → `SCALE_AGENT_MAIN_API_PORT`. */
export function environmentName(key: string): string {
  const words = key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2');
  return `SCALE_AGENT_${words.toUpperCase()}`;
}

/** The settings as the program uses them. */
export interface Settings {
  /** Folder of settings, state, journal and keys. */
  home: string;
  rancherURL: string;
  bearerToken: string;
  listenPort: number;
  listenAddress: string;
  logLevel: SettingsFile['LogLevel'];
  /** Of clusters that ask for none. */
  backend: BackendKind;
  kwokctlPath?: string;
  kubectlPath?: string;
  /** Folder that programs are looked for in after the PATH. */
  kubeBinaries?: string;
  kwokControllerManager: boolean;
  kwokConcurrentCreates: number;
  mainClusterName: string;
  /** Path of a file. */
  mainKubeconfig: string;
  mainAPIPort: number;
  proxyBasePort: number;
  localAPIPort: number;
  pprof: boolean;
  pprofPort: number;
  memLogIntervalSec: number;
  audit: boolean;
  apiKey?: string;
  tlsMode: SettingsFile['TLSMode'];
  /** PEM text. */
  caCert?: string;
  createVia: SettingsFile['CreateVia'];
  concurrentCreates: number;
  /** 0 for no limit. */
  createsPerSec: number;
  /** 0 for no limit. */
  maxConcurrentActivations: number;
  /** Worker threads; 0 is none. */
  shards: number;
  capacityCheck: SettingsFile['CapacityCheck'];
  /** Of the nodes of all clusters; 0 is never. */
  nodeLeaseIntervalSec: number;
  nodeStatusIntervalSec: number;
  /** Writes per second over the whole fleet. */
  churnPodsPerSec: number;
  churnNamespacesPerSec: number;
  churnRBACPerSec: number;
  churnEventsPerSec: number;
}
