import { conditionOf, isTrue } from './conditions.js';
import type { ControllerContext } from './controller.js';
import { formatIndexes, indexOf, parseIndexes } from './job-indexes.js';
import {
  allFailuresBefore,
  backoffLeft,
  failuresBefore,
  finishedAt,
  isPodFailed,
  isTracked,
  newJobPod,
  release,
  replacesOnlyFailed,
  selectorOf,
} from './job-pods.js';
import { judge, successRule } from './job-policies.js';
import type { Condition, Job, JobStatus, Pod } from './kinds.js';
import {
  byExpendability,
  createPod,
  deletePod,
  isFinished,
  isReady,
  isTerminating,
  selectsTemplate,
} from './pods.js';
import { compact, nonZero, writeStatus } from './status.js';
import { parseTime, timestamp } from './time.js';

/** Pods that one look creates or deletes at most; their changes bring the next one. */
const burst = 500;

/** How a Job comes to its end. */
interface End {
  readonly type: 'SuccessCriteriaMet' | 'FailureTarget';
  readonly reason: string;
  readonly message: string;
}

const isActive = (pod: Pod): boolean => !isFinished(pod) && !isTerminating(pod);

/**
 * One look at one unfinished Job (upstream: pkg/controller/job `syncJob`). Pods are counted when they lose their
 * finalizer; those that still have it are added to what the status holds.
 */
export class JobSync {
  readonly #pods: readonly Pod[];
  readonly #active: readonly Pod[];
  readonly #isIndexed: boolean;
  readonly #succeededIndexes: ReadonlySet<number>;
  readonly #failedIndexes: ReadonlySet<number>;
  readonly #succeeded: number;
  /** Of those that still have their finalizer. */
  readonly #newlyFailed: readonly Pod[];

  /** @param podsOf the Job's pods as they are at the moment */
  constructor(
    private readonly job: Job,
    private readonly key: string,
    private readonly podsOf: () => Pod[],
    private readonly context: ControllerContext,
  ) {
    const { spec, status } = job;
    this.#pods = podsOf();
    this.#active = this.#pods.filter(isActive);
    this.#isIndexed = spec.completionMode === 'Indexed';
    const uncounted = this.#pods.filter((pod) => isTracked(pod) && this.#hasPlace(pod));
    const succeeded = uncounted.filter((pod) => pod.status?.phase === 'Succeeded');
    const failed = uncounted.filter((pod) => isPodFailed(pod, job));
    this.#succeededIndexes = withIndexes(status?.completedIndexes, succeeded);
    this.#failedIndexes = withIndexes(
      status?.failedIndexes,
      failed.filter((pod) => this.#failsIndex(pod)),
    );
    this.#succeeded = this.#isIndexed
      ? this.#succeededIndexes.size
      : (status?.succeeded ?? 0) + succeeded.length;
    this.#newlyFailed = failed.filter((pod) => judge(job, pod).isCounted);
  }

