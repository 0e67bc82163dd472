import { isApiError } from '../errors.js';
import { conditionOf, withCondition } from './conditions.js';
import type { ClusterHandle, Controller, ControllerContext } from './controller.js';
import type { Condition, Node, Pod, Taint } from './kinds.js';
import { compact, writeStatus } from './status.js';
import { timestamp } from './time.js';

/** What a healthy kubelet reports (pkg/kubelet/nodestatus). */
const healthy: readonly (readonly [
  type: string,
  status: Condition['status'],
  reason: string,
  message: string,
])[] = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
];

/** Taints by the state of `Ready`, as the node life-cycle controller sets them. */
const notReady = 'node.kubernetes.io/not-ready';
const unreachable = 'node.kubernetes.io/unreachable';
const cordoned = 'node.kubernetes.io/unschedulable';

export interface NodeOptions {
  /** What new nodes report as `status.nodeInfo.kubeletVersion`, such as `v1.28.5+k3s1`. @default empty */
  kubeletVersion?: string;
}

const defaultCapacity = { cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '100Gi' };

/**
 * Makes new nodes healthy, taints those that are said not to be, and removes the pods of nodes that are gone
 * (upstream: kubelet registration, pkg/controller/nodelifecycle and podgc).
 */
export function nodeController({ kubeletVersion = '' }: NodeOptions = {}): Controller {
  return {
    name: 'node',
    watches: ['nodes'],
    timed: (cluster) => (hasStages(cluster) ? ['nodes'] : []),
    keysFor: ({ type, object, cluster }) =>
      type === 'DELETED' || !isSettled(object, kubeletVersion) || lacksPhase(object, cluster)
        ? [object.metadata.name]
        : [],
    reconcile(name, context) {
      const node = context.api.find('nodes', undefined, name) as Node | undefined;
      if (node === undefined) removePodsOf(name, context);
      else if (node.metadata.deletionTimestamp === undefined) settle(node, kubeletVersion, context);
    },
  };
}

const hasStages = ({ stages }: ClusterHandle): boolean =>
  (stages?.of({ group: '', kind: 'Node' }) ?? []).length > 0;

/** KWOK's own Stages for nodes ask for a phase, which no other node has. */
const lacksPhase = (node: Node, cluster: ClusterHandle): boolean =>
  node.status?.phase === undefined && hasStages(cluster);

/** Everything that {@link settle} would do is done: nodes are written often, by whoever annotates them. */
const isSettled = (node: Node, kubeletVersion: string): boolean =>
  conditionOf(node.status?.conditions, 'Ready') !== undefined &&
  node.status?.capacity !== undefined &&
  node.status.addresses !== undefined &&
  (kubeletVersion === '' || Boolean(node.status.nodeInfo?.['kubeletVersion'])) &&
  taintsFor(node) === undefined;

function settle(node: Node, kubeletVersion: string, context: ControllerContext): void {
  const { api, now } = context;
  const at = timestamp(now());
  const taints = taintsFor(node, at);
  const updated =
    taints === undefined ? node : (api.update({ ...node, spec: withTaints(node, taints) }) as Node);
  let conditions = updated.status?.conditions ?? [];
  for (const [type, status, reason, message] of healthy) {
    if (conditionOf(conditions, type) !== undefined) continue;
    conditions = withCondition(conditions, { type, status, reason, message, lastHeartbeatTime: at }, at);
  }
  const capacity = updated.status?.capacity ?? updated.status?.allocatable ?? defaultCapacity;
  writeStatus(api, updated, {
    ...updated.status,
    capacity,
    allocatable: updated.status?.allocatable ?? capacity,
    conditions,
    addresses: updated.status?.addresses ?? [
      { type: 'InternalIP', address: freeAddress(updated, api.list('nodes')) },
      { type: 'Hostname', address: updated.metadata.name },
    ],
    nodeInfo: { ...nodeInfo(updated, kubeletVersion), ...given(updated.status?.nodeInfo) },
    ...(lacksPhase(updated, context.cluster) ? { phase: 'Running' } : {}),
  });
}

/** The taints that the node should have, new ones as of `at`, or undefined if it has them. */
function taintsFor(node: Node, at?: string): Taint[] | undefined {
  const ready = conditionOf(node.status?.conditions, 'Ready')?.status ?? 'True';
  const wanted: Taint[] = [];
  const timeAdded = at === undefined ? {} : { timeAdded: at };
  if (ready !== 'True') {
    const key = ready === 'False' ? notReady : unreachable;
    wanted.push({ key, effect: 'NoSchedule', ...timeAdded }, { key, effect: 'NoExecute', ...timeAdded });
  }
  if (node.spec?.unschedulable === true) wanted.push({ key: cordoned, effect: 'NoSchedule', ...timeAdded });
  const isOurs = ({ key }: Taint): boolean => key === notReady || key === unreachable || key === cordoned;
  const current = node.spec?.taints ?? [];
  const same = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
  const surplus = current.some((taint) => isOurs(taint) && !wanted.some((other) => same(taint, other)));
  const missing = wanted.filter((taint) => !current.some((other) => same(taint, other)));
  if (!surplus && missing.length === 0) return undefined;
  return [
    ...current.filter((taint) => !isOurs(taint) || wanted.some((other) => same(taint, other))),
    ...missing,
  ];
}

function withTaints({ spec }: Node, taints: Taint[]): Node['spec'] {
  const { taints: _, ...rest } = spec ?? {};
  return taints.length === 0 ? rest : { ...rest, taints };
}

function freeAddress(node: Node, nodes: readonly Node[]): string {
  const used = new Set(nodes.flatMap(({ status }) => status?.addresses ?? []).map(({ address }) => address));
  const start = nodes.findIndex(({ metadata }) => metadata.name === node.metadata.name);
  for (let number = Math.max(0, start) + 2; ; number++) {
    const address = `172.18.${Math.floor(number / 256) % 256}.${number % 256}`;
    if (!used.has(address)) return address;
  }
}

const nodeInfo = ({ metadata }: Node, kubeletVersion: string): Record<string, string> => ({
  architecture: metadata.labels?.['kubernetes.io/arch'] ?? 'amd64',
  operatingSystem: metadata.labels?.['kubernetes.io/os'] ?? 'linux',
  bootID: '',
  containerRuntimeVersion: 'containerd://2.1.4',
  kernelVersion: '6.8.0',
  kubeProxyVersion: '',
  kubeletVersion,
  machineID: '',
  osImage: 'Linux',
  systemUUID: metadata.uid ?? '',
});

/** The fields that are set: a node without `nodeInfo` has one of empty strings, as Go writes it. */
const given = (info: object = {}): object =>
  Object.fromEntries(Object.entries(info).filter(([, value]) => value !== ''));

function removePodsOf(name: string, { api }: ControllerContext): void {
  for (const pod of api.list('pods', { fieldSelector: `spec.nodeName=${name}` }) as Pod[]) {
    const { namespace, name: podName, uid } = pod.metadata;
    try {
      api.delete('pods', namespace, podName, { gracePeriodSeconds: 0, preconditions: compact({ uid }) });
    } catch (error) {
      if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
    }
  }
}
