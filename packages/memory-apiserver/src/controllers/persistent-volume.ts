import { isApiError } from '../errors.js';
import type { Controller, ControllerContext } from './controller.js';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { freeVolume, isMeantFor, mismatch, reservedVolume } from './persistent-volume-match.js';
import { classOf, consumersOf, defaultClass, provision, referenceTo } from './persistent-volume-provision.js';
import { compact, writeStatus } from './status.js';
import { timestamp } from './time.js';

const claims = 'persistentvolumeclaims';
const volumes = 'persistentvolumes';
const classes = 'storageclasses.storage.k8s.io';
const bindCompleted = 'pv.kubernetes.io/bind-completed';
const boundByController = 'pv.kubernetes.io/bound-by-controller';

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
        return type === 'DELETED' ? [] : waiting();
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
  const { api } = context;
  if (claim.metadata.deletionTimestamp !== undefined) return true;
  const all = api.list(volumes) as PersistentVolume[];
  if ((claim.spec.volumeName ?? '') !== '') return bindAsked(claim, all, context);
  const reserved = reservedVolume(claim, all);
  if (reserved !== undefined) {
    bind(claim, reserved, context);
    return true;
  }
  const storageClass = classOf(claim, context);
  const consumers =
    storageClass?.volumeBindingMode === 'WaitForFirstConsumer' ? consumersOf(claim, context) : undefined;
  const node = consumers?.find(({ spec }) => (spec.nodeName ?? '') !== '')?.spec.nodeName;
  if (consumers !== undefined && node === undefined) {
    sayWaiting(claim, consumers, context);
    return false;
  }
  const free = freeVolume(claim, all);
  if (free !== undefined) {
    bind(claim, free, context);
    return true;
  }
  if (storageClass === undefined) return withoutClass(claim, context);
  if (storageClass.provisioner === 'kubernetes.io/no-provisioner') return false;
  const made = provision(claim, storageClass, node, context);
  bind(made.claim, made.volume, context);
  return true;
}

/** For a claim that names its volume no other one will do. */
function bindAsked(
  claim: PersistentVolumeClaim,
  all: readonly PersistentVolume[],
  context: ControllerContext,
): boolean {
  const { events } = context;
  const { volumeName = '' } = claim.spec;
  const volume = all.find(({ metadata }) => metadata.name === volumeName);
  if (volume === undefined) return false;
  const { claimRef } = volume.spec;
  if (claimRef !== undefined && !isMeantFor(claimRef, claim)) {
    events.record(
      claim,
      'Warning',
      'FailedBinding',
      `volume "${volumeName}" already bound to a different claim.`,
    );
    return false;
  }
  const why = claimRef === undefined ? mismatch(claim, volume) : undefined;
  if (why !== undefined) {
    events.record(
      claim,
      'Warning',
      'VolumeMismatch',
      `Cannot bind to requested volume "${volumeName}": ${why}`,
    );
    return false;
  }
  bind(claim, volume, context);
  return true;
}

function sayWaiting(
  claim: PersistentVolumeClaim,
  consumers: readonly Pod[],
  { events }: ControllerContext,
): void {
  const names = consumers.map(({ metadata }) => metadata.name).sort();
  if (names.length === 0) {
    const message = 'waiting for first consumer to be created before binding';
    events.record(claim, 'Normal', 'WaitForFirstConsumer', message);
    return;
  }
  const who = names.length === 1 ? `pod ${names[0] ?? ''}` : `pods ${names.join(',')}`;
  events.record(claim, 'Normal', 'WaitForPodScheduled', `waiting for ${who} to be scheduled`);
}

/** A claim may name no class, or one that isn't there; the former gets a default class that has come since. */
function withoutClass(claim: PersistentVolumeClaim, context: ControllerContext): boolean {
  const { api, events } = context;
  const { storageClassName } = claim.spec;
  if (storageClassName !== undefined && storageClassName !== '') {
    const message = `storageclass.storage.k8s.io "${storageClassName}" not found`;
    events.record(claim, 'Warning', 'ProvisioningFailed', message);
    return false;
  }
  const assigned = storageClassName === undefined ? defaultClass(context) : undefined;
  if (assigned !== undefined) {
    // Which is a change of the claim: it is looked at again.
    api.update({ ...claim, spec: { ...claim.spec, storageClassName: assigned.metadata.name } });
    return true;
  }
  const message = 'no persistent volumes available for this claim and no storage class is set';
  events.record(claim, 'Normal', 'FailedBinding', message);
  return false;
}

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
