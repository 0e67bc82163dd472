import { isApiError } from '../errors.js';
import { conditionOf, isTrue } from './conditions.js';
import type { Controller, ControllerContext } from './controller.js';
import { formatIndexes, indexOf, parseIndexes } from './job-indexes.js';
import type { Condition, Job, JobStatus, LabelSelector, Pod } from './kinds.js';
import { splitKey } from './keys.js';
import { matchesSelector } from './label-selector.js';
import { claim, controllerOf, workloadKeys } from './ownership.js';
import {
  createPod,
  deletePod,
  isFinished,
  isReady,
  isTerminating,
  podFromTemplate,
  selectsTemplate,
  podGatherMs,
} from './pods.js';
import { compact, nonZero, writeStatus } from './status.js';
import { parseTime, timestamp } from './time.js';

const storage = 'jobs.batch';
const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
const indexLabel = 'batch.kubernetes.io/job-completion-index';

/** A failed pod is replaced after 10 s, then 20 s, … up to ten minutes (upstream: `DefaultJobPodFailureBackOff`). */
const firstBackoffMs = 10_000;
const longestBackoffMs = 600_000;

/** Runs pods to completion (upstream: pkg/controller/job, and ttlafterfinished). */
export const jobController = (): Controller => ({
  name: 'job',
  watches: [storage, 'pods'],
  gatherMs: podGatherMs,
  keysFor: (change) =>
    workloadKeys<Job>(change, { storage, kind: 'Job', group: 'batch' }, ({ spec }, { metadata }) =>
      matchesSelector(spec.selector ?? {}, metadata.labels),
    ),
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    const job = context.api.find(storage, namespace, name) as Job | undefined;
    if (job === undefined) releaseOrphans(namespace, name, context);
    else if (isJobFinished(job)) expire(job, key, context);
    else new JobSync(job, key, context).run();
  },
});

/** Lets pods go whose Job is gone: no one will count them any more (upstream: `syncOrphanPod`). */
function releaseOrphans(namespace: string, name: string, context: ControllerContext): void {
  for (const pod of context.api.list('pods', { namespace }) as Pod[]) {
    const owner = controllerOf(pod);
    if (owner?.kind === 'Job' && owner.name === name) release(pod, context);
  }
}

/** True once a Job is complete or has failed for good. */
export const isJobFinished = ({ status }: Job): boolean =>
  isTrue(status?.conditions, 'Complete') || isTrue(status?.conditions, 'Failed');

/** Frees the pods of a finished Job and deletes it `ttlSecondsAfterFinished` after its end. */
function expire(job: Job, key: string, context: ControllerContext): void {
  for (const pod of podsOf(job, context)) release(pod, context);
  const ttl = job.spec.ttlSecondsAfterFinished;
  if (ttl === undefined || job.metadata.deletionTimestamp !== undefined) return;
  const end =
    conditionOf(job.status?.conditions, 'Complete') ?? conditionOf(job.status?.conditions, 'Failed');
  const leftMs = (parseTime(end?.lastTransitionTime) ?? context.now()) + ttl * 1000 - context.now();
  if (leftMs > 0) {
    context.requeue(key, leftMs);
    return;
  }
  const { namespace, name, uid } = job.metadata;
  context.api.delete(storage, namespace, name, {
    propagationPolicy: 'Foreground',
    ...(uid === undefined ? {} : { preconditions: { uid } }),
  });
}

const podsOf = (job: Job, { api }: ControllerContext): Pod[] =>
  claim<Pod>(api, job, 'pods', (labels) => matchesSelector(selectorOf(job), labels));

const selectorOf = ({ spec }: Job): LabelSelector =>
  spec.selector ?? { matchLabels: spec.template.metadata?.labels ?? {} };

