import type { Controller, ControllerContext } from './controller.js';
import { dropRevisions, revisionLabel, syncRevisions } from './controller-revisions.js';
import type { ControllerRevision, Pod, StatefulSet } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { matchesSelector } from './label-selector.js';
import { claimPods, workloadKeys } from './ownership.js';
import {
  isAvailable,
  isFinished,
  isReady,
  isTerminating,
  selectsTemplate,
  untilNextAvailable,
  podGatherMs,
} from './pods.js';
import { claimOwnership, createClaims, hasStaleClaim } from './stateful-set-claims.js';
import { createMember, deleteMember, isMember, ordinalOf, restoreIdentity } from './stateful-set-pods.js';
import { podFailed } from './stateful-set-events.js';
import { compact, nonZero, writeStatus } from './status.js';

const storage = 'statefulsets.apps';

/** After so long a claim is looked at again that has to go before its pod can come. */
const staleClaimMs = 1000;

/** Keeps a StatefulSet's numbered pods and their claims (upstream: pkg/controller/statefulset). */
export const statefulSetController = (): Controller => ({
  name: 'statefulset',
  watches: [storage, 'pods'],
  gatherMs: podGatherMs,
  keysFor: (change) =>
    workloadKeys<StatefulSet>(
      change,
      { storage, kind: 'StatefulSet', group: 'apps' },
      ({ metadata, spec }, pod) =>
        isMember(metadata.name, pod.metadata.name) && matchesSelector(spec.selector, pod.metadata.labels),
    ),
  reconcile(key, context) {
    const { namespace, name, adopts } = splitKey(key);
    const set = context.api.find(storage, namespace, name) as StatefulSet | undefined;
    if (set !== undefined) reconcile(set, adopts, context);
  },
});

const isOfRevision = (pod: Pod, revision: ControllerRevision): boolean =>
  pod.metadata.labels?.[revisionLabel] === revision.metadata.name;

interface Plan {
  readonly set: StatefulSet;
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  readonly start: number;
  readonly replicas: number;
  /** Whether the controller itself replaces pods of the former template. */
  readonly isRolling: boolean;
  /** Ordinals below it keep the former template. */
  readonly firstUpdated: number;
  readonly isOrdered: boolean;
  readonly minReady: number;
  readonly collisionCount: number;
}

function reconcile(set: StatefulSet, adopts: boolean, context: ControllerContext): void {
  const revisions = syncRevisions(context, set);
  const current =
    revisions.all.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? revisions.update;
  const { rollingUpdate, type } = set.spec.updateStrategy ?? {};
  const start = set.spec.ordinals?.start ?? 0;
  const isRolling = type !== 'OnDelete';
  const plan: Plan = {
    set,
    current,
    update: revisions.update,
    start,
    replicas: set.spec.replicas ?? 1,
    isRolling,
    firstUpdated: start + (isRolling ? (rollingUpdate?.partition ?? 0) : 0),
    isOrdered: set.spec.podManagementPolicy !== 'Parallel',
    minReady: set.spec.minReadySeconds ?? 0,
    collisionCount: revisions.collisionCount,
  };
  const members = (): Pod[] =>
    claimPods(context, set, (labels) => matchesSelector(set.spec.selector, labels), adopts).filter(
      ({ metadata }) => isMember(set.metadata.name, metadata.name),
    );
  const pods = members();
  const { selector, template } = set.spec;
  if (set.metadata.deletionTimestamp === undefined && selectsTemplate(selector, template))
    step(plan, pods, context);
  writeSetStatus(plan, members(), context);
  const unused = revisions.all.filter(
    (revision) =>
      revision !== plan.update && revision !== current && !pods.some((pod) => isOfRevision(pod, revision)),
  );
  dropRevisions(context, set, unused, () => false);
  const next = untilNextAvailable(pods, plan.minReady, context.now());
  if (next !== undefined) context.requeue(keyOf(set), next);
}