  run(): void {
    const { job, context } = this;
    const now = context.now();
    const startTime = this.#startTime(now);
    let end = this.#end(startTime, now);
    if (end !== undefined) for (const pod of this.#active) deletePod(context, job, pod);
    else if (this.#isWorthManaging()) this.#manage();
    const pods = this.podsOf();
    const active = pods.filter(isActive);
    end ??= this.#completion(active.length);
    const isOver = end !== undefined && !pods.some((pod) => isTerminating(pod) && !isFinished(pod));
    const conditions = this.#conditions(end, isOver, timestamp(now));
    const kept = new Set(end === undefined ? this.#replaceable().values() : []);
    const released = this.#newlyFailed.filter((pod) => !kept.has(pod)).length;
    const isComplete = isOver && end?.type === 'SuccessCriteriaMet';
    const status: JobStatus = compact({
      ...job.status,
      startTime,
      active: nonZero(active.length),
      ready: active.filter(isReady).length,
      terminating: pods.filter((pod) => isTerminating(pod) && !isFinished(pod)).length,
      succeeded: nonZero(this.#succeeded),
      failed: nonZero((job.status?.failed ?? 0) + released + this.#stopped(end)),
      completedIndexes: this.#isIndexed ? formatIndexes(this.#succeededIndexes) || undefined : undefined,
      failedIndexes:
        job.spec.backoffLimitPerIndex === undefined ? undefined : formatIndexes(this.#failedIndexes),
      uncountedTerminatedPods: {},
      completionTime: isComplete ? timestamp(now) : undefined,
      conditions: conditions.length === 0 ? undefined : conditions,
    });
    writeStatus(context.api, job, status);
    for (const pod of this.#pods) {
      if (end !== undefined || pod.status?.phase === 'Succeeded' || (isPodFailed(pod, job) && !kept.has(pod)))
        release(pod, context);
    }
    this.#tell(conditions, end, isOver);
  }

  /** Not a Job that goes, nor one that wouldn't find the pods it makes. */
  #isWorthManaging(): boolean {
    const { metadata, spec } = this.job;
    return metadata.deletionTimestamp === undefined && selectsTemplate(selectorOf(this.job), spec.template);
  }

  /** Whether the pod belongs to a completion of the Job at all. */
  #hasPlace(pod: Pod): boolean {
    if (!this.#isIndexed) return true;
    const index = indexOf(pod);
    return index !== undefined && index < (this.job.spec.completions ?? 0);
  }

  #failsIndex(pod: Pod): boolean {
    const { backoffLimitPerIndex } = this.job.spec;
    if (backoffLimitPerIndex === undefined) return false;
    const { isCounted, failsIndex } = judge(this.job, pod);
    return failsIndex || (isCounted && failuresBefore(pod) >= backoffLimitPerIndex);
  }

  #startTime(now: number): string | undefined {
    const { spec, status } = this.job;
    if (spec.suspend === true) return status?.startTime;
    const isResumed = isTrue(status?.conditions, 'Suspended');
    return isResumed ? timestamp(now) : (status?.startTime ?? timestamp(now));
  }

  /** Why the Job ends now, other than by being complete. */
  #end(startTime: string | undefined, now: number): End | undefined {
    const { spec, status } = this.job;
    for (const type of ['SuccessCriteriaMet', 'FailureTarget'] as const) {
      const { status: is, reason = '', message = '' } = conditionOf(status?.conditions, type) ?? {};
      if (is === 'True') return { type, reason, message };
    }
    const failure = (reason: string, message: string): End => ({ type: 'FailureTarget', reason, message });
    const failed = this.#pods.filter((pod) => isPodFailed(pod, this.job));
    const fatal = failed.map((pod) => judge(this.job, pod).jobFailure).find((text) => text !== undefined);
    if (fatal !== undefined) return failure('PodFailurePolicy', fatal);
    if (
      (status?.failed ?? 0) + this.#newlyFailed.length > (spec.backoffLimit ?? 6) ||
      this.#restartsTooOften()
    )
      return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
    const { activeDeadlineSeconds: deadline } = spec;
    if (deadline !== undefined && startTime !== undefined && spec.suspend !== true) {
      const leftMs = (parseTime(startTime) ?? now) + deadline * 1000 - now;
      if (leftMs <= 0) return failure('DeadlineExceeded', 'Job was active longer than specified deadline');
      this.context.requeue(this.key, leftMs);
    }
    if (!this.#isIndexed) return undefined;
    const failedIndexes = this.#failedIndexes.size;
    if (spec.maxFailedIndexes !== undefined && failedIndexes > spec.maxFailedIndexes) {
      const message = 'Job has exceeded the specified maximal number of failed indexes';
      return failure('MaxFailedIndexesExceeded', message);
    }
    if (failedIndexes > 0 && failedIndexes + this.#succeededIndexes.size >= (spec.completions ?? 0))
      return failure('FailedIndexes', 'Job has failed indexes');
    const rule = successRule(this.job, this.#succeededIndexes);
    return rule === undefined
      ? undefined
      : { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: rule };
  }

  /** Pods that restart their containers in place count the restarts (`pastBackoffLimitOnFailure`). */
  #restartsTooOften(): boolean {
    const { template, backoffLimit = 6 } = this.job.spec;
    if (template.spec.restartPolicy !== 'OnFailure') return false;
    const restarts = this.#pods
      .filter((pod) => !isFinished(pod))
      .flatMap(({ status }) => [
        ...(status?.initContainerStatuses ?? []),
        ...(status?.containerStatuses ?? []),
      ])
      .reduce((sum, { restartCount }) => sum + restartCount, 0);
    return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
  }

  #completion(active: number): End | undefined {
    const { completions } = this.job.spec;
    // Without a number the first success ends it, when all others have ended too.
    const isEnough = completions === undefined ? this.#succeeded > 0 : this.#succeeded >= completions;
    if (!isEnough || active > 0) return undefined;
    const message = 'Reached expected number of succeeded pods';
    return { type: 'SuccessCriteriaMet', reason: 'CompletionsReached', message };
  }

  /** Running pods that end with a failing Job count as failed as well. */
  #stopped(end: End | undefined): number {
    if (end?.type !== 'FailureTarget') return 0;
    return this.#pods.filter(
      (pod) => isTracked(pod) && !isFinished(pod) && !isPodFailed(pod, this.job) && this.#hasPlace(pod),
    ).length;
  }

  /** Brings the number of running pods to what is still wanted. */
  #manage(): void {
    const { job, context } = this;
    const { parallelism = 1, completions, suspend } = job.spec;
    const left =
      completions === undefined
        ? this.#succeeded > 0
          ? this.#active.length
          : Infinity
        : Math.max(0, completions - this.#succeeded);
    const wanted = suspend === true ? 0 : Math.min(parallelism, left);
    const surplus = this.#surplus(Math.max(0, this.#active.length - wanted)).slice(0, burst);
    for (const pod of surplus) {
      release(pod, context);
      deletePod(context, job, pod);
    }
    if (surplus.length > 0 || suspend === true) return;
    const ending = replacesOnlyFailed(job)
      ? this.#pods.filter((pod) => isTerminating(pod) && !isFinished(pod))
      : [];
    const missing = Math.min(wanted - this.#active.length - ending.length, burst);
    if (missing > 0) this.#start(missing, ending);
  }

  /** At least so many pods to give up, and all that have no index of their own. */
  #surplus(atLeast: number): Pod[] {
    const superfluous: Pod[] = [];
    const rest: Pod[] = [];
    const taken = new Set<number>();
    for (const pod of byExpendability(this.#active).reverse()) {
      const index = indexOf(pod);
      const isOdd = this.#isIndexed && (!this.#hasPlace(pod) || index === undefined || taken.has(index));
      (isOdd ? superfluous : rest).push(pod);
      if (index !== undefined) taken.add(index);
    }
    return [...superfluous, ...byExpendability(rest).slice(0, Math.max(0, atLeast - superfluous.length))];
  }

  #start(count: number, ending: readonly Pod[]): void {
    const { job, context, key } = this;
    const now = context.now();
    const isPerIndex = job.spec.backoffLimitPerIndex !== undefined;
    const waitMs = isPerIndex ? 0 : this.#backoffLeft(now);
    if (waitMs > 0) {
      context.requeue(key, waitMs);
      return;
    }
    if (!this.#isIndexed) {
      for (let i = 0; i < count; i++) createPod(context, job, newJobPod(job));
      return;
    }
    const former = this.#replaceable();
    let soonest = Infinity;
    for (const index of this.#pendingIndexes(count, ending)) {
      const replaced = former.get(index);
      const leftMs =
        replaced === undefined ? 0 : backoffLeft(allFailuresBefore(replaced) + 1, finishedAt(replaced), now);
      if (leftMs > 0) soonest = Math.min(soonest, leftMs);
      else createPod(context, job, newJobPod(job, index, replaced));
    }
    if (soonest < Infinity) context.requeue(key, soonest);
  }

  #pendingIndexes(count: number, ending: readonly Pod[]): number[] {
    const taken = new Set([...this.#active, ...ending].map(indexOf));
    const pending: number[] = [];
    for (let index = 0; index < (this.job.spec.completions ?? 0) && pending.length < count; index++) {
      if (taken.has(index) || this.#succeededIndexes.has(index) || this.#failedIndexes.has(index)) continue;
      pending.push(index);
    }
    return pending;
  }

  /** How long to wait for the next pod: by the failures since the last success. */
  #backoffLeft(now: number): number {
    const lastSuccess = Math.max(
      -Infinity,
      ...this.#pods.filter(({ status }) => status?.phase === 'Succeeded').map(finishedAt),
    );
    const failures = this.#pods
      .filter((pod) => isPodFailed(pod, this.job))
      .map(finishedAt)
      .filter((at) => at > lastSuccess);
    return backoffLeft(failures.length, Math.max(...failures), now);
  }

  /** By index the failed pod that is to be replaced, which keeps its finalizer until then. */
  #replaceable(): Map<number, Pod> {
    const last = new Map<number, Pod>();
    if (this.job.spec.backoffLimitPerIndex === undefined) return last;
    const running = new Set(this.#active.map(indexOf));
    for (const pod of this.#pods) {
      const index = indexOf(pod);
      if (index === undefined || !isTracked(pod) || !isPodFailed(pod, this.job) || running.has(index))
        continue;
      if (this.#succeededIndexes.has(index) || this.#failedIndexes.has(index) || !this.#hasPlace(pod))
        continue;
      const other = last.get(index);
      const isLater =
        other === undefined ||
        (allFailuresBefore(other) <= allFailuresBefore(pod) && finishedAt(pod) >= finishedAt(other));
      if (isLater) last.set(index, pod);
    }
    return last;
  }

  #conditions(end: End | undefined, isOver: boolean, at: string): Condition[] {
    let list = this.job.status?.conditions ?? [];
    const set = (type: string, status: Condition['status'], reason: string, message: string): void => {
      const former = conditionOf(list, type);
      if (former === undefined && status === 'False') return;
      if (former?.status === status && former.reason === reason && former.message === message) return;
      const next = { type, status, lastProbeTime: at, lastTransitionTime: at, reason, message };
      list =
        former === undefined
          ? [...list, next]
          : list.map((condition) => (condition === former ? next : condition));
    };
    if (end !== undefined) {
      set(end.type, 'True', end.reason, end.message);
      if (isOver) set(end.type === 'FailureTarget' ? 'Failed' : 'Complete', 'True', end.reason, end.message);
    } else if (this.job.metadata.deletionTimestamp === undefined) {
      if (this.job.spec.suspend === true) set('Suspended', 'True', 'JobSuspended', 'Job suspended');
      else set('Suspended', 'False', 'JobResumed', 'Job resumed');
    }
    return list;
  }

  #tell(conditions: readonly Condition[], end: End | undefined, isOver: boolean): void {
    const { job, context } = this;
    const [was, is] = [job.status?.conditions, conditions].map((list) => isTrue(list, 'Suspended'));
    if (was === false && is === true) context.events.record(job, 'Normal', 'Suspended', 'Job suspended');
    if (was === true && is === false) context.events.record(job, 'Normal', 'Resumed', 'Job resumed');
    if (end === undefined || !isOver) return;
    if (end.type === 'FailureTarget') context.events.record(job, 'Warning', end.reason, end.message);
    else context.events.record(job, 'Normal', 'Completed', 'Job completed');
  }
}

function withIndexes(text: string | undefined, pods: readonly Pod[]): Set<number> {
  const indexes = parseIndexes(text);
  for (const pod of pods) {
    const index = indexOf(pod);
    if (index !== undefined) indexes.add(index);
  }
  return indexes;
}
