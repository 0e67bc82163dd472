import { isApiError } from '../errors.js';
import { runningSince, terminated } from './container-status.js';
import type { ControllerContext } from './controller.js';
import { steadyFraction } from './hash.js';
import { currentInit, isInitialized, isSidecar } from './init-containers.js';
import type { Node, Pod, PodStatus } from './kinds.js';
import { keyOf } from './keys.js';
import { rejectionOf } from './kubelet-admission.js';
import { controllerOf } from './ownership.js';
import { nextPodIp } from './pod-ip.js';
import { podProgram } from './program/pod-program.js';
import {
  creatingStatus,
  finishedStatus,
  initializingStatus,
  isOutdated,
  rejectedStatus,
  runningStatus,
  updatedStatus,
} from './pod-status.js';
import { isFinished } from './pods.js';
import type { Stage, StageScene } from './stages/stage.js';
import { writeStatus } from './status.js';
import { timestamp } from './time.js';

export interface KubeletOptions {
  /** From the start of a pod, or the end of its init containers, until its containers run: between this and twice this. @default 500 */
  startMs?: number;
  /** How long an init container runs: between this and twice this. @default 250 */
  initMs?: number;
  /** From then until a Job's pod has succeeded: between this and twice this. @default 1000 */
  completeMs?: number;
}

/**
 * The stages that every pod goes through unless a Stage of the same name replaces one; the names are those of KWOK's
 * own (kustomize/stage/pod/general). At most one of them matches a pod, and they have no weight: any Stage with one
 * goes before them.
 */
export function podStages({ startMs = 500, initMs = 250, completeMs = 1000 }: KubeletOptions = {}): Stage[] {
  return [
    stage('pod-create', {
      matches: (pod) => isLive(pod) && pod.status?.startTime === undefined,
      status: (pod, node, { api, events, now }) => {
        const rejection = rejectionOf(pod, node, api);
        if (rejection === undefined) return creatingStatus(pod, node, now());
        events.record(pod, 'Warning', rejection.reason, rejection.message);
        return rejectedStatus(pod, rejection);
      },
    }),
    stage('pod-init-container-running', {
      matches: (pod) => isStarting(pod) && currentInit(pod)?.isRunning === false,
      status: (pod, node, { cluster, now }) =>
        initializingStatus(
          pod,
          currentInit(pod)?.container.name ?? '',
          { running: { startedAt: timestamp(now()) } },
          { podIP: podIpOf(pod, node, cluster), now: now() },
        ),
    }),
    stage('pod-init-container-completed', {
      delayMs: initMs,
      matches: (pod) => isStarting(pod) && currentInit(pod)?.isRunning === true,
      status: (pod, node, { cluster, now }) => completeInit(pod, podIpOf(pod, node, cluster), now()),
    }),
    stage('pod-ready', {
      delayMs: startMs,
      matches: (pod) => (isStarting(pod) && isInitialized(pod)) || lacksContainers(pod),
      status: (pod, node, { cluster, now }) => runningStatus(pod, node, podIpOf(pod, node, cluster), now()),
      after: (pod, { events }) => {
        for (const { name } of pod.spec.containers)
          events.record(pod, 'Normal', 'Started', `Started container ${name}`);
      },
    }),
    stage('pod-update', {
      matches: (pod) => isRunning(pod) && isOutdated(pod),
      status: (pod, _node, { now }) => updatedStatus(pod, now()),
    }),
    stage('pod-complete', {
      delayMs: (pod) => (hasEnded(pod) ? 0 : podProgram(pod).seconds * 1000 || spread(completeMs, pod)),
      matches: (pod) => isRunning(pod) && !isOutdated(pod) && (hasEnded(pod) || completes(pod)),
      status: (pod, _node, { now }) =>
        finishedStatus(pod, now(), hasEnded(pod) ? endedCodes(pod) : podProgram(pod).exitCodes),
    }),
    {
      name: 'pod-delete',
      matches: ({ metadata }) =>
        metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds !== 0,
      weight: () => 0,
      delayMs: () => 0,
      play: removePod,
    },
  ];
}

