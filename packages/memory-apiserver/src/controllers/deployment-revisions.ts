import { isApiError } from '../errors.js';
import type { ControllerContext } from './controller.js';
import { maxSurge } from './deployment-rollout.js';
import { sameJson, sameTemplate } from './equality.js';
import { fnv32a, safeEncode, templateText } from './hash.js';
import type { Deployment, PodTemplate, ReplicaSet } from './kinds.js';
import { controllerRef, isControlledBy } from './ownership.js';
import { parseTime } from './time.js';

/** Annotations of Deployments and their ReplicaSets, as kubectl's rollout commands read them. */
export const annotation = {
  revision: 'deployment.kubernetes.io/revision',
  revisionHistory: 'deployment.kubernetes.io/revision-history',
  desiredReplicas: 'deployment.kubernetes.io/desired-replicas',
  maxReplicas: 'deployment.kubernetes.io/max-replicas',
} as const;

const hashLabel = 'pod-template-hash';

/** Annotations of a Deployment that its ReplicaSets don't get. */
const notCopied = new Set<string>([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  ...Object.values(annotation),
]);

/** An int64, which a number can't hold; 0 for what is none. */
const parseRevision = (text = ''): bigint => (/^[+-]?\d{1,19}$/.test(text) ? BigInt(text) : 0n);

export const revisionOf = ({ metadata }: ReplicaSet): bigint =>
  parseRevision(metadata.annotations?.[annotation.revision]);

const nextRevision = (old: readonly ReplicaSet[]): bigint =>
  old.map(revisionOf).reduce((latest, revision) => (revision > latest ? revision : latest), 0n) + 1n;

const withoutHash = (template: PodTemplate): PodTemplate => {
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
};

const createdAt = ({ metadata }: ReplicaSet): number => parseTime(metadata.creationTimestamp) ?? 0;

/** Oldest first. */
export const byAge = (sets: readonly ReplicaSet[]): ReplicaSet[] =>
  [...sets].sort((a, b) => createdAt(a) - createdAt(b) || (a.metadata.name < b.metadata.name ? -1 : 1));

/** The ReplicaSet that has the Deployment's present template; of several the oldest. */
export function findNewReplicaSet(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
): ReplicaSet | undefined {
  const wanted = withoutHash(deployment.spec.template);
  return byAge(sets).find((set) => sameTemplate(withoutHash(set.spec.template), wanted));
}

/** The counts by which a later look tells that `kubectl scale` came in between. */
export function replicasAnnotations(deployment: Deployment): Record<string, string> {
  const desired = deployment.spec.replicas ?? 1;
  return {
    [annotation.desiredReplicas]: String(desired),
    [annotation.maxReplicas]: String(desired + maxSurge(deployment)),
  };
}

/** What the newest ReplicaSet's annotations should be (`SetNewReplicaSetAnnotations`). */
function annotationsFor(
  deployment: Deployment,
  former: Record<string, string>,
  revision: bigint,
): Record<string, string> {
  const result = { ...former };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!notCopied.has(key)) result[key] = value;
  }
  const formerRevision = former[annotation.revision];
  if (formerRevision === undefined || parseRevision(formerRevision) < revision) {
    result[annotation.revision] = String(revision);
    if (formerRevision !== undefined) {
      const history = former[annotation.revisionHistory];
      result[annotation.revisionHistory] =
        history === undefined ? formerRevision : `${history},${formerRevision}`;
    }
  }
  return result;
}

/** Gives the newest ReplicaSet its revision and annotations; answers it as it is afterwards. */
export function syncNewReplicaSet(
  { api }: ControllerContext,
  deployment: Deployment,
  set: ReplicaSet,
  old: readonly ReplicaSet[],
): ReplicaSet {
  const revision = nextRevision(old);
  const former = set.metadata.annotations ?? {};
  const annotations = annotationsFor(deployment, former, revision);
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  if (sameJson(annotations, former) && (set.spec.minReadySeconds ?? 0) === minReadySeconds) return set;
  const spec = { ...set.spec, ...(minReadySeconds === 0 ? {} : { minReadySeconds }) };
  if (minReadySeconds === 0) delete spec.minReadySeconds;
  return api.update({ ...set, metadata: { ...set.metadata, annotations }, spec }) as ReplicaSet;
}

/** The outcome of {@link createNewReplicaSet}: the set, or that its name is taken by a different template. */
export type CreatedReplicaSet = { set: ReplicaSet; created: boolean } | { collision: true };

/** Makes the ReplicaSet of the Deployment's present template. */
export function createNewReplicaSet(
  { api }: ControllerContext,
  deployment: Deployment,
  old: readonly ReplicaSet[],
  replicas: number,
): CreatedReplicaSet {
  const { template } = deployment.spec;
  const collisions = deployment.status?.collisionCount;
  const hash = safeEncode(
    fnv32a(templateText(template) + (collisions === undefined ? '' : String(collisions))),
  );
  const { namespace, name: owner } = deployment.metadata;
  const name = `${owner}-${hash}`;
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const revision = nextRevision(old);
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  try {
    const set = api.create({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        labels,
        annotations: { ...annotationsFor(deployment, {}, revision), ...replicasAnnotations(deployment) },
        ownerReferences: [controllerRef(deployment)],
      },
      spec: {
        replicas,
        ...(minReadySeconds === 0 ? {} : { minReadySeconds }),
        selector: {
          ...deployment.spec.selector,
          matchLabels: { ...deployment.spec.selector.matchLabels, [hashLabel]: hash },
        },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    });
    return { set: set as ReplicaSet, created: true };
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
    const existing = api.get('replicasets.apps', namespace, name) as ReplicaSet;
    if (isControlledBy(existing, deployment) && findNewReplicaSet(deployment, [existing]) !== undefined) {
      return { set: existing, created: false };
    }
    return { collision: true };
  }
}
