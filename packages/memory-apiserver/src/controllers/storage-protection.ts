import type { KubeObject } from '../object.js';
import type { Controller, ControllerContext } from './controller.js';
import type { PersistentVolume, Pod } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { isFinished } from './pods.js';
import { compact } from './status.js';

const claims = 'persistentvolumeclaims';
const volumes = 'persistentvolumes';
const claimFinalizer = 'kubernetes.io/pvc-protection';
const volumeFinalizer = 'kubernetes.io/pv-protection';

/**
 * Lets claims and volumes that are to be deleted go once nothing uses them
 * (upstream: pkg/controller/volume/pvcprotection and pvprotection).
 */
export const storageProtectionController = (): Controller => ({
  name: 'storage-protection',
  watches: [claims, volumes, 'pods'],
  keysFor({ type, storage, object, api }) {
    if (storage === 'pods') {
      const pod = object as Pod;
      const { namespace = '' } = pod.metadata;
      if ((type !== 'DELETED' && !isFinished(pod)) || api.count(claims, namespace) === 0) return [];
      return (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) =>
        claim === undefined ? [] : [`${namespace}/${claim.claimName}`],
      );
    }
    return type !== 'DELETED' && object.metadata.deletionTimestamp !== undefined ? [keyOf(object)] : [];
  },
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    if (namespace === '')
      release(volumes, context.api.find(volumes, undefined, name), volumeFinalizer, context);
    else release(claims, context.api.find(claims, namespace, name), claimFinalizer, context);
  },
});

function release(
  storage: string,
  object: KubeObject | undefined,
  finalizer: string,
  context: ControllerContext,
): void {
  const finalizers = object?.metadata.finalizers ?? [];
  if (object?.metadata.deletionTimestamp === undefined || !finalizers.includes(finalizer)) return;
  if (
    storage === claims ? isClaimUsed(object, context) : (object as PersistentVolume).status?.phase === 'Bound'
  )
    return;
  const rest = finalizers.filter((other) => other !== finalizer);
  context.api.update({ ...object, metadata: { ...object.metadata, finalizers: rest } });
}

const isClaimUsed = ({ metadata }: KubeObject, { api }: ControllerContext): boolean =>
  (api.list('pods', compact({ namespace: metadata.namespace })) as Pod[]).some(
    (pod) =>
      !isFinished(pod) &&
      (pod.spec.volumes ?? []).some((volume) => volume.persistentVolumeClaim?.claimName === metadata.name),
  );
