import { ApiError, isApiError } from '../errors.js';
import type { KubeObject, ObjectMeta, OwnerReference } from '../object.js';
import type { ControllerContext } from './controller.js';
import type { StatefulSet } from './kinds.js';
import { controllerRef } from './ownership.js';
import { claimDone, claimFailed } from './stateful-set-events.js';
import { compact } from './status.js';

const storage = 'persistentvolumeclaims';

/** What is known of a pod that may not be there yet. */
export type PodIdentity = Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>;

export const claimName = (set: StatefulSet, template: string, ordinal: number): string =>
  `${template}-${set.metadata.name}-${ordinal}`;

function claimsOf(set: StatefulSet, ordinal: number, { api }: ControllerContext): KubeObject[] {
  const names = (set.spec.volumeClaimTemplates ?? []).map(({ metadata }) =>
    claimName(set, metadata.name, ordinal),
  );
  return names
    .map((name) => api.find(storage, set.metadata.namespace, name))
    .filter((claim) => claim !== undefined);
}

/**
 * Creates the claims that the pod of the number lacks.
 *
 * @throws ApiError if one is refused, or is there and on its way out
 */
export function createClaims(
  set: StatefulSet,
  ordinal: number,
  pod: string,
  context: ControllerContext,
): void {
  const { api } = context;
  const { namespace } = set.metadata;
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const name = claimName(set, template.metadata.name, ordinal);
    const former = api.find(storage, namespace, name);
    if (former?.metadata.deletionTimestamp !== undefined)
      throw new ApiError(409, 'Conflict', `pvc ${name} is being deleted`);
    if (former !== undefined) continue;
    try {
      api.create(claimOf(set, template, name));
      claimDone(context, set, name, pod);
    } catch (error) {
      if (!isApiError(error)) throw error;
      claimFailed(context, set, name, pod, error);
      throw new ApiError(
        error.code,
        error.reason,
        `failed to create PVC ${name}: ${error.message}`,
        error.details,
      );
    }
  }
}

function claimOf(
  { metadata, spec }: StatefulSet,
  template: { metadata: ObjectMeta; spec: Record<string, unknown> },
  name: string,
): KubeObject {
  const { labels, annotations } = template.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      ...compact({ namespace: metadata.namespace, annotations }),
      labels: { ...labels, ...spec.selector.matchLabels },
    },
    spec: template.spec,
  };
}

/** Whether a claim still belongs to a former pod of the number, with which it is to go (upstream: `PodClaimIsStale`). */
export function hasStaleClaim(
  set: StatefulSet,
  pod: PodIdentity,
  ordinal: number,
  context: ControllerContext,
): boolean {
  const { whenScaled } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  return whenScaled === 'Delete' && claimsOf(set, ordinal, context).some((claim) => isStale(claim, pod));
}

/**
 * Lets the claims of a pod be owned by who is to take them along: the set (`whenDeleted`), or the pod once its number
 * is beyond the set's replicas (`whenScaled`). Upstream: `UpdatePodClaimForRetentionPolicy`.
 */
export function claimOwnership(
  set: StatefulSet,
  pod: PodIdentity,
  ordinal: number,
  isCondemned: boolean,
  context: ControllerContext,
): void {
  const { whenScaled, whenDeleted } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const byPod = whenScaled === 'Delete' && isCondemned;
  const bySet = whenDeleted === 'Delete' && !byPod;
  const hasPolicy = whenScaled === 'Delete' || whenDeleted === 'Delete';
  for (const claim of claimsOf(set, ordinal, context)) {
    // Whose owner has gone is the garbage collector's.
    if (isStale(claim, set) || isStale(claim, pod)) continue;
    const references = claim.metadata.ownerReferences ?? [];
    const own = references.filter((reference) => isTo(reference, set) || isTo(reference, pod));
    const others = references.filter((reference) => !own.includes(reference));
    const isForeign = hasPolicy && others.some(({ controller }) => controller === true);
    if (isForeign) {
      const message = `PersistentVolumeClaim ${claim.metadata.name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`;
      context.events.record(set, 'Warning', 'ConflictingController', message);
    }
    const wanted = isForeign
      ? []
      : [...(bySet ? [controllerRef(set)] : []), ...(byPod ? [controllerRef(pod)] : [])];
    if (own.length === wanted.length && own.every((reference) => isAmong(reference, wanted))) continue;
    const metadata = { ...claim.metadata, ownerReferences: [...others, ...wanted] };
    context.api.update({ ...claim, metadata });
  }
}

const isTo = (reference: OwnerReference, { apiVersion, kind, metadata }: PodIdentity): boolean =>
  reference.apiVersion === apiVersion && reference.kind === kind && reference.name === metadata.name;

const isStale = ({ metadata }: KubeObject, owner: PodIdentity): boolean =>
  (metadata.ownerReferences ?? []).some(
    (reference) => isTo(reference, owner) && reference.uid !== owner.metadata.uid,
  );

const isAmong = ({ uid, controller }: OwnerReference, wanted: readonly OwnerReference[]): boolean =>
  controller === true && wanted.some((reference) => reference.uid === uid);
