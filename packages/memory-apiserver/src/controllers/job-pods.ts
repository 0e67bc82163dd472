import { isApiError } from '../errors.js';
import { conditionOf } from './conditions.js';
import type { ControllerContext } from './controller.js';
import { judge } from './job-policies.js';
import type { Job, LabelSelector, Pod } from './kinds.js';
import { isTerminating, podFromTemplate } from './pods.js';
import { parseTime } from './time.js';

/** Stays on a pod until the Job has counted it. */
const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
const indexKey = 'batch.kubernetes.io/job-completion-index';
const failuresKey = 'batch.kubernetes.io/job-index-failure-count';
const ignoredKey = 'batch.kubernetes.io/job-index-ignored-failure-count';

/** A failed pod is replaced after 10 s, then 20 s, … up to ten minutes (upstream: `DefaultJobPodFailureBackOff`). */
const firstBackoffMs = 10_000;
const longestBackoffMs = 600_000;
/** What is left of 63 characters for a name before the random part of it. */
const longestPrefix = 58;

/** Which pods are the Job's. */
export const selectorOf = ({ spec }: Job): LabelSelector =>
  spec.selector ?? { matchLabels: spec.template.metadata?.labels ?? {} };

export const isTracked = ({ metadata }: Pod): boolean =>
  metadata.finalizers?.includes(trackingFinalizer) === true;

/** True if pods are replaced only when they have failed, not already when they are asked to end. */
export const replacesOnlyFailed = ({ spec }: Job): boolean =>
  spec.podReplacementPolicy === 'Failed' || spec.podFailurePolicy !== undefined;

/** Whether a pod stands for a failure; one that was deleted does as well if it is replaced at once. */
export function isPodFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true;
  return !replacesOnlyFailed(job) && isTerminating(pod) && pod.status?.phase !== 'Succeeded';
}

/** Takes the finalizer off a pod that is counted. */
export function release(pod: Pod, { api }: ControllerContext): void {
  if (!isTracked(pod)) return;
  const { namespace, name, uid, finalizers = [] } = pod.metadata;
  const rest = finalizers.filter((finalizer) => finalizer !== trackingFinalizer);
  try {
    api.patch('pods', namespace, name, 'merge', {
      metadata: { uid, finalizers: rest.length === 0 ? null : rest },
    });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

/** When the pod came to its end (upstream: `getFinishedTime`). */
export function finishedAt({ metadata, status }: Pod): number {
  const ends = status?.containerStatuses?.map(({ state }) => parseTime(state.terminated?.finishedAt)) ?? [];
  const last = Math.max(...ends.map((end) => end ?? NaN));
  if (ends.length > 0 && !Number.isNaN(last)) return last;
  const ready = conditionOf(status?.conditions, 'Ready');
  const unready = ready?.status === 'False' ? parseTime(ready.lastTransitionTime) : undefined;
  if (unready !== undefined) return unready;
  const deleted = parseTime(metadata.deletionTimestamp);
  if (deleted !== undefined) return deleted - (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  return parseTime(metadata.creationTimestamp) ?? 0;
}

/** How long to wait after so many failures in a row, of which the last was at `lastMs`; 0: not at all. */
export function backoffLeft(failures: number, lastMs: number, now: number): number {
  if (failures === 0) return 0;
  const waitMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.min(failures - 1, 16));
  return Math.max(0, lastMs + waitMs - now);
}

const countIn = ({ metadata }: Pod, key: string): number => {
  const count = Number(metadata.annotations?.[key] ?? 0);
  return Number.isInteger(count) && count > 0 ? count : 0;
};

/** Failures of the pod's index before it that count. */
export const failuresBefore = (pod: Pod): number => countIn(pod, failuresKey);

/** All failures of the pod's index before it. */
export const allFailuresBefore = (pod: Pod): number => countIn(pod, failuresKey) + countIn(pod, ignoredKey);

/** A pod of the Job, of a completion index if it has such. */
export function newJobPod(job: Job, index?: number, replaced?: Pod): Pod {
  const pod = podFromTemplate(job.spec.template, job);
  pod.metadata.finalizers = [...new Set([...(pod.metadata.finalizers ?? []), trackingFinalizer])];
  if (index === undefined) return pod;
  const number = String(index);
  const suffix = `-${number}-`;
  pod.metadata.generateName = job.metadata.name.slice(0, longestPrefix - suffix.length) + suffix;
  pod.metadata.labels = { ...pod.metadata.labels, [indexKey]: number };
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [indexKey]: number,
    ...(job.spec.backoffLimitPerIndex === undefined ? {} : failureCounts(job, replaced)),
  };
  pod.spec.hostname = `${job.metadata.name}-${number}`;
  const variable = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${indexKey}']` } },
  };
  for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]) {
    if (container.env?.some(({ name }) => name === variable.name) === true) continue;
    container.env = [...(container.env ?? []), variable];
  }
  return pod;
}

function failureCounts(job: Job, replaced: Pod | undefined): Record<string, string> {
  if (replaced === undefined) return { [failuresKey]: '0' };
  const { isCounted } = judge(job, replaced);
  const ignored = countIn(replaced, ignoredKey) + (isCounted ? 0 : 1);
  return {
    [failuresKey]: String(failuresBefore(replaced) + (isCounted ? 1 : 0)),
    ...(ignored === 0 ? {} : { [ignoredKey]: String(ignored) }),
  };
}
