import { isApiError } from '../errors.js';
import type { Controller, ControllerContext } from './controller.js';
import type { ObjectReference, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { matchesSelector } from './label-selector.js';
import { amountOf } from './quantity.js';
import { compact, writeStatus } from './status.js';
import { timestamp } from './time.js';

const claims = 'persistentvolumeclaims';
const volumes = 'persistentvolumes';
const classes = 'storageclasses.storage.k8s.io';
const bindCompleted = 'pv.kubernetes.io/bind-completed';
const boundByController = 'pv.kubernetes.io/bound-by-controller';
const provisionedBy = 'pv.kubernetes.io/provisioned-by';

/** Stands in keys before volumes, which have no namespace. */
const volumePrefix = 'volume:';

/**
 * Binds claims to volumes, makes volumes for claims of a storage class, and releases or deletes them afterwards
 * (upstream: pkg/controller/volume/persistentvolume; the provisioner is ours and needs no disk).
 */
export const persistentVolumeController = (): Controller => ({
  name: 'persistentvolume-binder',
  watches: [claims, volumes, 'pods', classes],
  keysFor({ type, storage, object, api, waiting }) {
    switch (storage) {
      case claims: {
        const { volumeName } = (object as PersistentVolumeClaim).spec;
        if (type === 'DELETED') return volumeName === undefined ? [] : [volumePrefix + volumeName];
        return (object as PersistentVolumeClaim).status?.phase === 'Bound' ? [] : [keyOf(object)];
      }
      case volumes:
        if (type === 'DELETED') return [];
        // A new volume may be what a claim waits for.
        return [volumePrefix + object.metadata.name, ...waiting()];
      case classes:
        return type === 'ADDED' ? waiting() : [];
      default: {
        const pod = object as Pod;
        if (type === 'DELETED' || pod.spec.nodeName === undefined || pod.status?.phase === 'Running')
          return [];
        const { namespace = '' } = pod.metadata;
        if (api.count(claims, namespace) === 0) return [];
        return (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) =>
          claim === undefined ? [] : [`${namespace}/${claim.claimName}`],
        );
      }
    }
  },
  reconcile(key, context) {
    if (key.startsWith(volumePrefix)) {
      const volume = context.api.find(volumes, undefined, key.slice(volumePrefix.length)) as
        PersistentVolume | undefined;
      if (volume !== undefined) syncVolume(volume, context);
      return;
    }
    const { namespace, name } = splitKey(key);
    const claim = context.api.find(claims, namespace, name) as PersistentVolumeClaim | undefined;
    if (claim !== undefined && claim.status?.phase !== 'Bound' && !syncClaim(claim, context)) {
      context.requeue(key, unboundRetryMs);
    }
  },
});

/** Unbound claims wait for a volume, a class or a pod; this long at most. */
const unboundRetryMs = 300_000;

/** Binds the claim if it can be bound now. Answers whether it is done with. */
function syncClaim(claim: PersistentVolumeClaim, context: ControllerContext): boolean {
  const { api, events } = context;
  if (claim.metadata.deletionTimestamp !== undefined) return true;
  const volume = findVolume(claim, api.list(volumes) as PersistentVolume[]) ?? provision(claim, context);
  if (volume !== undefined) {
    bind(claim, volume, context);
    return true;
  }
  if (claim.status?.phase === undefined) writeStatus(api, claim, { ...claim.status, phase: 'Pending' });
  if ((claim.spec.storageClassName ?? '') === '') {
    const message = 'no persistent volumes available for this claim and no storage class is set';
    events.record(claim, 'Normal', 'FailedBinding', message);
  }
  return false;
}

const isMeantFor = (reference: ObjectReference, { metadata }: PersistentVolumeClaim): boolean =>
  reference.namespace === metadata.namespace &&
  reference.name === metadata.name &&
  (reference.uid === undefined || reference.uid === '' || reference.uid === metadata.uid);

/** The volume reserved for the claim, or the smallest free one that fits. */
function findVolume(
  claim: PersistentVolumeClaim,
  all: readonly PersistentVolume[],
): PersistentVolume | undefined {
  const { spec } = claim;
  const reserved = all.find(({ spec: { claimRef }, metadata }) =>
    spec.volumeName === undefined || spec.volumeName === ''
      ? claimRef !== undefined && isMeantFor(claimRef, claim)
      : metadata.name === spec.volumeName && (claimRef === undefined || isMeantFor(claimRef, claim)),
  );
  if (reserved !== undefined || (spec.volumeName !== undefined && spec.volumeName !== '')) return reserved;
  const wanted = amountOf(spec.resources?.requests?.['storage']);
  const size = (volume: PersistentVolume): number => amountOf(volume.spec.capacity?.['storage']);
  return all
    .filter(
      (volume) =>
        volume.spec.claimRef === undefined &&
        volume.metadata.deletionTimestamp === undefined &&
        (volume.spec.storageClassName ?? '') === (spec.storageClassName ?? '') &&
        (volume.spec.volumeMode ?? 'Filesystem') === (spec.volumeMode ?? 'Filesystem') &&
        (spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode)) &&
        (spec.selector === undefined || matchesSelector(spec.selector, volume.metadata.labels)) &&
        size(volume) >= wanted,
    )
    .sort((a, b) => size(a) - size(b))[0];
}

