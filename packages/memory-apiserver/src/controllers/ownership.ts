import { isApiError } from '../errors.js';
import type { KubeObject, OwnerReference } from '../object.js';
import type { ClusterApi, StorageName } from '../registry/api.js';
import type { Change, ControllerContext } from './controller.js';
import { adoptionKeyOf, keyOf } from './keys.js';
import type { Pod } from './kinds.js';

/** The reference by which `owner` controls an object (`metav1.NewControllerRef`). */
export function controllerRef(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The reference to the object's managing controller, if it has one. */
export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find(({ controller }) => controller === true);

/** True if `owner` itself, not a former object of its name, controls the object. */
export const isControlledBy = (object: KubeObject, owner: KubeObject): boolean =>
  controllerOf(object)?.uid === owner.metadata.uid;

/** The keys of a controller for kind `kind`, given one of its dependents. */
export function ownerKeys(dependent: KubeObject, kind: string, group: string): readonly string[] {
  const owner = controllerOf(dependent);
  if (owner?.kind !== kind || groupOf(owner.apiVersion) !== group) return [];
  return [`${dependent.metadata.namespace ?? ''}/${owner.name}`];
}

/**
 * The keys of a controller of workloads after a change of one of these or of a pod: the pod's owner, or, for a pod
 * that no one controls, those that select it and may adopt it.
 */
export function workloadKeys<T extends KubeObject>(
  { type, storage: changed, object, api }: Change,
  { storage, kind, group }: { storage: StorageName; kind: string; group: string },
  selects: (workload: T, pod: KubeObject) => boolean,
): readonly string[] {
  if (changed === storage) return type === 'DELETED' ? [] : [keyOf(object)];
  if (controllerOf(object) !== undefined) return ownerKeys(object, kind, group);
  const { namespace } = object.metadata;
  if (type === 'DELETED' || namespace === undefined || api.count(storage, namespace) === 0) return [];
  const workloads = api.list(storage, { namespace }) as T[];
  return workloads.filter((workload) => selects(workload, object)).map(adoptionKeyOf);
}

/** `apps` of `apps/v1`, `''` of `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/**
 * The pods of a workload in its namespace: adopts those that match and have no controller, releases those that don't
 * match any more (`controller.ControllerRefManager.ClaimObject`). Pods to adopt are looked for only if there may be
 * some, as all pods of the namespace have to be read for it: for a workload that is new or changed, or when
 * `adopts` says that a pod without a controller has appeared.
 */
export function claimPods(
  context: ControllerContext,
  owner: KubeObject,
  matches: (labels: Record<string, string> | undefined) => boolean,
  adopts: boolean,
): Pod[] {
  const { api, owners, isIndexed } = context;
  const { namespace, name, generation } = owner.metadata;
  const status = owner['status'] as { observedGeneration?: number } | undefined;
  const isKnown = generation !== undefined && status?.observedGeneration === generation;
  if (!isIndexed || adopts || !isKnown) return claim<Pod>(api, owner, 'pods', matches);
  const pods = owners
    .dependents(owner.kind, name)
    .filter((key) => key.storage === 'pods' && key.namespace === namespace)
    .map((key) => api.find('pods', key.namespace, key.name) as Pod | undefined)
    .filter((pod) => pod !== undefined);
  return claimAmong(api, owner, 'pods', pods, matches);
}

/** The same for any dependents, all objects of the namespace being read. */
export function claim<T extends KubeObject>(
  api: ClusterApi,
  owner: KubeObject,
  storage: StorageName,
  matches: (labels: Record<string, string> | undefined) => boolean,
): T[] {
  return claimAmong(api, owner, storage, api.list(storage, namespaceOf(owner)) as T[], matches);
}

function claimAmong<T extends KubeObject>(
  api: ClusterApi,
  owner: KubeObject,
  storage: StorageName,
  candidates: readonly T[],
  matches: (labels: Record<string, string> | undefined) => boolean,
): T[] {
  const claimed: T[] = [];
  const leaving = owner.metadata.deletionTimestamp !== undefined;
  for (const object of candidates) {
    const current = controllerOf(object);
    const fits = matches(object.metadata.labels);
    if (current !== undefined) {
      if (current.uid !== owner.metadata.uid) continue;
      if (fits) {
        claimed.push(object);
      } else if (!leaving) {
        const rest = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid);
        setOwners<T>(api, storage, object, rest);
      }
    } else if (fits && !leaving && object.metadata.deletionTimestamp === undefined) {
      const references = [...(object.metadata.ownerReferences ?? []), controllerRef(owner)];
      const adopted = setOwners<T>(api, storage, object, references);
      if (adopted !== undefined) claimed.push(adopted);
    }
  }
  return claimed;
}

function setOwners<T extends KubeObject>(
  api: ClusterApi,
  storage: StorageName,
  { metadata: { namespace, name, uid } }: T,
  ownerReferences: OwnerReference[],
): T | undefined {
  try {
    return api.patch(storage, namespace, name, 'merge', { metadata: { uid, ownerReferences } }) as T;
  } catch (error) {
    if (isApiError(error, 'NotFound')) return undefined;
    throw error;
  }
}

const namespaceOf = ({ metadata: { namespace } }: KubeObject): { namespace?: string } =>
  namespace === undefined ? {} : { namespace };
