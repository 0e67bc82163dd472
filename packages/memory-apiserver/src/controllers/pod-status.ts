import { createHash } from 'node:crypto';
import { isTrue, withCondition } from './conditions.js';
import type { Condition, Container, ContainerState, ContainerStatus, Node, Pod, PodStatus } from './kinds.js';
import { compact } from './status.js';
import { timestamp } from './time.js';

/** The statuses that a kubelet gives a pod along its life, free of effects. Upstream: pkg/kubelet/status. */

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A container's id. Made of names and times only, so that a base's pods have the same in every run. */
const containerId = ({ metadata }: Pod, container: Container): string =>
  `containerd://${digest(`${metadata.namespace ?? ''}/${metadata.name}/${container.name}/${metadata.creationTimestamp ?? ''}`)}`;

/** The image's name as a container runtime reports it: `nginx` is `docker.io/library/nginx:latest`. */
function fullImageName(image: string): string {
  const slash = image.indexOf('/');
  const host = slash < 0 ? '' : image.slice(0, slash);
  const isHost = host.includes('.') || host.includes(':') || host === 'localhost';
  const withHost = isHost ? image : slash < 0 ? `docker.io/library/${image}` : `docker.io/${image}`;
  const lastPart = withHost.slice(withHost.lastIndexOf('/'));
  return lastPart.includes(':') || lastPart.includes('@') ? withHost : `${withHost}:latest`;
}

