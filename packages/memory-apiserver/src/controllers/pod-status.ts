import { qosClass } from '../registry/pod-qos.js';
import { isTrue, withCondition } from './conditions.js';
import { containerStatus, runningSince, terminated } from './container-status.js';
import { isInitialized, isSidecar, unfinishedInit } from './init-containers.js';
import type { Condition, Container, ContainerState, ContainerStatus, Node, Pod, PodStatus } from './kinds.js';
import { compact } from './status.js';
import { timestamp } from './time.js';

/** The statuses that a kubelet gives a pod along its life, free of effects. Upstream: pkg/kubelet/status. */

const addressOf = (node: Node): string | undefined =>
  node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;

/** As the kubelet lists its conditions, behind those of others (`mergePodStatus` of pkg/kubelet/status). */
const conditionOrder = [
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
];

type Conditions = Record<string, readonly [status: Condition['status'], reason?: string, message?: string]>;

function conditions(pod: Pod, values: Conditions, now: number): Condition[] {
  let list = pod.status?.conditions ?? [];
  const { generation } = pod.metadata;
  for (const [type, [status, reason, message]] of Object.entries(values)) {
    const former = list.find((condition) => condition.type === type);
    const next = compact({
      type,
      status,
      reason,
      message,
      lastProbeTime: null,
      observedGeneration: generation,
    });
    if (former !== undefined && reason === undefined) {
      const { reason: _reason, message: _message, ...rest } = former;
      list = list.map((condition) => (condition === former ? rest : condition));
    }
    list = withCondition(list, next, timestamp(now));
  }
  return [...list].sort((a, b) => conditionOrder.indexOf(a.type) - conditionOrder.indexOf(b.type));
}

const names = (containers: readonly Container[]): string =>
  `[${containers.map(({ name }) => name).join(' ')}]`;

/** `Initialized`, `Ready` and `ContainersReady` of a pod whose containers have not all started. */
function startingConditions(pod: Pod): Conditions {
  const { containers } = pod.spec;
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar);
  const notReady = `containers with unready status: ${names([...sidecars, ...containers])}`;
  const unfinished = unfinishedInit(pod);
  return {
    Initialized:
      unfinished.length === 0
        ? ['True']
        : ['False', 'ContainersNotInitialized', `containers with incomplete status: ${names(unfinished)}`],
    Ready: ['False', 'ContainersNotReady', notReady],
    ContainersReady: ['False', 'ContainersNotReady', notReady],
    PodScheduled: ['True'],
  };
}

const hostAddresses = (node: Node): Pick<PodStatus, 'hostIP' | 'hostIPs'> => {
  const hostIP = addressOf(node);
  return hostIP === undefined ? {} : { hostIP, hostIPs: [{ ip: hostIP }] };
};

/** Bound to the node, containers not yet running. */
export function creatingStatus(pod: Pod, node: Node, now: number): PodStatus {
  const { containers, initContainers } = pod.spec;
  const initializing = { waiting: { reason: 'PodInitializing' } };
  const creating = { waiting: { reason: 'ContainerCreating' } };
  const fresh = { ...pod, status: compact({ ...pod.status, initContainerStatuses: undefined }) };
  return compact({
    ...pod.status,
    observedGeneration: pod.metadata.generation,
    phase: 'Pending',
    conditions: conditions(
      fresh,
      { PodReadyToStartContainers: ['False'], ...startingConditions(fresh) },
      now,
    ),
    ...hostAddresses(node),
    startTime: timestamp(now),
    qosClass: pod.status?.qosClass ?? qosClass(pod.spec),
    containerStatuses: containers.map((container) =>
      containerStatus(pod, container, initContainers === undefined ? creating : initializing),
    ),
    initContainerStatuses: initContainers?.map((container) => containerStatus(pod, container, initializing)),
  });
}

