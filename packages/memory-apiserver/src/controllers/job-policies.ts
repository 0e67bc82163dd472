import type { ContainerStatus, Job, Pod } from './kinds.js';
import { parseIndexes } from './job-indexes.js';

/** What a Job's `podFailurePolicy` says of a failed pod. */
export interface Verdict {
  /** Whether it counts towards the limits of failures. */
  readonly isCounted: boolean;
  /** The index shall not be tried again. */
  readonly failsIndex: boolean;
  /** Why the whole Job fails for it. */
  readonly jobFailure?: string;
}

const counted: Verdict = { isCounted: true, failsIndex: false };

/** The first rule that fits decides (upstream: pkg/controller/job `matchPodFailurePolicy`). */
export function judge({ spec: { podFailurePolicy } }: Job, pod: Pod): Verdict {
  const which = `${pod.metadata.namespace}/${pod.metadata.name}`;
  for (const [index, { action, onExitCodes, onPodConditions }] of (podFailurePolicy?.rules ?? []).entries()) {
    let message: string;
    if (onExitCodes !== undefined) {
      const status = [
        ...(pod.status?.containerStatuses ?? []),
        ...(pod.status?.initContainerStatuses ?? []),
      ].find((candidate) => exitMatches(candidate, onExitCodes));
      if (status === undefined) continue;
      message = `Container ${status.name} for pod ${which} failed with exit code ${status.state.terminated?.exitCode} matching ${action} rule at index ${index}`;
    } else {
      const condition = pod.status?.conditions?.find(({ type, status }) =>
        onPodConditions?.some((pattern) => pattern.type === type && (pattern.status ?? 'True') === status),
      );
      if (condition === undefined) continue;
      message = `Pod ${which} has condition ${condition.type} matching ${action} rule at index ${index}`;
    }
    if (action === 'Ignore') return { isCounted: false, failsIndex: false };
    if (action === 'FailIndex') return { isCounted: true, failsIndex: true };
    return action === 'FailJob' ? { ...counted, jobFailure: message } : counted;
  }
  return counted;
}

function exitMatches(
  { name, state }: ContainerStatus,
  {
    containerName,
    operator,
    values,
  }: { containerName?: string; operator: string; values: readonly number[] },
): boolean {
  const code = state.terminated?.exitCode ?? 0;
  if (code === 0 || (containerName !== undefined && containerName !== name)) return false;
  return operator === 'In' ? values.includes(code) : operator === 'NotIn' && !values.includes(code);
}

/** Which rule of a Job's `successPolicy` is met; undefined if none is (upstream: `matchSuccessPolicy`). */
export function successRule({ spec }: Job, succeeded: ReadonlySet<number>): string | undefined {
  if (succeeded.size === 0) return undefined;
  for (const [index, { succeededIndexes, succeededCount }] of (spec.successPolicy?.rules ?? []).entries()) {
    const required = succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes);
    if (required?.size === 0) continue;
    const met =
      required === undefined ? succeeded.size : [...required].filter((one) => succeeded.has(one)).length;
    const isMet = met === required?.size || (succeededCount !== undefined && met >= succeededCount);
    if (isMet) return `Matched rules at index ${index}`;
  }
  return undefined;
}
