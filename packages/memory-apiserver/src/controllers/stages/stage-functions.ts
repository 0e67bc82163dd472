import type { KubeObject } from '../../object.js';
import type { ControllerContext } from '../controller.js';
import type { Node, Pod } from '../kinds.js';
import { nextPodIp } from '../pod-ip.js';
import { timestamp } from '../time.js';
import type { TemplateFunctions } from './template.js';

/** The version of KWOK whose Stages these are like. */
const kwokVersion = 'v0.8.0';

/** What is said of a healthy node: KWOK's `NodeConditions`. */
const nodeConditions = [
  { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
  {
    type: 'MemoryPressure',
    status: 'False',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
  },
  {
    type: 'DiskPressure',
    status: 'False',
    reason: 'KubeletHasNoDiskPressure',
    message: 'kubelet has no disk pressure',
  },
  {
    type: 'PIDPressure',
    status: 'False',
    reason: 'KubeletHasSufficientPID',
    message: 'kubelet has sufficient PID available',
  },
  {
    type: 'NetworkUnavailable',
    status: 'False',
    reason: 'RouteCreated',
    message: 'RouteController created a route',
  },
];

const fallbackNodeIp = '10.0.0.1';
const kubeletPort = 10_250;

/** The functions that templates of Stages have beside the standard ones; names are KWOK's but for `ClusterName`. */
export const functionNames: ReadonlySet<string> = new Set([
  'ClusterName',
  'Now',
  'now',
  'StartTime',
  'Version',
  'NodeConditions',
  'NodeName',
  'NodePort',
  'NodeIP',
  'NodeIPWith',
  'NodeIPsWith',
  'PodIP',
  'PodIPWith',
  'PodIPsWith',
]);

/** {@link functionNames} for one rendering. Addresses are looked up and given out only if a template asks. */
export function functionsFor(object: KubeObject, context: ControllerContext): TemplateFunctions {
  const { api, cluster, now } = context;
  const findNode = (name: unknown): Node | undefined =>
    typeof name === 'string' && name !== '' ? api.find('nodes', undefined, name) : undefined;
  const nodeIp = (name: unknown): string => addressOf(findNode(name)) ?? fallbackNodeIp;
  const podIp = (nodeName: unknown, hostNetwork: unknown): string => {
    const own = (object as Pod).status?.podIP;
    if (own !== undefined && own !== '') return own;
    if (hostNetwork === true) return nodeIp(nodeName);
    const node = findNode(nodeName);
    return node === undefined ? fallbackNodeIp : nextPodIp(cluster.api, node);
  };
  const isNode = object.kind === 'Node';
  const time = (): string => timestamp(now());
  return {
    ClusterName: () => cluster.name ?? '',
    Now: time,
    now: time,
    StartTime: () => object.metadata.creationTimestamp ?? time(),
    Version: () => kwokVersion,
    NodeConditions: () => nodeConditions,
    NodeName: () => (isNode ? object.metadata.name : ((object as Pod).spec.nodeName ?? '')),
    NodePort: () => kubeletPort,
    NodeIP: () => (isNode ? (addressOf(object) ?? fallbackNodeIp) : nodeIp((object as Pod).spec.nodeName)),
    NodeIPWith: nodeIp,
    NodeIPsWith: (name) => [nodeIp(name)],
    PodIP: () => podIp((object as Pod).spec.nodeName, (object as Pod).spec.hostNetwork),
    PodIPWith: podIp,
    PodIPsWith: (nodeName, hostNetwork) => [podIp(nodeName, hostNetwork)],
  };
}

const addressOf = (node: Node | undefined): string | undefined =>
  node?.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
