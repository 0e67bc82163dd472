import type { ObjectReference, PersistentVolume, PersistentVolumeClaim } from './kinds.js';
import { matchesSelector } from './label-selector.js';
import { amountOf } from './quantity.js';

/** Whether a volume's `claimRef` means the claim; one without a UID was written by a person. */
export const isMeantFor = (reference: ObjectReference, { metadata }: PersistentVolumeClaim): boolean =>
  reference.namespace === metadata.namespace &&
  reference.name === metadata.name &&
  (reference.uid === undefined || reference.uid === '' || reference.uid === metadata.uid);

const sizeOf = ({ spec }: PersistentVolume): number => amountOf(spec.capacity?.['storage']);
const wantedSize = ({ spec }: PersistentVolumeClaim): number =>
  amountOf(spec.resources?.requests?.['storage']);

/** Why the claim can't have the volume, in upstream's words (`checkVolumeSatisfyClaim`); undefined if it can. */
export function mismatch(claim: PersistentVolumeClaim, volume: PersistentVolume): string | undefined {
  const { spec } = claim;
  if (volume.metadata.deletionTimestamp !== undefined)
    return `the volume is marked for deletion "${volume.metadata.name}"`;
  if (sizeOf(volume) < wantedSize(claim)) return 'requested PV is too small';
  if ((volume.spec.storageClassName ?? '') !== (spec.storageClassName ?? ''))
    return 'storageClassName does not match';
  if ((volume.spec.volumeMode ?? 'Filesystem') !== (spec.volumeMode ?? 'Filesystem'))
    return 'incompatible volumeMode';
  if (!(spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode)))
    return 'incompatible accessMode';
  return undefined;
}

/** The volume that was kept for the claim. */
export const reservedVolume = (
  claim: PersistentVolumeClaim,
  all: readonly PersistentVolume[],
): PersistentVolume | undefined =>
  all.find(({ spec: { claimRef } }) => claimRef !== undefined && isMeantFor(claimRef, claim));

/** The smallest free volume that fits. */
export function freeVolume(
  claim: PersistentVolumeClaim,
  all: readonly PersistentVolume[],
): PersistentVolume | undefined {
  const { selector } = claim.spec;
  return all
    .filter(
      (volume) =>
        volume.spec.claimRef === undefined &&
        (selector === undefined || matchesSelector(selector, volume.metadata.labels)) &&
        mismatch(claim, volume) === undefined,
    )
    .sort((a, b) => sizeOf(a) - sizeOf(b))[0];
}
