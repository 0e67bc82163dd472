import { isApiError } from '../errors.js';
import { conditionOf, withCondition } from './conditions.js';
import type { Controller, ControllerContext } from './controller.js';
import type { Node, PersistentVolumeClaim, Pod } from './kinds.js';
import {
  hostPorts,
  isMeant,
  lackingResource,
  matchesNodeAffinity,
  requestsOf,
  untoleratedTaint,
  type Amounts,
} from './node-fit.js';
import { isFinished } from './pods.js';
import { compact, writeStatus } from './status.js';
import { timestamp } from './time.js';

/** All of a cluster's unscheduled pods are one key, so that nodes and pods are read once for many of them. */
const everything = 'unscheduled';

/** Pods that fit nowhere are tried again when a node changes or a pod goes, and after this long in any case. */
const unschedulableRetryMs = 60_000;

/** Binds pods to nodes (upstream: pkg/scheduler): filters, then the node with the fewest pods. */
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
    const unscheduled = pods.filter(isUnscheduled);
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

interface Candidate {
  readonly node: Node;
  readonly pods: Pod[];
  readonly used: Amounts;
  readonly ports: Set<string>;
}

class SchedulingRound {
  readonly #candidates: Candidate[];

  constructor(
    pods: readonly Pod[],
    private readonly context: ControllerContext,
  ) {
    const nodes = context.api.list('nodes') as Node[];
    this.#candidates = nodes.map((node) => ({ node, pods: [], used: new Map(), ports: new Set() }));
    const byName = new Map(this.#candidates.map((candidate) => [candidate.node.metadata.name, candidate]));
    for (const pod of pods) {
      const candidate = byName.get(pod.spec.nodeName ?? '');
      if (candidate !== undefined && !isFinished(pod)) occupy(candidate, pod);
    }
  }

  /** Binds the pod, or says in its status why not. Answers whether it need not be looked at again. */
  place(pod: Pod): boolean {
    if ((pod.spec.schedulingGates ?? []).length > 0) {
      this.#refuse(pod, 'SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates');
      return true;
    }
    const missing = this.#missingClaim(pod);
    if (missing !== undefined) {
      this.#unschedulable(pod, `0/${this.#candidates.length} nodes are available: ${missing}.`);
      return false;
    }
    const wanted = requestsOf(pod);
    const reasons = new Map<string, number>();
    let best: Candidate | undefined;
    for (const candidate of this.#candidates) {
      const reason = this.#obstacle(pod, wanted, candidate);
      if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      else if (best === undefined || candidate.pods.length < best.pods.length) best = candidate;
    }
    if (best === undefined) {
      this.#unschedulable(pod, this.#explain(reasons));
      return false;
    }
    this.#bind(pod, best);
    return true;
  }

  #explain(reasons: Map<string, number>): string {
    const total = this.#candidates.length;
    if (total === 0) return 'no nodes available to schedule pods';
    const list = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
    const outlook = 'Preemption is not helpful for scheduling';
    const claims = 'no new claims to deallocate';
    return `0/${total} nodes are available: ${list.join(', ')}. ${claims}, preemption: 0/${total} nodes are available: ${total} ${outlook}.`;
  }

  /** Why the pod can't go to the node, in upstream's words; undefined if it can. */
  #obstacle(pod: Pod, wanted: Amounts, candidate: Candidate): string | undefined {
    const { node, used, ports } = candidate;
    const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
    const cordoned = { ...node, spec: { taints: [cordon] } };
    if (node.spec?.unschedulable === true && untoleratedTaint(pod, cordoned) !== undefined) {
      return 'node(s) were unschedulable';
    }
    const taint = untoleratedTaint(pod, node);
    if (taint !== undefined) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
    if (!matchesNodeAffinity(pod, node)) return "node(s) didn't match Pod's node affinity/selector";
    if (hostPorts(pod).some((port) => ports.has(port))) {
      return "node(s) didn't have free ports for the requested pod ports";
    }
    const lacking = lackingResource(wanted, used, node);
    if (lacking !== undefined) return lacking === 'pods' ? 'Too many pods' : `Insufficient ${lacking}`;
    return this.#affinityObstacle(pod, node);
  }

  #affinityObstacle(pod: Pod, node: Node): string | undefined {
    const inDomain = (topologyKey: string): Pod[] => {
      const domain = node.metadata.labels?.[topologyKey];
      if (domain === undefined) return [];
      return this.#candidates
        .filter((candidate) => candidate.node.metadata.labels?.[topologyKey] === domain)
        .flatMap((candidate) => candidate.pods);
    };
    const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
    for (const term of podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
      const met = inDomain(term.topologyKey).some((other) => isMeant(term, pod, other));
      // The first of a group that wants to be together may go anywhere.
      const isFirst =
        isMeant(term, pod, pod) &&
        !this.#candidates.some(({ pods }) => pods.some((other) => isMeant(term, pod, other)));
      if (!met && !isFirst) return "node(s) didn't match pod affinity rules";
    }
    for (const term of podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
      if (inDomain(term.topologyKey).some((other) => isMeant(term, pod, other))) {
        return "node(s) didn't match pod anti-affinity rules";
      }
    }
    return undefined;
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

  #refuse(pod: Pod, reason: string, message: string): boolean {
    const former = conditionOf(pod.status?.conditions, 'PodScheduled');
    if (former?.status === 'False' && former.reason === reason && former.message === message) return false;
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
    return writeStatus(this.context.api, pod, { ...pod.status, conditions });
  }
}

function occupy(candidate: Candidate, pod: Pod): void {
  candidate.pods.push(pod);
  for (const [name, amount] of requestsOf(pod))
    candidate.used.set(name, (candidate.used.get(name) ?? 0) + amount);
  for (const port of hostPorts(pod)) candidate.ports.add(port);
}
