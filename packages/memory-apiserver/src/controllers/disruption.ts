import { withCondition } from './conditions.js';
import type { Controller, ControllerContext } from './controller.js';
import { scaled } from './int-or-percent.js';
import type { Pod, PodDisruptionBudget } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { matchesSelector } from './label-selector.js';
import { controllerOf } from './ownership.js';
import { isFinished, isReady, isTerminating, podGatherMs } from './pods.js';
import { writeStatus } from './status.js';
import { timestamp } from './time.js';

const storage = 'poddisruptionbudgets.policy';

/** Counts how many pods of a budget may be evicted (upstream: pkg/controller/disruption). */
export const disruptionController = (): Controller => ({
  name: 'disruption',
  watches: [storage, 'pods'],
  gatherMs: podGatherMs,
  keysFor({ type, storage: changed, object, formerLabels, api }) {
    if (changed === storage) return type === 'DELETED' ? [] : [keyOf(object)];
    const { namespace } = object.metadata;
    if (namespace === undefined || api.count(storage, namespace) === 0) return [];
    const labels = [object.metadata.labels, formerLabels()];
    return (api.list(storage, { namespace }) as PodDisruptionBudget[])
      .filter(
        ({ spec: { selector } }) =>
          selector !== undefined && labels.some((set) => matchesSelector(selector, set)),
      )
      .map(keyOf);
  },
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    const budget = context.api.find(storage, namespace, name) as PodDisruptionBudget | undefined;
    if (budget !== undefined) sync(budget, context);
  },
});

/** How many pods there should be: what their controllers want, not how many there happen to be. */
function expectedCount(pods: readonly Pod[], { api }: ControllerContext): number {
  const storages: Record<string, string> = {
    ReplicaSet: 'replicasets.apps',
    StatefulSet: 'statefulsets.apps',
    ReplicationController: 'replicationcontrollers',
  };
  const wanted = new Map<string, number>();
  let single = 0;
  for (const pod of pods) {
    const owner = controllerOf(pod);
    const of = owner === undefined ? undefined : storages[owner.kind];
    if (owner === undefined || of === undefined) single += 1;
    else if (!wanted.has(owner.uid)) {
      const spec = api.find(of, pod.metadata.namespace, owner.name)?.['spec'] as
        { replicas?: number } | undefined;
      wanted.set(owner.uid, spec?.replicas ?? 1);
    }
  }
  return [...wanted.values()].reduce((sum, count) => sum + count, single);
}

function sync(budget: PodDisruptionBudget, context: ControllerContext): void {
  const { api, now } = context;
  const { spec, metadata, status } = budget;
  const { namespace } = metadata;
  const pods = (api.list('pods', namespace === undefined ? {} : { namespace }) as Pod[]).filter(
    (pod) =>
      spec.selector !== undefined && matchesSelector(spec.selector, pod.metadata.labels) && !isFinished(pod),
  );
  const currentHealthy = pods.filter((pod) => isReady(pod) && !isTerminating(pod)).length;
  const expectedPods =
    spec.maxUnavailable === undefined && typeof spec.minAvailable === 'number'
      ? pods.length
      : expectedCount(pods, context);
  const desiredHealthy =
    spec.maxUnavailable === undefined
      ? scaled(spec.minAvailable ?? 0, expectedPods, 'up')
      : Math.max(0, expectedPods - scaled(spec.maxUnavailable, expectedPods, 'up'));
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  const isAllowed = disruptionsAllowed > 0;
  const conditions = withCondition(
    status?.conditions,
    {
      type: 'DisruptionAllowed',
      status: isAllowed ? 'True' : 'False',
      reason: isAllowed ? 'SufficientPods' : 'InsufficientPods',
      message: '',
      ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    },
    timestamp(now()),
  );
  writeStatus(api, budget, {
    ...status,
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    currentHealthy,
    desiredHealthy,
    expectedPods,
    disruptionsAllowed,
    conditions,
  });
}