/** Does what may be done now: in an ordered set one pod at a time, and only when those before it are there. */
function step(plan: Plan, pods: readonly Pod[], context: ControllerContext): void {
  const { set, start, replicas, isOrdered } = plan;
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set.metadata.name, pod.metadata.name) ?? -1, pod]));
  for (let ordinal = start; ordinal < start + replicas; ordinal++) {
    const mayGoOn = keepMember(plan, ordinal, byOrdinal.get(ordinal), context);
    if (isOrdered && !mayGoOn) return;
  }
  const condemned = [...byOrdinal].filter(([ordinal]) => ordinal < start || ordinal >= start + replicas);
  condemned.sort(([a], [b]) => b - a);
  for (const [ordinal, pod] of condemned) claimOwnership(set, pod, ordinal, true, context);
  const isUnavailable = (pod: Pod): boolean => !isHealthy(pod, plan, context);
  const firstUnavailable = condemned.findLast(([, pod]) => isUnavailable(pod))?.[1];
  for (const [, pod] of condemned) {
    // Upstream waits for those that ail to be well before they go, but for the one of the lowest number.
    if (!isTerminating(pod) && !(isOrdered && isUnavailable(pod) && pod !== firstUnavailable))
      deleteMember(set, pod, context);
    if (isOrdered) return;
  }
  if (plan.isRolling) replaceOutdated(plan, byOrdinal, context);
}

const isHealthy = (pod: Pod, { minReady }: Plan, { now }: ControllerContext): boolean =>
  !isTerminating(pod) && isAvailable(pod, minReady, now());

/** Answers whether pods of higher numbers may be looked at in an ordered set. */
function keepMember(plan: Plan, ordinal: number, pod: Pod | undefined, context: ControllerContext): boolean {
  const { set, isOrdered } = plan;
  if (pod === undefined) {
    startMember(plan, ordinal, context);
    return false;
  }
  if (isFinished(pod)) {
    if (!isTerminating(pod)) deleteMember(set, pod, context);
    return false;
  }
  if (pod.status?.phase === 'Pending') completeClaims(plan, ordinal, pod.metadata.name, context);
  if (isOrdered && !isHealthy(pod, plan, context)) return false;
  restoreIdentity(set, pod, context);
  claimOwnership(set, pod, ordinal, false, context);
  return true;
}

function startMember(plan: Plan, ordinal: number, context: ControllerContext): void {
  const { set, current, update } = plan;
  const name = `${set.metadata.name}-${ordinal}`;
  const identity = { apiVersion: 'v1', kind: 'Pod', metadata: { name } };
  if (hasStaleClaim(set, identity, ordinal, context)) {
    context.requeue(keyOf(set), staleClaimMs);
    return;
  }
  completeClaims(plan, ordinal, name, context);
  const created = createMember(set, ordinal < plan.firstUpdated ? current : update, ordinal, context);
  if (created !== undefined) claimOwnership(set, created, ordinal, false, context);
}

function completeClaims({ set }: Plan, ordinal: number, pod: string, context: ControllerContext): void {
  try {
    createClaims(set, ordinal, pod, context);
  } catch (error) {
    podFailed(context, set, 'create', pod, error);
  }
}

/** Deletes the pod of the highest number that isn't of the present template, when all above it are well. */
function replaceOutdated(plan: Plan, byOrdinal: ReadonlyMap<number, Pod>, context: ControllerContext): void {
  const { set, start, replicas, firstUpdated, update } = plan;
  for (let ordinal = start + replicas - 1; ordinal >= firstUpdated; ordinal--) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) return;
    if (!isOfRevision(pod, update) && !isTerminating(pod)) {
      deleteMember(set, pod, context);
      return;
    }
    if (!isHealthy(pod, plan, context)) return;
  }
}

function writeSetStatus(plan: Plan, pods: readonly Pod[], context: ControllerContext): void {
  const { current, update, minReady } = plan;
  const { api, now } = context;
  const { namespace, name, uid } = plan.set.metadata;
  const set = api.find(storage, namespace, name) as StatefulSet | undefined;
  if (set === undefined || set.metadata.uid !== uid) return;
  const living = pods.filter((pod) => !isTerminating(pod));
  const of = (revision: ControllerRevision): number =>
    living.filter((pod) => isOfRevision(pod, revision)).length;
  const updated = of(update);
  const isRolledOut =
    plan.isRolling &&
    updated === plan.replicas &&
    pods.length === plan.replicas &&
    pods.filter(isReady).length === plan.replicas;
  writeStatus(
    api,
    set,
    compact({
      ...set.status,
      observedGeneration: plan.set.metadata.generation,
      replicas: pods.length,
      readyReplicas: nonZero(pods.filter(isReady).length),
      availableReplicas: pods.filter((pod) => isAvailable(pod, minReady, now())).length,
      currentReplicas: nonZero(isRolledOut ? updated : of(current)),
      updatedReplicas: nonZero(updated),
      currentRevision: isRolledOut ? update.metadata.name : current.metadata.name,
      updateRevision: update.metadata.name,
      collisionCount: plan.collisionCount,
    }),
  );
}