/** One of the init containers goes on to another state; the pod has got its address by then. */
export function initializingStatus(
  pod: Pod,
  name: string,
  state: ContainerState,
  { podIP, now }: { podIP: string | undefined; now: number },
): PodStatus {
  const statuses = (pod.spec.initContainers ?? []).map((container) => {
    const former = pod.status?.initContainerStatuses?.find((status) => status.name === container.name);
    if (container.name !== name)
      return former ?? containerStatus(pod, container, { waiting: { reason: 'PodInitializing' } });
    return containerStatus(pod, container, state);
  });
  const next = { ...pod, status: { ...pod.status, initContainerStatuses: statuses } };
  return compact({
    ...next.status,
    observedGeneration: pod.metadata.generation,
    conditions: conditions(next, { PodReadyToStartContainers: ['True'], ...startingConditions(next) }, now),
    ...podAddresses(podIP),
  });
}

const podAddresses = (ip: string | undefined): Pick<PodStatus, 'podIP' | 'podIPs'> =>
  ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] };

/** All containers run; the pod is ready unless a readiness gate is closed. */
export function runningStatus(pod: Pod, node: Node, podIP: string | undefined, now: number): PodStatus {
  const at = timestamp(now);
  const { containers, initContainers } = pod.spec;
  // A status that someone wrote by hand may lack the containers.
  const isUp = pod.status?.phase === 'Running' && pod.status.containerStatuses !== undefined;
  const running = { running: { startedAt: at } };
  return compact({
    ...pod.status,
    observedGeneration: pod.metadata.generation,
    phase: 'Running',
    conditions: conditions(
      pod,
      {
        PodReadyToStartContainers: ['True'],
        Initialized: ['True'],
        Ready: readiness(pod),
        ContainersReady: ['True'],
        PodScheduled: ['True'],
      },
      now,
    ),
    ...hostAddresses(node),
    ...podAddresses(podIP ?? addressOf(node)),
    startTime: pod.status?.startTime ?? at,
    qosClass: pod.status?.qosClass ?? qosClass(pod.spec),
    containerStatuses: isUp
      ? pod.status?.containerStatuses
      : containers.map((container) => containerStatus(pod, container, running)),
    initContainerStatuses: initContainers?.map(
      (container) =>
        (isUp || isInitialized(pod)
          ? pod.status?.initContainerStatuses?.find(({ name }) => name === container.name)
          : undefined) ??
        containerStatus(
          pod,
          container,
          isSidecar(container) ? running : terminated(pod, container, { startedAt: at, finishedAt: at }),
        ),
    ),
  });
}

/** `Ready` of a pod whose containers run: its readiness gates decide (pkg/kubelet/status/generate.go). */
function readiness(pod: Pod): Conditions[string] {
  const closed = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (condition?.status === 'True') return [];
    const gate = `pod readiness gate "${conditionType}"`;
    return condition === undefined
      ? [`corresponding condition of ${gate} does not exist.`]
      : [`the status of ${gate} is not "True", but ${condition.status}`];
  });
  return closed.length === 0 ? ['True'] : ['False', 'ReadinessGatesNotReady', closed.join(', ')];
}

/** True if a running pod's status doesn't say any more what its spec asks for. */
export function isOutdated(pod: Pod): boolean {
  const { generation } = pod.metadata;
  const { observedGeneration, conditions: current, ephemeralContainerStatuses } = pod.status ?? {};
  return (
    (observedGeneration !== undefined && generation !== undefined && observedGeneration < generation) ||
    (pod.spec.readinessGates !== undefined && isTrue(current, 'Ready') !== (readiness(pod)[0] === 'True')) ||
    (pod.spec.ephemeralContainers ?? []).length > (ephemeralContainerStatuses ?? []).length
  );
}

/** A running pod's status after its spec or a readiness gate has changed: resized, ephemeral containers started. */
export function updatedStatus(pod: Pod, now: number): PodStatus {
  const { containers, ephemeralContainers } = pod.spec;
  const status = pod.status ?? {};
  const state = { running: { startedAt: timestamp(now) } };
  return compact({
    ...status,
    observedGeneration: pod.metadata.generation,
    conditions: conditions(pod, { Ready: readiness(pod), ContainersReady: ['True'] }, now),
    containerStatuses: containers.map((container) => {
      const former = status.containerStatuses?.find(({ name }) => name === container.name);
      if (former === undefined) return containerStatus(pod, container, state);
      const { resources, allocatedResources } = containerStatus(pod, container, former.state);
      return compact({ ...former, resources, allocatedResources });
    }),
    ephemeralContainerStatuses: ephemeralContainers?.map(
      (container) =>
        status.ephemeralContainerStatuses?.find(({ name }) => name === container.name) ??
        withoutReadiness(containerStatus(pod, container, state)),
    ),
  });
}

