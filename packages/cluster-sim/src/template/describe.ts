import type { KubeObject } from '@scale-cluster/memory-apiserver';
import type { ClusterObjects } from '../backend/cluster-objects.js';
import type { ClusterInfo, NodeInfo, PodInfo, ServiceInfo } from './cluster-info.js';
import { formatAge, formatPorts, type ServicePort } from './text-forms.js';

/** What a cluster holds, in the ClusterInfo format. Plain data. */
export type ClusterContents = Omit<ClusterInfo, 'name' | 'clusterID' | 'status'>;

/** A cluster's objects in the ClusterInfo format: what `GET /clusters/{name}` shows. `now` in milliseconds. */
export async function describeCluster(cluster: ClusterObjects, now: number): Promise<ClusterContents> {
  const age = (object: KubeObject): string =>
    formatAge((now - Date.parse(object.metadata.creationTimestamp ?? '')) / 1000);
  const keys = (object: KubeObject): { data: number; dataKeys: string[] } => {
    const dataKeys = Object.keys((object['data'] ?? {}) as object);
    return { data: dataKeys.length, dataKeys };
  };
  const place = (object: KubeObject): { name: string; namespace: string } => ({
    name: object.metadata.name,
    namespace: object.metadata.namespace ?? '',
  });
  const [nodes, pods, services, secrets, configmaps, deployments] = await Promise.all([
    cluster.list('nodes'),
    cluster.list('pods'),
    cluster.list('services'),
    cluster.list('secrets'),
    cluster.list('configmaps'),
    cluster.list('deployments.apps'),
  ]);
  return {
    nodes: nodes.map((node) => ({ ...describeNode(node), age: age(node) })),
    pods: pods.map((pod) => ({ ...place(pod), ...describePod(pod), age: age(pod) })),
    services: services.map((service) => ({
      ...place(service),
      ...describeService(service),
      age: age(service),
    })),
    secrets: secrets.map((secret) => ({
      ...place(secret),
      type: String(secret['type'] ?? 'Opaque'),
      ...keys(secret),
      age: age(secret),
    })),
    configmaps: configmaps.map((map) => ({ ...place(map), ...keys(map), age: age(map) })),
    deployments: deployments.map((deployment) => {
      const spec = deployment['spec'] as { replicas?: number } | undefined;
      const status = (deployment['status'] ?? {}) as Record<string, number | undefined>;
      return {
        ...place(deployment),
        ready: `${status['readyReplicas'] ?? 0}/${spec?.replicas ?? 1}`,
        upToDate: String(status['updatedReplicas'] ?? 0),
        available: String(status['availableReplicas'] ?? 0),
        age: age(deployment),
        ...labels(deployment),
      };
    }),
  };
}

interface NodeStatus {
  addresses?: { type: string; address: string }[];
  capacity?: Record<string, string>;
  allocatable?: Record<string, string>;
  conditions?: { type: string; status: string }[];
  nodeInfo?: Record<string, string>;
}

const roleLabel = 'node-role.kubernetes.io/';

function describeNode(node: KubeObject): NodeInfo {
  const status = (node['status'] ?? {}) as NodeStatus;
  const address = (type: string): string | undefined =>
    status.addresses?.find((one) => one.type === type)?.address;
  const ready = status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
  const cordoned = (node['spec'] as { unschedulable?: boolean } | undefined)?.unschedulable === true;
  const info = status.nodeInfo ?? {};
  return definedOnly({
    name: node.metadata.name,
    status: `${ready ? 'Ready' : 'NotReady'}${cordoned ? ',SchedulingDisabled' : ''}`,
    roles: Object.keys(node.metadata.labels ?? {})
      .filter((label) => label.startsWith(roleLabel))
      .map((label) => label.slice(roleLabel.length))
      .sort(),
    version: info['kubeletVersion'],
    internalIP: address('InternalIP'),
    externalIP: address('ExternalIP'),
    osImage: info['osImage'],
    kernelVer: info['kernelVersion'],
    containerRuntime: info['containerRuntimeVersion'],
    capacity: status.capacity,
    allocatable: status.allocatable,
  });
}

interface ContainerStatus {
  ready?: boolean;
  restartCount?: number;
  state?: { waiting?: { reason?: string }; terminated?: { reason?: string } };
}

function describePod(pod: KubeObject): Omit<PodInfo, 'name'> {
  const spec = (pod['spec'] ?? {}) as { nodeName?: string; containers?: unknown[] };
  const status = (pod['status'] ?? {}) as {
    phase?: string;
    reason?: string;
    podIP?: string;
    containerStatuses?: ContainerStatus[];
  };
  const containers = status.containerStatuses ?? [];
  return definedOnly({
    status: podStatus(pod, status.phase ?? 'Unknown', status.reason, containers),
    ready: `${containers.filter((one) => one.ready === true).length}/${spec.containers?.length ?? 0}`,
    restarts: containers.reduce((sum, one) => sum + (one.restartCount ?? 0), 0),
    ip: status.podIP,
    node: spec.nodeName,
    ...labels(pod),
  });
}

/** The word of kubectl's STATUS column (k8s.io/kubernetes printers `printPod`), as far as simulated pods go. */
function podStatus(
  pod: KubeObject,
  phase: string,
  reason: string | undefined,
  containers: ContainerStatus[],
): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  for (const { state } of containers) {
    const word = state?.waiting?.reason ?? state?.terminated?.reason;
    if (word !== undefined && word !== '') return word;
  }
  return reason ?? phase;
}

function describeService(service: KubeObject): Omit<ServiceInfo, 'name'> {
  const spec = (service['spec'] ?? {}) as {
    type?: string;
    clusterIP?: string;
    externalIPs?: string[];
    ports?: ServicePort[];
  };
  const status = service['status'] as
    { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } } | undefined;
  const ingress = (status?.loadBalancer?.ingress ?? []).map((one) => one.ip ?? one.hostname ?? '');
  const external = [...(spec.externalIPs ?? []), ...ingress].join(',');
  return definedOnly({
    type: spec.type ?? 'ClusterIP',
    clusterIP: spec.clusterIP,
    externalIP: external === '' ? undefined : external,
    ports: formatPorts(spec.ports ?? []),
    ...labels(service),
  });
}

function labels(object: KubeObject): { labels?: Record<string, string> } {
  const own = object.metadata.labels;
  return own === undefined || Object.keys(own).length === 0 ? {} : { labels: own };
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function definedOnly<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<T>;
}
