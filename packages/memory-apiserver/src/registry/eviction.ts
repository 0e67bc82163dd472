import { ApiError, conflict, forbidden } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import { timestamp } from '../store/identity.js';
import type { DeleteOptions } from './api.js';
import type { RegistryContext } from './context.js';
import { getObject, keyOf } from './context.js';
import { deleteObject } from './delete.js';
import { matchLabels, type LabelRequirement } from './label-selector.js';

const BUDGETS = 'poddisruptionbudgets.policy';

/** So many evictions may be under way that the budget's controller hasn't counted (upstream: `MaxDisruptedPodSize`). */
const mostDisrupted = 2000;

interface Condition {
  type: string;
  status: string;
  [field: string]: unknown;
}

interface Budget extends KubeObject {
  spec?: {
    selector?: {
      matchLabels?: Record<string, string>;
      matchExpressions?: { key: string; operator: string; values?: string[] }[];
    };
    unhealthyPodEvictionPolicy?: string;
  };
  status?: {
    observedGeneration?: number;
    disruptionsAllowed?: number;
    currentHealthy?: number;
    desiredHealthy?: number;
    disruptedPods?: Record<string, string>;
    conditions?: Condition[];
  };
}

interface Pod extends KubeObject {
  status?: { phase?: string; conditions?: Condition[] };
}

/**
 * `POST …/pods/x/eviction`: deletes the pod unless a disruption budget forbids it (upstream:
 * pkg/registry/core/pod/storage/eviction.go). Throws NotFound, TooManyRequests, Conflict.
 */
export function evictPod(
  context: RegistryContext,
  pods: ResourceInfo,
  namespace: string | undefined,
  name: string,
  options: DeleteOptions,
): void {
  const pod = getObject(context, pods, namespace, name) as Pod;
  if (needsBudget(pod)) askBudget(context, pod, options.dryRun === true);
  checkPreconditions(pod, options);
  if (options.dryRun !== true) {
    const status = { ...pod.status, conditions: withTarget(pod.status?.conditions ?? [], context) };
    context.store.put(pods.storage, keyOf(pod), { ...pod, status });
  }
  // The version has been looked at, and is another one by now.
  const { uid } = options.preconditions ?? {};
  const { preconditions: _, ...others } = options;
  deleteObject(context, pods, namespace, name, {
    ...others,
    ...(uid === undefined ? {} : { preconditions: { uid } }),
  });
}

/** A pod that doesn't run yet, or any more, disrupts nothing. */
const needsBudget = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  !['Succeeded', 'Failed', 'Pending'].includes(status?.phase ?? 'Pending');

function askBudget(context: RegistryContext, pod: Pod, isDryRun: boolean): void {
  const budgets = budgetsOf(context, pod);
  const [budget] = budgets;
  if (budget === undefined) return;
  if (budgets.length > 1) {
    const message =
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new ApiError(500, '', message);
  }
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  const isReady = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  const isEnoughWithout = desiredHealthy > 0 && currentHealthy >= desiredHealthy;
  // An unready pod isn't among the healthy ones that the budget counts.
  if (isReady !== true && (budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow' || isEnoughWithout))
    return;
  takeDisruption(context, budget, pod.metadata.name, isDryRun);
}

function budgetsOf(context: RegistryContext, { metadata }: Pod): Budget[] {
  const resource = context.catalog.findStorage(BUDGETS);
  if (resource === undefined) return [];
  return context.store
    .keys(BUDGETS, metadata.namespace)
    .map((key) => JSON.parse(context.store.read(BUDGETS, key) ?? '{}') as Budget)
    .filter(({ spec }) => selects(spec?.selector, metadata.labels));
}

const OPERATORS: Readonly<Record<string, LabelRequirement['operator']>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

function selects(
  selector: NonNullable<Budget['spec']>['selector'],
  labels: Record<string, string> | undefined,
): boolean {
  if (selector === undefined) return false;
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]): LabelRequirement => ({
    key,
    operator: '=',
    values: [value],
  }));
  const others = (selector.matchExpressions ?? []).map(({ key, operator, values }): LabelRequirement => ({
    key,
    operator: OPERATORS[operator] ?? 'in',
    values: values ?? [],
  }));
  return matchLabels([...equal, ...others], labels);
}

/** One disruption fewer is allowed until the budget's controller counts again. */
function takeDisruption(context: RegistryContext, budget: Budget, pod: string, isDryRun: boolean): void {
  const { metadata, status = {} } = budget;
  const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0, disruptedPods = {} } = status;
  const refuse = (why: string): ApiError =>
    forbidden({ group: 'policy', plural: 'poddisruptionbudget' }, metadata.name, why);
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    throw tooMany(`The disruption budget ${metadata.name} is still being processed by the server.`, 10);
  if (disruptionsAllowed < 0) throw refuse('pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > mostDisrupted)
    throw refuse('DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  if (disruptionsAllowed === 0)
    throw tooMany(
      `The disruption budget ${metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    );
  if (isDryRun) return;
  const at = timestamp(context.now());
  const left = disruptionsAllowed - 1;
  context.store.put(BUDGETS, keyOf(budget), {
    ...budget,
    status: {
      ...status,
      disruptionsAllowed: left,
      disruptedPods: { ...disruptedPods, [pod]: at },
      ...(left > 0 ? {} : { conditions: withoutDisruptions(status.conditions ?? [], at) }),
    },
  });
}

function tooMany(message: string, retryAfterSeconds?: number): ApiError {
  const why = "Cannot evict pod as it would violate the pod's disruption budget.";
  return new ApiError(429, 'TooManyRequests', why, {
    causes: [{ reason: 'DisruptionBudget', message }],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

const withoutDisruptions = (conditions: readonly Condition[], at: string): Condition[] =>
  conditions.map((condition) =>
    condition.type === 'DisruptionAllowed' && condition.status !== 'False'
      ? { ...condition, status: 'False', reason: 'InsufficientPods', lastTransitionTime: at }
      : condition,
  );

/** Tells why the pod goes. */
function withTarget(conditions: readonly Condition[], { now }: RegistryContext): Condition[] {
  const target: Condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(now()),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  const former = conditions.find(({ type }) => type === target.type);
  if (former?.status === 'True') target['lastTransitionTime'] = former['lastTransitionTime'];
  return [...conditions.filter(({ type }) => type !== target.type), target];
}

/** In the words of the eviction, as the pod is written before it is deleted. */
function checkPreconditions({ metadata }: Pod, { preconditions = {} }: DeleteOptions): void {
  const differs = (what: string, asked: string, actual: string | undefined, then: string): ApiError =>
    conflict(
      { group: '', plural: 'Pod' },
      metadata.name,
      `the ${what} in the precondition (${asked}) does not match the ${what} in record (${actual ?? ''}). The object might have been ${then}`,
    );
  const { uid, resourceVersion } = preconditions;
  if (uid && uid !== metadata.uid) throw differs('UID', uid, metadata.uid, 'deleted and then recreated');
  if (resourceVersion && resourceVersion !== metadata.resourceVersion)
    throw differs('ResourceVersion', resourceVersion, metadata.resourceVersion, 'modified');
}