/** Ephemeral containers have no probes and are never ready. */
const withoutReadiness = ({ started: _, ...status }: ContainerStatus): ContainerStatus => ({
  ...status,
  ready: false,
});

/** The node doesn't take the pod (pkg/kubelet `rejectPod`). */
export const rejectedStatus = (
  pod: Pod,
  { reason, message }: { readonly reason: string; readonly message: string },
): PodStatus => ({
  phase: 'Failed',
  reason,
  message: `Pod was rejected: ${message}`,
  qosClass: pod.status?.qosClass ?? qosClass(pod.spec),
});

interface End {
  readonly phase: 'Succeeded' | 'Failed';
  readonly conditionReason: 'PodCompleted' | 'PodFailed';
  readonly reason?: string;
  readonly message?: string;
  readonly exitCode: (container: Container) => number;
}

/**
 * All containers have come to an end, the pod to a good one if they have.
 *
 * @param exitCodes of containers by name, unless 0
 */
export function finishedStatus(
  pod: Pod,
  now: number,
  exitCodes: ReadonlyMap<string, number> = new Map(),
): PodStatus {
  const exitCode = ({ name }: Container): number => exitCodes.get(name) ?? 0;
  return pod.spec.containers.every((container) => exitCode(container) === 0)
    ? endedStatus(pod, { phase: 'Succeeded', conditionReason: 'PodCompleted', exitCode }, now)
    : endedStatus(pod, { phase: 'Failed', conditionReason: 'PodFailed', exitCode }, now);
}

/** `spec.activeDeadlineSeconds` is over (pkg/kubelet/active_deadline.go). */
export const deadlineStatus = (pod: Pod, now: number): PodStatus =>
  endedStatus(
    pod,
    {
      phase: 'Failed',
      conditionReason: 'PodFailed',
      reason: 'DeadlineExceeded',
      message: deadlineMessage,
      exitCode: () => 137,
    },
    now,
  );

export const deadlineMessage = 'Pod was active on the node longer than the specified deadline';

function endedStatus(pod: Pod, end: End, now: number): PodStatus {
  const finishedAt = timestamp(now);
  const ended = (container: Container, former: ContainerStatus | undefined): ContainerStatus => {
    if (former?.state.terminated !== undefined) return former;
    const startedAt = runningSince(former);
    if (startedAt === undefined && end.phase === 'Failed')
      return former ?? containerStatus(pod, container, {});
    const times = { startedAt: startedAt ?? finishedAt, finishedAt };
    const exitCode = end.exitCode(container);
    const exit = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' };
    return containerStatus(pod, container, terminated(pod, container, times, exit), former);
  };
  const initStatuses = pod.status?.initContainerStatuses;
  const { phase, reason, message, conditionReason } = end;
  return compact({
    ...pod.status,
    observedGeneration: pod.metadata.generation,
    phase,
    reason,
    message,
    conditions: conditions(
      pod,
      {
        PodReadyToStartContainers: ['False'],
        Initialized:
          phase === 'Succeeded'
            ? ['True', conditionReason]
            : (startingConditions(pod)['Initialized'] ?? ['True']),
        Ready: ['False', conditionReason],
        ContainersReady: ['False', conditionReason],
        PodScheduled: ['True'],
      },
      now,
    ),
    containerStatuses: pod.spec.containers.map((container) =>
      ended(
        container,
        pod.status?.containerStatuses?.find(({ name }) => name === container.name),
      ),
    ),
    initContainerStatuses: initStatuses?.map((former) => {
      const container = pod.spec.initContainers?.find(({ name }) => name === former.name);
      return container === undefined || runningSince(former) === undefined
        ? former
        : ended(container, former);
    }),
  });
}
