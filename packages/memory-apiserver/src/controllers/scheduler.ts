import { isApiError } from '../errors.js';
import { conditionOf, withCondition } from './conditions.js';
import type { Controller, ControllerContext } from './controller.js';
import type { Node, PersistentVolumeClaim, Pod } from './kinds.js';
import { requestsOf, type Amounts } from './node-fit.js';
import { isFinished } from './pods.js';
import { mayPreempt, planPreemption } from './preemption.js';
import { obstacleTo, type Obstacle } from './scheduling-filters.js';
import { bestCandidate } from './scheduling-score.js';
import { emptyCandidate, occupy, vacate, type Candidate, type SchedulingView } from './scheduling-view.js';
import { compact, writeStatus } from './status.js';
import { timestamp } from './time.js';

/** All of a cluster's unscheduled pods are one key, so that nodes and pods are read once for many of them. */
const everything = 'unscheduled';

/** Pods that fit nowhere are tried again when a node changes or a pod goes, and after this long in any case. */
const unschedulableRetryMs = 60_000;

/** Binds pods to nodes (upstream: pkg/scheduler): filters, then scores; preemption where no node is left. */
export const schedulerController = (): Controller => ({
  name: 'scheduler',
  watches: ['pods', 'nodes', 'persistentvolumeclaims'],
  keysFor({ type, storage, object, waiting }) {
    if (storage === 'pods' && type !== 'DELETED') return isUnscheduled(object as Pod) ? [everything] : [];
    // Room may have come for those that found none.
    return waiting();
  },
  reconcile(_key, context) {
    const pods = context.api.list('pods') as Pod[];
    const unscheduled = pods
      .filter(isUnscheduled)
      .sort((a, b) => (b.spec.priority ?? 0) - (a.spec.priority ?? 0));
    if (unscheduled.length === 0) return;
    const round = new SchedulingRound(pods, context);
    const stuck = unscheduled.filter((pod) => !round.place(pod));
    if (stuck.length > 0) context.requeue(everything, unschedulableRetryMs);
  },
});

const isUnscheduled = (pod: Pod): boolean =>
  (pod.spec.nodeName === undefined || pod.spec.nodeName === '') &&
  (pod.spec.schedulerName ?? 'default-scheduler') === 'default-scheduler' &&
  pod.metadata.deletionTimestamp === undefined &&
  !isFinished(pod);

class SchedulingRound {
  readonly #view: SchedulingView;

