import { ApiError, badRequest, conflict } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import type { ObjectBody } from '../store/change.js';
import { timestamp } from '../store/identity.js';
import type { DeleteOptions, WriteOptions } from './api.js';
import { cloneJson } from '../codec/json.js';
import type { RegistryContext } from './context.js';
import { findObject, getObject, keyOf, resourceOfStorage } from './context.js';
import { deleteObject } from './delete.js';
import { matchLabels, type LabelRequirement } from './label-selector.js';

interface Condition {
  type: string;
  status: string;
  [field: string]: unknown;
}

/** Bindings aren't stored: creating one binds the pod of its name. */
export const BINDINGS = 'bindings';

/**
 * `POST …/pods/x/binding`, `POST …/bindings`: puts the pod on a node. Not counted as a change of its generation.
 * Throws NotFound, Conflict if it is on one or isn't the one that was meant.
 */
export function bindPod(
  context: RegistryContext,
  namespace: string | undefined,
  name: string,
  binding: KubeObject,
  options: WriteOptions,
): void {
  const target = binding.target as { kind?: string; name?: string } | undefined;
  if (binding.metadata.name && binding.metadata.name !== name)
    throw badRequest('name in URL does not match name in Binding object');
  if (!target?.name) throw new ApiError(500, '', 'target.name: Required value');
  const pods = resourceOfStorage(context, 'pods');
  const pod = getObject(context, pods, namespace, name);
  const spec = pod.spec as { nodeName?: string; schedulingGates?: unknown[] };
  const { uid, annotations } = binding.metadata;
  if (uid && uid !== pod.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`;
    throw conflict({ group: '', plural: 'pods/binding' }, name, why);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw conflict(
      { group: '', plural: 'pods/binding' },
      name,
      `pod ${name} is being deleted, cannot be assigned to a host`,
    );
  }
  if (spec.nodeName) {
    const why = `pod ${name} is already assigned to node "${spec.nodeName}"`;
    throw conflict({ group: '', plural: 'pods/binding' }, name, why);
  }
  if ((spec.schedulingGates ?? []).length > 0) {
    const why = `pod ${name} has non-empty .spec.schedulingGates`;
    throw conflict({ group: '', plural: 'pods/binding' }, name, why);
  }
  spec.nodeName = target.name;
  if (annotations !== undefined) pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations };
  const status = (pod.status ?? {}) as { conditions?: Condition[] };
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(context.now()),
  };
  status.conditions = [...(status.conditions ?? []).filter(({ type }) => type !== 'PodScheduled'), scheduled];
  pod.status = status;
  if (options.dryRun !== true) context.store.put(pods.storage, keyOf(pod), pod);
}

interface EndingPod extends KubeObject {
  spec?: { restartPolicy?: string };
  status?: {
    containerStatuses?: {
      name: string;
      containerID?: string;
      state?: { running?: { startedAt?: string } };
    }[];
  };
}

/**
 * Notes that the program of a container has ended, unless the container would be started again. What follows from it
 * for the pod is the kubelet's to say.
 */
export function endContainer(
  context: RegistryContext,
  { namespace, name, uid }: KubeObject['metadata'],
  container: string,
  exitCode: number,
): void {
  const pods = resourceOfStorage(context, 'pods');
  const pod = findObject(context, pods, namespace, name) as EndingPod | undefined;
  const status = pod?.status?.containerStatuses?.find((one) => one.name === container);
  const running = status?.state?.running;
  if (pod?.metadata.uid !== uid || pod?.spec?.restartPolicy !== 'Never' || running === undefined) return;
  Object.assign(status ?? {}, {
    ready: false,
    started: false,
    state: {
      terminated: {
        exitCode,
        reason: exitCode === 0 ? 'Completed' : 'Error',
        startedAt: running.startedAt,
        finishedAt: timestamp(context.now()),
        containerID: status?.containerID,
      },
    },
  });
  context.store.put(pods.storage, keyOf(pod), pod);
}

interface BudgetSpec {
  selector?: {
    matchLabels?: Record<string, string>;
    matchExpressions?: { key: string; operator: string; values?: string[] }[];
  };
}

const OPERATORS: Readonly<Record<string, LabelRequirement['operator']>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

function selects({ selector }: BudgetSpec, pod: KubeObject): boolean {
  if (selector === undefined) return false;
  const requirements: LabelRequirement[] = [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]): LabelRequirement => ({
      key,
      operator: '=',
      values: [value],
    })),
    ...(selector.matchExpressions ?? []).map(({ key, operator, values }): LabelRequirement => ({
      key,
      operator: OPERATORS[operator] ?? 'in',
      values: values ?? [],
    })),
  ];
  return matchLabels(requirements, pod.metadata.labels);
}

/** `POST …/pods/x/eviction`: deletes the pod unless a disruption budget forbids it (429). */
export function evictPod(
  context: RegistryContext,
  pods: ResourceInfo,
  namespace: string | undefined,
  name: string,
  options: DeleteOptions,
): void {
  const pod = getObject(context, pods, namespace, name);
  const budgets = context.catalog.findStorage('poddisruptionbudgets.policy');
  for (const key of budgets === undefined ? [] : context.store.keys(budgets.storage, namespace)) {
    const text = context.store.read('poddisruptionbudgets.policy', key);
    const budget =
      text === undefined
        ? undefined
        : (JSON.parse(text) as ObjectBody & { spec?: BudgetSpec; status?: BudgetStatus });
    if (budget === undefined || !selects(budget.spec ?? {}, pod) || !isRunning(pod)) continue;
    takeDisruption(context, budget, key, options.dryRun === true);
  }
  deleteObject(context, pods, namespace, name, options);
}

interface BudgetStatus {
  disruptionsAllowed?: number;
  currentHealthy?: number;
  desiredHealthy?: number;
}

const isRunning = (pod: KubeObject): boolean => {
  const phase = (pod.status as { phase?: string } | undefined)?.phase;
  return phase === 'Running' && pod.metadata.deletionTimestamp === undefined;
};

/** One disruption fewer is allowed until the budget's controller counts again. */
function takeDisruption(
  context: RegistryContext,
  budget: ObjectBody & { status?: BudgetStatus },
  key: string,
  dryRun: boolean,
): void {
  const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  if (disruptionsAllowed <= 0) {
    const message = `The disruption budget ${budget.metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
    throw new ApiError(
      429,
      'TooManyRequests',
      "Cannot evict pod as it would violate the pod's disruption budget.",
      { causes: [{ reason: 'DisruptionBudget', message }] },
    );
  }
  if (dryRun) return;
  const state = cloneJson(budget) as unknown as KubeObject;
  state.status = { ...budget.status, disruptionsAllowed: disruptionsAllowed - 1 };
  context.store.put('poddisruptionbudgets.policy', key, state);
}
