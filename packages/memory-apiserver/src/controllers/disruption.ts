import { withCondition } from './conditions.js';
import type { Controller, ControllerContext } from './controller.js';
import { expectedScale, ScaleError } from './disruption-scale.js';
import { scaled } from './int-or-percent.js';
import type { Pod, PodDisruptionBudget } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { matchesSelector, selectorText } from './label-selector.js';
import { isReady, isTerminating, podGatherMs } from './pods.js';
import { compact, writeStatus } from './status.js';
import { parseTime, timestamp } from './time.js';

const storage = 'poddisruptionbudgets.policy';

/** So long an evicted pod may take to be deleted; then it counts again (upstream: `DeletionTimeout`). */
const deletionMs = 120_000;

/** After so long the count of a budget is tried again that couldn't be made. */
const retryMs = 60_000;

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
    if (budget === undefined) return;
    try {
      sync(budget, context);
    } catch (error) {
      if (!(error instanceof ScaleError)) throw error;
      failSafe(budget, error, context);
      context.requeue(key, retryMs);
    }
  },
});

function sync(budget: PodDisruptionBudget, context: ControllerContext): void {
  const { api, events, now } = context;
  const { selector } = budget.spec;
  const { namespace, generation } = budget.metadata;
  const pods = (api.list('pods', compact({ namespace })) as Pod[]).filter(
    ({ metadata }) => selector !== undefined && matchesSelector(selector, metadata.labels),
  );
  if (pods.length === 0) events.record(budget, 'Normal', 'NoPods', 'No matching pods found');
  const { expectedPods, desiredHealthy } = expectation(budget, pods, context);
  const disruptedPods = disruptedAmong(pods, budget, context);
  const currentHealthy = pods.filter(
    (pod) => isReady(pod) && !isTerminating(pod) && disruptedPods[pod.metadata.name] === undefined,
  ).length;
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  const isAllowed = disruptionsAllowed > 0;
  writeStatus(api, budget, {
    ...compact({ observedGeneration: generation }),
    currentHealthy,
    desiredHealthy,
    expectedPods,
    disruptionsAllowed,
    ...(Object.keys(disruptedPods).length === 0 ? {} : { disruptedPods }),
    conditions: withCondition(
      budget.status?.conditions,
      {
        type: 'DisruptionAllowed',
        status: isAllowed ? 'True' : 'False',
        reason: isAllowed ? 'SufficientPods' : 'InsufficientPods',
        message: '',
        ...compact({ observedGeneration: generation }),
      },
      timestamp(now()),
    ),
  });
}

/** How many pods there should be, and how many of them healthy. */
function expectation(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  context: ControllerContext,
): { expectedPods: number; desiredHealthy: number } {
  const { maxUnavailable, minAvailable, selector } = budget.spec;
  if (maxUnavailable === undefined && typeof minAvailable !== 'string')
    return minAvailable === undefined
      ? { expectedPods: 0, desiredHealthy: 0 }
      : { expectedPods: pods.length, desiredHealthy: minAvailable };
  const { expectedPods, hasUnmanaged } = expectedScale(pods, context);
  if (hasUnmanaged) {
    const message = `Pods selected by this PodDisruptionBudget (selector: ${selectorText(selector ?? {})}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
    context.events.record(budget, 'Warning', 'UnmanagedPods', message);
  }
  const desiredHealthy =
    maxUnavailable === undefined
      ? scaled(minAvailable, expectedPods, 'up')
      : Math.max(0, expectedPods - scaled(maxUnavailable, expectedPods, 'up'));
  return { expectedPods, desiredHealthy };
}

/** Pods that were evicted and are about to be deleted; those that weren't after all are dropped. */
function disruptedAmong(
  pods: readonly Pod[],
  budget: PodDisruptionBudget,
  { events, requeue, now }: ControllerContext,
): Record<string, string> {
  const noted = budget.status?.disruptedPods ?? {};
  const disrupted: Record<string, string> = {};
  let recheckMs = Infinity;
  for (const pod of pods) {
    const { name, namespace = '' } = pod.metadata;
    const at = noted[name];
    if (at === undefined || isTerminating(pod)) continue;
    const left = (parseTime(at) ?? 0) + deletionMs - now();
    if (left > 0) {
      disrupted[name] = at;
      recheckMs = Math.min(recheckMs, left);
    } else {
      // The namespace twice, as upstream has it.
      const message = `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`;
      events.record(pod, 'Warning', 'NotDeleted', message);
    }
  }
  if (recheckMs < Infinity) requeue(keyOf(budget), recheckMs);
  return disrupted;
}

/** Nothing may be evicted as long as it isn't known how many pods there should be. */
function failSafe(
  budget: PodDisruptionBudget,
  { message }: ScaleError,
  { api, events, now }: ControllerContext,
): void {
  const why = `Failed to calculate the number of expected pods: ${message}`;
  events.record(budget, 'Warning', 'CalculateExpectedPodCountFailed', why);
  const { status } = budget;
  const conditions = withCondition(
    status?.conditions,
    {
      type: 'DisruptionAllowed',
      status: 'False',
      reason: 'SyncFailed',
      message,
      ...compact({ observedGeneration: status?.observedGeneration }),
    },
    timestamp(now()),
  );
  writeStatus(api, budget, { ...status, disruptionsAllowed: 0, conditions });
}