  constructor(
    pods: readonly Pod[],
    private readonly context: ControllerContext,
  ) {
    const { api } = context;
    const candidates = (api.list('nodes') as Node[]).map(emptyCandidate);
    const byName = new Map(candidates.map((candidate) => [candidate.node.metadata.name, candidate]));
    for (const pod of pods) {
      if (isFinished(pod)) continue;
      // A pod that waits for its victims to go already has its place.
      const candidate = byName.get(pod.spec.nodeName ?? pod.status?.nominatedNodeName ?? '');
      if (candidate !== undefined) occupy(candidate, pod);
    }
    this.#view = {
      candidates,
      namespaceLabels: (name) => api.find('namespaces', undefined, name)?.metadata.labels,
    };
  }

  /** Binds the pod, or says in its status why not. Answers whether it need not be looked at again. */
  place(pod: Pod): boolean {
    if ((pod.spec.schedulingGates ?? []).length > 0) {
      this.#refuse(pod, 'SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates');
      return true;
    }
    const { candidates } = this.#view;
    for (const candidate of candidates) vacate(candidate, pod);
    const missing = this.#missingClaim(pod);
    if (missing !== undefined) {
      // The end is what the plugin for dynamic resources says, whose turn has not come.
      this.#unschedulable(pod, `0/${candidates.length} nodes are available: ${missing}. not found`);
      return false;
    }
    const wanted = requestsOf(pod);
    const obstacles: Obstacle[] = [];
    const fitting = candidates.filter((candidate) => {
      const obstacle = obstacleTo(this.#view, pod, wanted, candidate);
      if (obstacle !== undefined) obstacles.push(obstacle);
      return obstacle === undefined;
    });
    const best = bestCandidate(this.#view, pod, fitting);
    if (best === undefined) {
      if (!this.#preempt(pod, wanted, obstacles))
        this.#unschedulable(pod, explain(candidates.length, pod, obstacles));
      return false;
    }
    this.#bind(pod, best);
    return true;
  }

  /** Takes the place of less important pods; the pod is bound once they are gone. */
  #preempt(pod: Pod, wanted: Amounts, obstacles: readonly Obstacle[]): boolean {
    if (!mayPreempt(pod) || !obstacles.some(({ yieldsToPreemption }) => yieldsToPreemption)) return false;
    const plan = planPreemption(this.#view, pod, wanted);
    if (plan === undefined) return false;
    const { candidate, victims } = plan;
    const node = candidate.node.metadata.name;
    const message = explain(this.#view.candidates.length, pod, obstacles);
    this.#refuse(pod, 'Unschedulable', message, node);
    for (const victim of victims) {
      vacate(candidate, victim);
      evictVictim(victim, pod, node, this.context);
    }
    occupy(candidate, pod);
    return true;
  }

  #missingClaim(pod: Pod): string | undefined {
    for (const { persistentVolumeClaim } of pod.spec.volumes ?? []) {
      if (persistentVolumeClaim === undefined) continue;
      const { claimName } = persistentVolumeClaim;
      const claim = this.context.api.find('persistentvolumeclaims', pod.metadata.namespace, claimName) as
        PersistentVolumeClaim | undefined;
      if (claim === undefined) return `persistentvolumeclaim "${claimName}" not found`;
      if (claim.status?.phase === 'Bound') continue;
      const className = claim.spec.storageClassName ?? '';
      const storageClass =
        className === ''
          ? undefined
          : this.context.api.find('storageclasses.storage.k8s.io', undefined, className);
      if (storageClass?.['volumeBindingMode'] !== 'WaitForFirstConsumer') {
        return 'pod has unbound immediate PersistentVolumeClaims';
      }
    }
    return undefined;
  }

  #bind(pod: Pod, candidate: Candidate): void {
    const { namespace, name, uid } = pod.metadata;
    const node = candidate.node.metadata.name;
    const target = { apiVersion: 'v1', kind: 'Node', name: node };
    try {
      this.context.api.create({
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: compact({ namespace, name, uid }),
        target,
      });
    } catch (error) {
      // Deleted or bound by someone else in the meantime.
      if (isApiError(error, 'NotFound') || isApiError(error, 'Conflict')) return;
      throw error;
    }
    occupy(candidate, pod);
    const message = `Successfully assigned ${namespace ?? ''}/${name} to ${node}`;
    this.context.events.record(pod, 'Normal', 'Scheduled', message);
  }

  #unschedulable(pod: Pod, message: string): void {
    if (this.#refuse(pod, 'Unschedulable', message)) {
      this.context.events.record(pod, 'Warning', 'FailedScheduling', message);
    }
  }

  #refuse(pod: Pod, reason: string, message: string, nominatedNodeName?: string): boolean {
    const former = conditionOf(pod.status?.conditions, 'PodScheduled');
    const isSame = former?.status === 'False' && former.reason === reason && former.message === message;
    if (isSame && nominatedNodeName === pod.status?.nominatedNodeName) return false;
    const at = timestamp(this.context.now());
    const observedGeneration = pod.metadata.generation;
    const condition = compact({
      type: 'PodScheduled',
      status: 'False' as const,
      reason,
      message,
      lastProbeTime: null,
      observedGeneration,
    });
    const conditions = withCondition(pod.status?.conditions, condition, at);
    return writeStatus(this.context.api, pod, compact({ ...pod.status, conditions, nominatedNodeName }));
  }
}

/** Upstream's words for a pod that fits nowhere (pkg/scheduler/framework `FitError`). */
function explain(total: number, pod: Pod, obstacles: readonly Obstacle[]): string {
  if (total === 0) return 'no nodes available to schedule pods';
  const counted = (reasons: readonly string[]): string => {
    const numbers = new Map<string, number>();
    for (const reason of reasons) numbers.set(reason, (numbers.get(reason) ?? 0) + 1);
    return [...numbers]
      .map(([reason, count]) => `${count} ${reason}`)
      .sort()
      .join(', ');
  };
  const outlook = obstacles.map(({ yieldsToPreemption }) =>
    yieldsToPreemption
      ? 'No preemption victims found for incoming pod'
      : 'Preemption is not helpful for scheduling',
  );
  const preemption = mayPreempt(pod)
    ? `preemption: 0/${total} nodes are available: ${counted(outlook)}.`
    : 'preemption: not eligible due to preemptionPolicy=Never.';
  const reasons = counted(obstacles.flatMap((obstacle) => obstacle.reasons));
  return `0/${total} nodes are available: ${reasons}. no new claims to deallocate, ${preemption}`;
}

/** Upstream: pkg/scheduler/framework/preemption `PreemptPod`. */
function evictVictim(victim: Pod, pod: Pod, node: string, { api, events, now }: ControllerContext): void {
  const { namespace, name, uid } = victim.metadata;
  if (victim.metadata.deletionTimestamp !== undefined) return;
  const condition = compact({
    type: 'DisruptionTarget',
    status: 'True' as const,
    reason: 'PreemptionByScheduler',
    message: `${pod.spec.schedulerName ?? 'default-scheduler'}: preempting to accommodate a higher priority pod`,
    observedGeneration: victim.metadata.generation,
  });
  try {
    const conditions = withCondition(victim.status?.conditions, condition, timestamp(now()));
    writeStatus(api, victim, { ...victim.status, conditions });
    events.record(
      victim,
      'Normal',
      'Preempted',
      `Preempted by pod ${pod.metadata.uid ?? ''} on node ${node}`,
    );
    api.delete('pods', namespace, name, { preconditions: compact({ uid }) });
  } catch (error) {
    if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
  }
}