/** `Guaranteed`, `Burstable` or `BestEffort` by the containers' resources (pkg/apis/core/v1/helper/qos). */
export function qosClass({ spec }: Pod): string {
  const all = [...spec.containers, ...(spec.initContainers ?? [])];
  const relevant = ['cpu', 'memory'];
  const some = all.some(({ resources }) =>
    relevant.some(
      (name) => resources?.requests?.[name] !== undefined || resources?.limits?.[name] !== undefined,
    ),
  );
  if (!some) return 'BestEffort';
  const guaranteed = all.every(({ resources }) =>
    relevant.every((name) => {
      const limit = resources?.limits?.[name];
      return limit !== undefined && (resources?.requests?.[name] ?? limit) === limit;
    }),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function containerStatus(
  pod: Pod,
  container: Container,
  state: ContainerState,
  isUp: boolean,
): ContainerStatus {
  const image = container.image ?? '';
  const started = state.waiting === undefined;
  const name = fullImageName(image);
  const repository = name.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
  return compact({
    name: container.name,
    state,
    lastState: {},
    ready: isUp,
    started: state.terminated === undefined ? isUp : false,
    restartCount: 0,
    image: started ? name : image,
    imageID: started ? `${repository}@sha256:${digest(name)}` : '',
    containerID: started ? containerId(pod, container) : undefined,
  });
}

const isSidecar = ({ restartPolicy }: Container): boolean => restartPolicy === 'Always';

const addressOf = (node: Node): string | undefined =>
  node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;

function conditions(
  pod: Pod,
  values: Record<string, [Condition['status'], string?, string?]>,
  now: number,
): Condition[] {
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
  return list;
}

const names = (containers: readonly Container[]): string =>
  `[${containers.map(({ name }) => name).join(' ')}]`;

/** Bound to the node, containers not yet running. */
export function creatingStatus(pod: Pod, node: Node, now: number): PodStatus {
  const { containers, initContainers } = pod.spec;
  const hostIP = addressOf(node);
  const waiting = (reason: string): ContainerState => ({ waiting: { reason } });
  const notReady = `containers with unready status: ${names(containers)}`;
  const reason = initContainers === undefined ? 'ContainerCreating' : 'PodInitializing';
  return compact({
    ...pod.status,
    observedGeneration: pod.metadata.generation,
    phase: 'Pending',
    conditions: conditions(
      pod,
      {
        PodReadyToStartContainers: ['False'],
        Initialized:
          initContainers === undefined
            ? ['True']
            : [
                'False',
                'ContainersNotInitialized',
                `containers with incomplete status: ${names(initContainers)}`,
              ],
        Ready: ['False', 'ContainersNotReady', notReady],
        ContainersReady: ['False', 'ContainersNotReady', notReady],
        PodScheduled: ['True'],
      },
      now,
    ),
    hostIP,
    hostIPs: hostIP === undefined ? undefined : [{ ip: hostIP }],
    startTime: timestamp(now),
    qosClass: pod.status?.qosClass ?? qosClass(pod),
    containerStatuses: containers.map((container) => containerStatus(pod, container, waiting(reason), false)),
    initContainerStatuses: initContainers?.map((container) =>
      containerStatus(pod, container, waiting('PodInitializing'), false),
    ),
  });
}

/** All containers run; the pod is ready unless a readiness gate is closed. */
export function runningStatus(pod: Pod, node: Node, podIP: string | undefined, now: number): PodStatus {
  const at = timestamp(now);
  const hostIP = addressOf(node);
  const ip = podIP ?? hostIP;
  const { containers, initContainers, readinessGates = [] } = pod.spec;
  const closed = readinessGates.filter(({ conditionType }) => !isTrue(pod.status?.conditions, conditionType));
  // A status that someone wrote by hand may lack the containers.
  const isUp = pod.status?.phase === 'Running' && pod.status.containerStatuses !== undefined;
  return compact({
    ...pod.status,
    observedGeneration: pod.metadata.generation,
    phase: 'Running',
    conditions: conditions(
      pod,
      {
        PodReadyToStartContainers: ['True'],
        Initialized: ['True'],
        Ready:
          closed.length === 0
            ? ['True']
            : [
                'False',
                'ReadinessGatesNotReady',
                closed
                  .map(
                    ({ conditionType }) =>
                      `corresponding condition of pod readiness gate "${conditionType}" does not exist.`,
                  )
                  .join(', '),
              ],
        ContainersReady: ['True'],
        PodScheduled: ['True'],
      },
      now,
    ),
    hostIP,
    hostIPs: hostIP === undefined ? undefined : [{ ip: hostIP }],
    podIP: ip,
    podIPs: ip === undefined ? undefined : [{ ip }],
    startTime: pod.status?.startTime ?? at,
    qosClass: pod.status?.qosClass ?? qosClass(pod),
    containerStatuses: isUp
      ? pod.status?.containerStatuses
      : containers.map((container) => containerStatus(pod, container, { running: { startedAt: at } }, true)),
    initContainerStatuses: isUp
      ? pod.status?.initContainerStatuses
      : initContainers?.map((container) =>
          isSidecar(container)
            ? containerStatus(pod, container, { running: { startedAt: at } }, true)
            : { ...containerStatus(pod, container, terminated(pod, container, at, at), false), ready: true },
        ),
  });
}

function terminated(pod: Pod, container: Container, startedAt: string, finishedAt: string): ContainerState {
  const containerID = containerId(pod, container);
  return { terminated: { exitCode: 0, reason: 'Completed', startedAt, finishedAt, containerID } };
}

/** All containers have come to a good end. */
export function finishedStatus(pod: Pod, now: number): PodStatus {
  const at = timestamp(now);
  const done = 'PodCompleted';
  return compact({
    ...pod.status,
    phase: 'Succeeded',
    conditions: conditions(
      pod,
      {
        PodReadyToStartContainers: ['False'],
        Initialized: ['True', done],
        Ready: ['False', done],
        ContainersReady: ['False', done],
        PodScheduled: ['True'],
      },
      now,
    ),
    containerStatuses: pod.spec.containers.map((container) => {
      const former = pod.status?.containerStatuses?.find(({ name }) => name === container.name);
      const startedAt = former?.state.running?.startedAt ?? at;
      return containerStatus(pod, container, terminated(pod, container, startedAt, at), false);
    }),
  });
}
