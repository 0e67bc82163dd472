import { isApiError } from '../errors.js';
import { conditionOf, withCondition, withoutCondition } from './conditions.js';
import type { Controller, ControllerContext } from './controller.js';
import type { Condition, LabelSelector, Pod, ReplicaSet } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { matchesSelector } from './label-selector.js';
import { claimPods, workloadKeys } from './ownership.js';
import {
  byExpendability,
  createPod,
  deletePod,
  isActive,
  isAvailable,
  isNamespaceTerminating,
  isReady,
  podFromTemplate,
  selectsTemplate,
  untilNextAvailable,
  podGatherMs,
} from './pods.js';
import { compact, nonZero, writeStatus } from './status.js';
import { timestamp } from './time.js';

/** What tells the two kinds apart that keep a number of equal pods. */
interface Flavour {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
  readonly storage: string;
  selector(set: ReplicaSet): LabelSelector;
}

/** Pods that one reconcile creates or deletes at most; the pods' changes bring the next one. */
const burst = 500;

/** Keeps `spec.replicas` pods of a ReplicaSet (upstream: pkg/controller/replicaset). */
export const replicaSetController = (): Controller =>
  replicaController({
    name: 'replicaset',
    kind: 'ReplicaSet',
    group: 'apps',
    storage: 'replicasets.apps',
    selector: (set) => set.spec.selector as LabelSelector,
  });

/** The same for the older ReplicationController, whose selector is a plain map. */
export const replicationControllerController = (): Controller =>
  replicaController({
    name: 'replicationcontroller',
    kind: 'ReplicationController',
    group: '',
    storage: 'replicationcontrollers',
    selector: (set) => ({
      matchLabels:
        (set.spec.selector as Record<string, string> | undefined) ?? set.spec.template.metadata?.labels ?? {},
    }),
  });

function replicaController(flavour: Flavour): Controller {
  return {
    name: flavour.name,
    watches: [flavour.storage, 'pods'],
    gatherMs: podGatherMs,
    keysFor: (change) =>
      workloadKeys<ReplicaSet>(change, flavour, (set, { metadata }) =>
        matchesSelector(flavour.selector(set), metadata.labels),
      ),
    reconcile(key, context) {
      const { namespace, name, adopts } = splitKey(key);
      const set = context.api.find(flavour.storage, namespace, name) as ReplicaSet | undefined;
      if (set !== undefined) reconcile(set, flavour, adopts, context);
    },
  };
}

function reconcile(set: ReplicaSet, flavour: Flavour, adopts: boolean, context: ControllerContext): void {
  const selector = flavour.selector(set);
  const pods = claimPods(context, set, (labels) => matchesSelector(selector, labels), adopts);
  const active = pods.filter(isActive);
  const wanted = set.spec.replicas ?? 1;
  let failure: { reason: string; message: string } | undefined;
  let error: unknown;
  if (set.metadata.deletionTimestamp === undefined && selectsTemplate(selector, set.spec.template)) {
    try {
      scale(set, active, wanted, context);
    } catch (caught) {
      error = caught;
      if (isApiError(caught)) {
        const reason = active.length < wanted ? 'FailedCreate' : 'FailedDelete';
        failure = { reason, message: caught.message };
      }
    }
  }
  status(set, active, failure, flavour, context);
  const minReady = set.spec.minReadySeconds ?? 0;
  const next = untilNextAvailable(active, minReady, context.now());
  if (next !== undefined) context.requeue(keyOf(set), next);
  // Nothing more can be done in a namespace that is going away.
  if (error !== undefined && !isNamespaceTerminating(error)) throw error as Error;
}

function scale(set: ReplicaSet, active: readonly Pod[], wanted: number, context: ControllerContext): void {
  for (let i = active.length; i < wanted && i < active.length + burst; i++) {
    createPod(context, set, podFromTemplate(set.spec.template, set));
  }
  if (active.length <= wanted) return;
  const surplus = Math.min(active.length - wanted, burst);
  for (const pod of byExpendability(active).slice(0, surplus)) deletePod(context, set, pod);
}

function status(
  before: ReplicaSet,
  counted: readonly Pod[],
  failure: { reason: string; message: string } | undefined,
  flavour: Flavour,
  { api, now }: ControllerContext,
): void {
  const { namespace, name } = before.metadata;
  const set = api.find(flavour.storage, namespace, name) as ReplicaSet | undefined;
  if (set === undefined || set.metadata.uid !== before.metadata.uid) return;
  const template = { matchLabels: set.spec.template.metadata?.labels ?? {} };
  const minReady = set.spec.minReadySeconds ?? 0;
  const conditions = failureConditions(set, failure, timestamp(now()));
  writeStatus(
    api,
    set,
    compact({
      replicas: counted.length,
      fullyLabeledReplicas: nonZero(
        counted.filter((pod) => matchesSelector(template, pod.metadata.labels)).length,
      ),
      readyReplicas: nonZero(counted.filter(isReady).length),
      availableReplicas: nonZero(counted.filter((pod) => isAvailable(pod, minReady, now())).length),
      observedGeneration: before.metadata.generation,
      conditions: conditions.length === 0 ? undefined : conditions,
    }),
  );
}

function failureConditions(
  { status: current }: ReplicaSet,
  failure: { reason: string; message: string } | undefined,
  at: string,
): Condition[] {
  const type = 'ReplicaFailure';
  const former = conditionOf(current?.conditions, type);
  if (failure === undefined) return withoutCondition(current?.conditions, type);
  // The message names a pod that was never made, another one in each attempt: the first is kept.
  if (former?.status === 'True' && former.reason === failure.reason) return current?.conditions ?? [];
  return withCondition(current?.conditions, { type, status: 'True', ...failure }, at);
}
