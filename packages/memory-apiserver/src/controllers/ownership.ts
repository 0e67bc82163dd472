import { isApiError } from '../errors.js';
import type { KubeObject, OwnerReference } from '../object.js';
import type { ClusterApi, StorageName } from '../registry/api.js';

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

/** `apps` of `apps/v1`, `''` of `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/**
 * The dependents of `owner` among the objects of its namespace: adopts those that match and have no controller,
 * releases those that don't match any more (`controller.ControllerRefManager.ClaimObject`).
 */
export function claim<T extends KubeObject>(
  api: ClusterApi,
  owner: KubeObject,
  storage: StorageName,
  matches: (labels: Record<string, string> | undefined) => boolean,
): T[] {
  const claimed: T[] = [];
  const leaving = owner.metadata.deletionTimestamp !== undefined;
  for (const object of api.list(storage, namespaceOf(owner)) as T[]) {
    const current = controllerOf(object);
    const fits = matches(object.metadata.labels);
    if (current !== undefined) {
      if (current.uid !== owner.metadata.uid) continue;
      if (fits) claimed.push(object);
      else if (!leaving) {
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