/** Takes the finalizer off a pod that is counted. */
function release(pod: Pod, { api }: ControllerContext): void {
  const finalizers = pod.metadata.finalizers ?? [];
  if (!finalizers.includes(trackingFinalizer)) return;
  const { namespace, name, uid } = pod.metadata;
  const rest = finalizers.filter((finalizer) => finalizer !== trackingFinalizer);
  try {
    api.patch('pods', namespace, name, 'merge', {
      metadata: { uid, finalizers: rest.length === 0 ? null : rest },
    });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

/** One look at one unfinished Job. */
class JobSync {
  readonly #pods: Pod[];
  readonly #active: Pod[];
  readonly #isIndexed: boolean;
  readonly #doneIndexes: Set<number>;
  readonly #succeeded: number;
  readonly #failed: number;

  constructor(
    private readonly job: Job,
    private readonly key: string,
    private readonly context: ControllerContext,
  ) {
    this.#pods = podsOf(job, context);
    this.#active = this.#pods.filter((pod) => !isFinished(pod) && !isTerminating(pod));
    this.#isIndexed = job.spec.completionMode === 'Indexed';
    // Pods are counted when they lose the finalizer; those that still have it are added to what the status holds.
    const uncounted = this.#pods.filter(
      ({ metadata }) => metadata.finalizers?.includes(trackingFinalizer) === true,
    );
    const succeededNow = uncounted.filter(({ status }) => status?.phase === 'Succeeded');
    const failedNow = uncounted.filter(
      (pod) => pod.status?.phase === 'Failed' || (isTerminating(pod) && !isFinished(pod)),
    );
    this.#doneIndexes = parseIndexes(job.status?.completedIndexes);
    for (const pod of succeededNow) {
      const index = indexOf(pod);
      if (index !== undefined) this.#doneIndexes.add(index);
    }
    this.#succeeded = this.#isIndexed
      ? this.#doneIndexes.size
      : (job.status?.succeeded ?? 0) + succeededNow.length;
    this.#failed = (job.status?.failed ?? 0) + failedNow.length;
  }

  run(): void {
    const { job, context } = this;
    const { spec } = job;
    const now = context.now();
    const isSuspended = spec.suspend === true;
    const status: JobStatus = { ...job.status };
    if (status.startTime === undefined && !isSuspended) status.startTime = timestamp(now);
    if (isSuspended) delete status.startTime;
    const failure = this.#failure(now);
    const isDone = failure === undefined && this.#isComplete();
    if (job.metadata.deletionTimestamp === undefined) {
      if (failure !== undefined || isDone || isSuspended) this.#stopActive();
      else if (selectsTemplate(selectorOf(job), spec.template)) this.#manage();
    }
    const conditions = this.#conditions(failure, isDone, isSuspended, timestamp(now));
    const active = failure !== undefined || isDone || isSuspended ? [] : this.#current();
    const counted = compact({
      ...status,
      active: nonZero(active.length),
      ready: active.filter(isReady).length,
      terminating: this.#current(isTerminating).filter((pod) => !isFinished(pod)).length,
      succeeded: nonZero(this.#succeeded),
      failed: nonZero(this.#failed),
      completedIndexes:
        this.#isIndexed && this.#doneIndexes.size > 0 ? formatIndexes(this.#doneIndexes) : undefined,
      uncountedTerminatedPods: {},
      completionTime: isDone ? timestamp(now) : undefined,
      conditions: conditions.length === 0 ? undefined : conditions,
    });
    writeStatus(context.api, job, counted);
    for (const pod of this.#pods) {
      if (isFinished(pod) || isTerminating(pod) || failure !== undefined || isDone) release(pod, context);
    }
    const deadline = spec.activeDeadlineSeconds;
    if (deadline !== undefined && status.startTime !== undefined && failure === undefined && !isDone) {
      context.requeue(this.key, Math.max(0, (parseTime(status.startTime) ?? now) + deadline * 1000 - now));
    }
    const isNewlySuspended = isSuspended && !isTrue(job.status?.conditions, 'Suspended');
    if (isNewlySuspended) context.events.record(job, 'Normal', 'Suspended', 'Job suspended');
    if (isDone) context.events.record(job, 'Normal', 'Completed', 'Job completed');
    if (failure !== undefined) context.events.record(job, 'Warning', failure.reason, failure.message);
  }

  #isComplete(): boolean {
    const { completions } = this.job.spec;
    if (completions !== undefined) return this.#succeeded >= completions;
    // Without a number the first success ends it, when all others have ended too.
    return this.#succeeded > 0 && this.#active.length === 0;
  }

  #failure(now: number): { reason: string; message: string } | undefined {
    const { spec, status } = this.job;
    if (this.#failed > (spec.backoffLimit ?? 6)) {
      return { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
    }
    const start = parseTime(status?.startTime);
    if (spec.activeDeadlineSeconds !== undefined && start !== undefined && spec.suspend !== true) {
      if (now - start >= spec.activeDeadlineSeconds * 1000) {
        return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
      }
    }
    return undefined;
  }

  /** Brings the number of running pods to what is still wanted. */
  #manage(): void {
    const { job, context } = this;
    const parallelism = job.spec.parallelism ?? 1;
    const { completions } = job.spec;
    const left =
      completions === undefined
        ? this.#succeeded > 0
          ? this.#active.length
          : Infinity
        : completions - this.#succeeded;
    const wanted = Math.min(parallelism, Math.max(0, left));
    for (const pod of this.#active.slice(wanted)) {
      deletePod(context, job, pod);
      release(pod, context);
    }
    let missing = wanted - this.#active.length;
    if (missing <= 0 || this.#isBackingOff()) return;
    if (!this.#isIndexed) {
      for (; missing > 0; missing--) createPod(context, job, this.#pod());
      return;
    }
    const taken = new Set(this.#active.map(indexOf));
    for (let index = 0; index < (completions ?? 0) && missing > 0; index++) {
      if (taken.has(index) || this.#doneIndexes.has(index)) continue;
      createPod(context, job, this.#pod(index));
      missing -= 1;
    }
  }

  #isBackingOff(): boolean {
    if (this.#failed === 0) return false;
    const ends = this.#pods
      .filter(({ status }) => status?.phase === 'Failed')
      .map(({ status }) => parseTime(conditionOf(status?.conditions, 'Ready')?.lastTransitionTime) ?? 0);
    const waitMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.min(this.#failed - 1, 16));
    const dueInMs = Math.max(0, ...ends) + waitMs - this.context.now();
    if (dueInMs <= 0) return false;
    this.context.requeue(this.key, dueInMs);
    return true;
  }

  #pod(index?: number): Pod {
    const { job } = this;
    const pod = podFromTemplate(job.spec.template, job);
    pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), trackingFinalizer];
    if (index === undefined) return pod;
    const number = String(index);
    pod.metadata.generateName = `${job.metadata.name}-${number}-`;
    pod.metadata.labels = { ...pod.metadata.labels, [indexLabel]: number };
    pod.metadata.annotations = { ...pod.metadata.annotations, [indexLabel]: number };
    pod.spec.hostname = `${job.metadata.name}-${number}`;
    const variable = {
      name: 'JOB_COMPLETION_INDEX',
      valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${indexLabel}']` } },
    };
    for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]) {
      if (container.env?.some(({ name }) => name === variable.name) === true) continue;
      container.env = [...(container.env ?? []), variable];
    }
    return pod;
  }

  #stopActive(): void {
    for (const pod of this.#active) {
      deletePod(this.context, this.job, pod);
      release(pod, this.context);
    }
  }

  /** The Job's pods as they are now, after this look's own creations and deletions. */
  #current(which: (pod: Pod) => boolean = (pod) => !isFinished(pod) && !isTerminating(pod)): Pod[] {
    return podsOf(this.job, this.context).filter(which);
  }

  #conditions(
    failure: { reason: string; message: string } | undefined,
    isDone: boolean,
    isSuspended: boolean,
    at: string,
  ): Condition[] {
    let list = this.job.status?.conditions ?? [];
    const add = (type: string, status: Condition['status'], reason: string, message: string): void => {
      const former = conditionOf(list, type);
      if (former?.status === status) return;
      const next = { type, status, lastProbeTime: at, lastTransitionTime: at, reason, message };
      list =
        former === undefined
          ? [...list, next]
          : list.map((condition) => (condition === former ? next : condition));
    };
    if (isDone) {
      const message = 'Reached expected number of succeeded pods';
      add('SuccessCriteriaMet', 'True', 'CompletionsReached', message);
      add('Complete', 'True', 'CompletionsReached', message);
    } else if (failure !== undefined) {
      add('FailureTarget', 'True', failure.reason, failure.message);
      add('Failed', 'True', failure.reason, failure.message);
    } else if (isSuspended) {
      add('Suspended', 'True', 'JobSuspended', 'Job suspended');
    } else if (conditionOf(list, 'Suspended') !== undefined) {
      add('Suspended', 'False', 'JobResumed', 'Job resumed');
    }
    return list;
  }
}
