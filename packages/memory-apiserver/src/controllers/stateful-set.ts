import { isApiError } from '../errors.js';
import type { Controller, ControllerContext } from './controller.js';
import { dropRevisions, revisionLabel, syncRevisions } from './controller-revisions.js';
import type { ControllerRevision, Pod, PodTemplate, StatefulSet } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { matchesSelector } from './label-selector.js';
import { claimPods, controllerRef, workloadKeys } from './ownership.js';
import {
  deletePod,
  isAvailable,
  isFinished,
  isReady,
  isTerminating,
  podFromTemplate,
  selectsTemplate,
  untilNextAvailable,
  podGatherMs,
} from './pods.js';
import { compact, nonZero, writeStatus } from './status.js';

const storage = 'statefulsets.apps';
const podNameLabel = 'statefulset.kubernetes.io/pod-name';
const podIndexLabel = 'apps.kubernetes.io/pod-index';

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

function ordinalOf(setName: string, podName: string): number | undefined {
  const match = /^(.*)-(\d+)$/.exec(podName);
  return match?.[1] === setName ? Number(match[2]) : undefined;
}

const isMember = (setName: string, podName: string): boolean => ordinalOf(setName, podName) !== undefined;

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
  dropRevisions(
    context,
    set,
    revisions.all,
    (revision) =>
      revision === plan.update || revision === current || pods.some((pod) => isOfRevision(pod, revision)),
  );
  const next = untilNextAvailable(pods, plan.minReady, context.now());
  if (next !== undefined) context.requeue(keyOf(set), next);
}

/** Does what may be done now: in an ordered set one pod at a time, and only when those before it are there. */
function step(plan: Plan, pods: readonly Pod[], context: ControllerContext): void {
  const { set, start, replicas, isOrdered, minReady } = plan;
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set.metadata.name, pod.metadata.name) ?? -1, pod]));
  const isHealthy = (pod: Pod): boolean => !isTerminating(pod) && isAvailable(pod, minReady, context.now());
  for (let ordinal = start; ordinal < start + replicas; ordinal++) {
    const pod = byOrdinal.get(ordinal);
    if (pod !== undefined && isFinished(pod) && !isTerminating(pod)) {
      deletePod(context, set, pod);
      return;
    }
    if (pod === undefined) {
      createMember(plan, ordinal, context);
      if (isOrdered) return;
    } else if (isOrdered && !isHealthy(pod)) {
      return;
    }
  }
  const condemned = [...byOrdinal].filter(([ordinal]) => ordinal < start || ordinal >= start + replicas);
  for (const [, pod] of condemned.sort(([a], [b]) => b - a)) {
    if (isTerminating(pod)) {
      if (isOrdered) return;
      continue;
    }
    deletePod(context, set, pod);
    if (isOrdered) return;
  }
  if (condemned.length > 0 && isOrdered) return;
  if (!plan.isRolling) return;
  for (let ordinal = start + replicas - 1; ordinal >= plan.firstUpdated; ordinal--) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) return;
    if (!isOfRevision(pod, plan.update) && !isTerminating(pod)) {
      deletePod(context, set, pod);
      return;
    }
    if (!isHealthy(pod)) return;
  }
}

function createMember(plan: Plan, ordinal: number, context: ControllerContext): void {
  const { set, current, update } = plan;
  const revision = ordinal < plan.firstUpdated ? current : update;
  const { $patch: _, ...template } = revision.data.spec.template;
  const pod = memberPod(set, template, ordinal, revision.metadata.name);
  createClaims(set, ordinal, context);
  try {
    context.api.create(pod);
    const { name } = pod.metadata;
    const message = `create Pod ${name} in StatefulSet ${set.metadata.name} successful`;
    context.events.record(set, 'Normal', 'SuccessfulCreate', message);
  } catch (error) {
    if (isApiError(error, 'AlreadyExists')) return;
    if (isApiError(error)) {
      const message = `create Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} failed error: ${error.message}`;
      context.events.record(set, 'Warning', 'FailedCreate', message);
    }
    throw error;
  }
}

function memberPod(set: StatefulSet, template: PodTemplate, ordinal: number, revision: string): Pod {
  const name = `${set.metadata.name}-${ordinal}`;
  const pod = podFromTemplate(template, set);
  const claims = (set.spec.volumeClaimTemplates ?? []).map(({ metadata: { name: claim } }) => ({
    name: claim,
    persistentVolumeClaim: { claimName: `${claim}-${name}` },
  }));
  const claimed = new Set(claims.map((volume) => volume.name));
  const volumes = [...(pod.spec.volumes ?? []).filter((volume) => !claimed.has(volume.name)), ...claims];
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      name,
      labels: {
        ...pod.metadata.labels,
        [podIndexLabel]: String(ordinal),
        [revisionLabel]: revision,
        [podNameLabel]: name,
      },
    },
    spec: {
      ...pod.spec,
      hostname: name,
      ...compact({ subdomain: set.spec.serviceName === '' ? undefined : set.spec.serviceName }),
      ...(volumes.length === 0 ? {} : { volumes }),
    },
  };
}

function createClaims(set: StatefulSet, ordinal: number, { api }: ControllerContext): void {
  const { namespace, name } = set.metadata;
  const isDeletedWithSet = set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete';
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const claimName = `${template.metadata.name}-${name}-${ordinal}`;
    if (api.find('persistentvolumeclaims', namespace, claimName) !== undefined) continue;
    api.create({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        ...template.metadata,
        name: claimName,
        ...compact({ namespace }),
        labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
        ...(isDeletedWithSet
          ? { ownerReferences: [{ ...controllerRef(set), controller: false, blockOwnerDeletion: false }] }
          : {}),
      },
      spec: template.spec,
    });
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
      collisionCount: set.status?.collisionCount ?? 0,
    }),
  );
}