/** Makes a volume by the claim's storage class, unless it waits for the first pod or has none. */
function provision(
  claim: PersistentVolumeClaim,
  { api, events }: ControllerContext,
): PersistentVolume | undefined {
  const className = claim.spec.storageClassName ?? '';
  const { namespace = '', name, uid = '' } = claim.metadata;
  if (className === '') return undefined;
  const storageClass = api.find(classes, undefined, className) as StorageClass | undefined;
  if (storageClass === undefined) {
    const message = `storageclass.storage.k8s.io "${className}" not found`;
    events.record(claim, 'Warning', 'ProvisioningFailed', message);
    return undefined;
  }
  if (storageClass.provisioner === 'kubernetes.io/no-provisioner') return undefined;
  if (
    storageClass.volumeBindingMode === 'WaitForFirstConsumer' &&
    !hasConsumer(claim, api.list('pods', { namespace }) as Pod[])
  ) {
    const message = 'waiting for first consumer to be created before binding';
    events.record(claim, 'Normal', 'WaitForFirstConsumer', message);
    return undefined;
  }
  const volumeName = `pvc-${uid}`;
  const existing = api.find(volumes, undefined, volumeName) as PersistentVolume | undefined;
  if (existing !== undefined) return existing;
  const created = api.create({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeName, annotations: { [provisionedBy]: storageClass.provisioner } },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.['storage'] ?? '1Gi' },
      accessModes: claim.spec.accessModes ?? ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: className,
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      claimRef: referenceTo(claim),
      hostPath: { path: `/var/lib/volumes/${volumeName}_${namespace}_${name}`, type: 'DirectoryOrCreate' },
    },
  }) as PersistentVolume;
  events.record(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${volumeName}`);
  return created;
}

const hasConsumer = ({ metadata: { name } }: PersistentVolumeClaim, pods: readonly Pod[]): boolean =>
  pods.some(
    ({ spec }) =>
      spec.nodeName !== undefined &&
      (spec.volumes ?? []).some((volume) => volume.persistentVolumeClaim?.claimName === name),
  );

const referenceTo = ({ metadata }: PersistentVolumeClaim): ObjectReference => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  name: metadata.name,
  ...compact({ namespace: metadata.namespace, uid: metadata.uid, resourceVersion: metadata.resourceVersion }),
});

function bind(claim: PersistentVolumeClaim, volume: PersistentVolume, { api, now }: ControllerContext): void {
  let bound = volume;
  if (volume.spec.claimRef?.uid !== claim.metadata.uid) {
    const annotations = { ...volume.metadata.annotations, [boundByController]: 'yes' };
    const spec = { ...volume.spec, claimRef: referenceTo(claim) };
    bound = api.update({
      ...volume,
      metadata: { ...volume.metadata, annotations },
      spec,
    }) as PersistentVolume;
  }
  writeStatus(api, bound, { ...bound.status, phase: 'Bound', lastPhaseTransitionTime: timestamp(now()) });
  // A claim that asked for this very volume is not said to be bound by the controller.
  const isAsked = (claim.spec.volumeName ?? '') !== '';
  const annotations = {
    ...claim.metadata.annotations,
    [bindCompleted]: 'yes',
    ...(isAsked ? {} : { [boundByController]: 'yes' }),
  };
  const spec = { ...claim.spec, volumeName: volume.metadata.name };
  const updated = api.update({
    ...claim,
    metadata: { ...claim.metadata, annotations },
    spec,
  }) as PersistentVolumeClaim;
  writeStatus(api, updated, {
    ...updated.status,
    phase: 'Bound',
    ...compact({ accessModes: volume.spec.accessModes, capacity: volume.spec.capacity }),
  });
}

/** The volume's phase; what its claim leaves behind is kept or deleted as `persistentVolumeReclaimPolicy` says. */
function syncVolume(volume: PersistentVolume, { api, now }: ControllerContext): void {
  const { claimRef, persistentVolumeReclaimPolicy: policy } = volume.spec;
  const setPhase = (phase: string): void => {
    if (volume.status?.phase === phase) return;
    writeStatus(api, volume, { ...volume.status, phase, lastPhaseTransitionTime: timestamp(now()) });
  };
  const isGoing = volume.metadata.deletionTimestamp !== undefined;
  if (claimRef === undefined || (claimRef.uid ?? '') === '') {
    if (!isGoing) setPhase('Available');
    return;
  }
  const claim = api.find(claims, claimRef.namespace, claimRef.name);
  if (claim?.metadata.uid === claimRef.uid) return;
  // Of one that is to be deleted too: while it is Bound its finalizer stays.
  setPhase('Released');
  if (policy !== 'Delete' || isGoing) return;
  try {
    api.delete(volumes, undefined, volume.metadata.name);
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}