interface PodStage {
  /** A number is a lower bound, see {@link spread}. @default 0 */
  delayMs?: number | ((pod: Pod) => number);
  matches: (pod: Pod) => boolean;
  status: (pod: Pod, node: Node, context: ControllerContext) => PodStatus;
  after?: (pod: Pod, context: ControllerContext) => void;
}

/** Between a time and twice that, always the same for one pod. */
const spread = (ms: number, pod: Pod): number => ms * (1 + steadyFraction(keyOf(pod)));

const stage = (name: string, { delayMs = 0, matches, status, after }: PodStage): Stage => ({
  name,
  matches: (object) => matches(object as Pod),
  weight: () => 0,
  delayMs: (object) =>
    typeof delayMs === 'number' ? spread(delayMs, object as Pod) : delayMs(object as Pod),
  play(object, { context }) {
    const pod = object as Pod;
    const node = context.api.find('nodes', undefined, pod.spec.nodeName ?? '') as Node | undefined;
    if (node === undefined) return;
    writeStatus(context.api, pod, status(pod, node, context));
    after?.(pod, context);
  },
});

/** On a node, and neither over nor about to go. */
const isLive = (pod: Pod): boolean =>
  pod.spec.nodeName !== undefined && pod.metadata.deletionTimestamp === undefined && !isFinished(pod);

const isStarting = (pod: Pod): boolean =>
  isLive(pod) && pod.status?.startTime !== undefined && pod.status.phase !== 'Running';

const isRunning = (pod: Pod): boolean =>
  isLive(pod) && pod.status?.phase === 'Running' && pod.status.containerStatuses !== undefined;

/** Said to be running by someone who left out of what. */
const lacksContainers = (pod: Pod): boolean =>
  isLive(pod) &&
  pod.status?.phase === 'Running' &&
  pod.status.startTime !== undefined &&
  pod.status.containerStatuses === undefined;

/**
 * Jobs' pods come to an end by themselves unless they run what never ends; others that aren't restarted do if it is
 * known what they run.
 */
function completes(pod: Pod): boolean {
  if (pod.spec.restartPolicy === 'Always') return false;
  const { seconds, isKnown } = podProgram(pod);
  const isTold = isKnown && pod.spec.restartPolicy === 'Never';
  return seconds < Infinity && (isTold || controllerOf(pod)?.kind === 'Job');
}

/** Every container's program has ended while somebody was attached to it. */
const hasEnded = (pod: Pod): boolean =>
  pod.spec.containers.every(({ name }) => endOf(pod, name) !== undefined);

const endedCodes = (pod: Pod): ReadonlyMap<string, number> =>
  new Map(pod.spec.containers.map(({ name }) => [name, endOf(pod, name)?.exitCode ?? 0]));

const endOf = ({ status }: Pod, container: string): { exitCode?: number } | undefined =>
  status?.containerStatuses?.find(({ name }) => name === container)?.state.terminated;

const podIpOf = (pod: Pod, node: Node, { api }: ControllerContext['cluster']): string | undefined =>
  pod.status?.podIP ?? (pod.spec.hostNetwork === true ? undefined : nextPodIp(api, node));

/** The init container that runs has come to a good end, and the next one may start. */
function completeInit(pod: Pod, podIP: string | undefined, now: number): PodStatus {
  const container = currentInit(pod)?.container;
  if (container === undefined || isSidecar(container)) return pod.status ?? {};
  const former = pod.status?.initContainerStatuses?.find(({ name }) => name === container.name);
  const finishedAt = timestamp(now);
  const state = terminated(pod, container, { startedAt: runningSince(former) ?? finishedAt, finishedAt });
  return initializingStatus(pod, container.name, state, { podIP, now });
}

function removePod({ metadata }: { metadata: Pod['metadata'] }, { context }: StageScene): void {
  const { namespace, name, uid = '' } = metadata;
  try {
    context.api.delete('pods', namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } });
  } catch (error) {
    if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
  }
}
