import type { FieldCause } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import type { RegistryContext } from '../context.js';
import { equalJson } from '../../codec/json.js';
import type { Strategy } from '../strategy.js';
import { protect } from './volume.js';

const CLASSES = 'storageclasses.storage.k8s.io';
const DEFAULT_CLASS = '"storageclass.kubernetes.io/is-default-class":"true"';

interface ClaimSpec {
  storageClassName?: string;
  volumeName?: string;
  resources?: unknown;
  volumeAttributesClassName?: string;
}

/** The DefaultStorageClass admission. */
function setDefaultClass(claim: KubeObject, context: RegistryContext): void {
  const spec = claim.spec as ClaimSpec | undefined;
  if (spec === undefined || spec.storageClassName !== undefined) return;
  const key = context.store
    .keys(CLASSES)
    .find((candidate) => context.store.read(CLASSES, candidate)?.includes(DEFAULT_CLASS) === true);
  if (key !== undefined) spec.storageClassName = key.slice(1);
}

/** A claim's spec is fixed but for the requested size and, once, the volume. */
function validateUpdate(claim: KubeObject, old: KubeObject): FieldCause[] {
  const fixed = (spec: ClaimSpec, before: ClaimSpec): unknown => ({
    ...spec,
    resources: null,
    volumeAttributesClassName: null,
    volumeName: before.volumeName ? spec.volumeName : null,
    storageClassName: before.storageClassName === undefined ? null : spec.storageClassName,
  });
  const [now, before] = [claim.spec as ClaimSpec, old.spec as ClaimSpec];
  if (equalJson(fixed(now, before), fixed(before, before))) return [];
  return [
    {
      field: 'spec',
      reason: 'FieldValueForbidden',
      message:
        'Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    },
  ];
}

export const claimStrategy: Strategy = {
  initialStatus: { phase: 'Pending' },
  returnsDeleted: true,
  prepareForCreate(claim, context) {
    setDefaultClass(claim, context);
    protect(claim, 'kubernetes.io/pvc-protection', context);
  },
  validateUpdate,
};
