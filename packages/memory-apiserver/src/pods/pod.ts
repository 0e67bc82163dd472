import type { KubeObject } from '../object.js';

/** The parts of a Pod that its simulated containers are made of (k8s.io/api `core/v1`). */
export interface Pod extends KubeObject {
  spec: PodSpec;
  status?: PodStatus;
}

export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  ephemeralContainers?: Container[];
  volumes?: Volume[];
  nodeName?: string;
  hostname?: string;
  subdomain?: string;
  serviceAccountName?: string;
}

export interface Container {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  stdin?: boolean;
  tty?: boolean;
  env?: EnvVar[];
  envFrom?: { prefix?: string; configMapRef?: Reference; secretRef?: Reference }[];
  ports?: { name?: string; containerPort: number; protocol?: string }[];
  volumeMounts?: { name: string; mountPath: string; subPath?: string }[];
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
}

export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: {
    fieldRef?: { fieldPath: string };
    resourceFieldRef?: { resource: string; containerName?: string };
    configMapKeyRef?: Reference & { key: string };
    secretKeyRef?: Reference & { key: string };
  };
}

export interface Reference {
  name?: string;
  optional?: boolean;
}

interface KeyedItem {
  key: string;
  path: string;
}

/** What a volume or one source of a projected volume says of the files in it. */
export interface FileSource {
  configMap?: Reference & { items?: KeyedItem[] };
  secret?: Reference & { secretName?: string; items?: KeyedItem[] };
  downwardAPI?: { items?: { path: string; fieldRef?: { fieldPath: string } }[] };
  serviceAccountToken?: { path: string; audience?: string; expirationSeconds?: number };
}

export interface Volume extends FileSource {
  name: string;
  projected?: { sources?: FileSource[] };
}

export interface ContainerState {
  waiting?: { reason?: string };
  running?: { startedAt?: string };
  terminated?: { startedAt?: string; finishedAt?: string; containerID?: string };
}

export interface ContainerStatus {
  name: string;
  state?: ContainerState;
  lastState?: ContainerState;
}

export interface PodStatus {
  phase?: string;
  podIP?: string;
  hostIP?: string;
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
  ephemeralContainerStatuses?: ContainerStatus[];
}

/** All containers in the order in which Kubernetes visits them: init, ordinary, ephemeral. */
export const allContainers = ({ spec }: Pod): Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
  ...(spec.ephemeralContainers ?? []),
];

export const containerStatusOf = ({ status }: Pod, name: string): ContainerStatus | undefined =>
  [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ].find((container) => container.name === name);

export const hostnameOf = ({ metadata, spec }: Pod): string => spec.hostname || metadata.name;

/** A field as the downward API gives it (`metadata.labels['key']`, `status.podIP`, …). */
export function fieldText({ metadata, spec, status }: Pod, path: string): string {
  const entry = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (entry !== null) return metadata[entry[1] as 'labels' | 'annotations']?.[entry[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.labels':
      return pairs(metadata.labels);
    case 'metadata.annotations':
      return pairs(metadata.annotations);
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.podIP':
    case 'status.podIPs':
      return status?.podIP ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return status?.hostIP ?? '';
    default:
      return '';
  }
}

/** `key="value"` lines, sorted (k8s.io/kubernetes `pkg/fieldpath` `FormatMap`). */
const pairs = (map: Readonly<Record<string, string>> = {}): string =>
  Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');
