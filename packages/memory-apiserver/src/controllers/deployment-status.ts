import { conditionOf, withoutCondition } from './conditions.js';
import { availableReplicas, desiredReplicas, maxUnavailable, specReplicas } from './deployment-rollout.js';
import type { Condition, Deployment, DeploymentStatus, ReplicaSet } from './kinds.js';
import { compact, nonZero } from './status.js';
import { parseTime, timestamp } from './time.js';

/** Status and conditions of Deployments. Upstream: pkg/controller/deployment/{sync,progress}.go. */

/** `false` if the Deployment has no deadline (`progressDeadlineSeconds: 2147483647`). */
export const hasDeadline = (deployment: Deployment): boolean =>
  (deployment.spec.progressDeadlineSeconds ?? 600) !== 2_147_483_647;

/**
 * The conditions with one set as `SetDeploymentCondition` does: nothing happens if status and reason stay;
 * otherwise it goes to the end of the list.
 */
export function withDeploymentCondition(
  conditions: readonly Condition[],
  type: string,
  status: Condition['status'],
  reason: string,
  message: string,
  now: number,
): Condition[] {
  const former = conditionOf(conditions, type);
  if (former?.status === status && former.reason === reason) return [...conditions];
  const at = timestamp(now);
  const lastTransitionTime = former?.status === status ? (former.lastTransitionTime ?? at) : at;
  const next: Condition = { type, status, reason, message, lastUpdateTime: at, lastTransitionTime };
  return [...withoutCondition(conditions, type), next];
}

/** Counts and the `Available` condition. */
export function calculateStatus(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const available = availableReplicas(sets);
  const actual = (list: readonly ReplicaSet[]): number =>
    list.reduce((sum, set) => sum + (set.status?.replicas ?? 0), 0);
  const enough = available >= desiredReplicas(deployment) - maxUnavailable(deployment);
  const former = deployment.status?.conditions ?? [];
  return compact({
    observedGeneration: deployment.metadata.generation,
    replicas: nonZero(actual(sets)),
    updatedReplicas: nonZero(newSet === undefined ? 0 : actual([newSet])),
    readyReplicas: nonZero(sets.reduce((sum, set) => sum + (set.status?.readyReplicas ?? 0), 0)),
    availableReplicas: nonZero(available),
    unavailableReplicas: nonZero(Math.max(0, specReplicas(sets) - available)),
    collisionCount: deployment.status?.collisionCount,
    conditions: enough
      ? withDeploymentCondition(
          former,
          'Available',
          'True',
          'MinimumReplicasAvailable',
          'Deployment has minimum availability.',
          now,
        )
      : withDeploymentCondition(
          former,
          'Available',
          'False',
          'MinimumReplicasUnavailable',
          'Deployment does not have minimum availability.',
          now,
        ),
  });
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const desired = desiredReplicas(deployment);
  return (
    (status.updatedReplicas ?? 0) === desired &&
    (status.replicas ?? 0) === desired &&
    (status.availableReplicas ?? 0) === desired &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const outdated = (status: DeploymentStatus): number =>
    (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    outdated(after) < outdated(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** Milliseconds until the rollout counts as stuck; undefined if it can't get stuck now. */
export function untilDeadline(
  deployment: Deployment,
  status: DeploymentStatus,
  now: number,
): number | undefined {
  const progressing = conditionOf(status.conditions, 'Progressing');
  if (!hasDeadline(deployment) || progressing === undefined) return undefined;
  if (progressing.reason === 'NewReplicaSetAvailable' || progressing.reason === 'ProgressDeadlineExceeded') {
    return undefined;
  }
  const since = parseTime(progressing.lastUpdateTime) ?? parseTime(progressing.lastTransitionTime) ?? now;
  return since + (deployment.spec.progressDeadlineSeconds ?? 600) * 1000 - now;
}

/** The status of a rollout under way: counts, `Available`, `Progressing` and `ReplicaFailure`. */
export function rolloutStatus(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const status = calculateStatus(deployment, sets, newSet, now);
  const before = deployment.status ?? {};
  let conditions = status.conditions ?? [];
  const subject =
    newSet === undefined
      ? `Deployment "${deployment.metadata.name}"`
      : `ReplicaSet "${newSet.metadata.name}"`;
  const set = (value: Condition['status'], reason: string, message: string): void => {
    conditions = withDeploymentCondition(conditions, 'Progressing', value, reason, message, now);
  };
  const former = conditionOf(conditions, 'Progressing');
  const settled =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && former?.reason === 'NewReplicaSetAvailable';
  if (!hasDeadline(deployment)) {
    conditions = withoutCondition(conditions, 'Progressing');
  } else if (!settled) {
    if (isComplete(deployment, status)) {
      set('True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`);
    } else if (hasProgressed(before, status)) {
      // Each step of progress renews lastUpdateTime, from which the deadline counts.
      const lastTransitionTime = former?.status === 'True' ? former.lastTransitionTime : undefined;
      const renewed: Condition = {
        type: 'Progressing',
        status: 'True',
        reason: 'ReplicaSetUpdated',
        message: `${subject} is progressing.`,
        lastUpdateTime: timestamp(now),
        lastTransitionTime: lastTransitionTime ?? timestamp(now),
      };
      conditions = [...withoutCondition(conditions, 'Progressing'), renewed];
    } else if ((untilDeadline(deployment, { ...status, conditions }, now) ?? 1) <= 0) {
      set('False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`);
    }
  }
  const failure = [...(newSet === undefined ? [] : [newSet]), ...sets]
    .map((replicaSet) => conditionOf(replicaSet.status?.conditions, 'ReplicaFailure'))
    .find((condition) => condition !== undefined);
  conditions =
    failure === undefined
      ? withoutCondition(conditions, 'ReplicaFailure')
      : withDeploymentCondition(
          conditions,
          'ReplicaFailure',
          failure.status,
          failure.reason ?? '',
          failure.message ?? '',
          now,
        );
  return { ...status, conditions };
}
