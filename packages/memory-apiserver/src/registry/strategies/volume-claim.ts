import type { FieldCause } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import { textAt } from '../../schema/read.js';
import { equalJson } from '../../codec/json.js';
import type { Strategy } from '../strategy.js';
import { protect } from './volume.js';

interface ClaimSpec {
  storageClassName?: string;
  volumeName?: string;
  resources?: unknown;
  volumeAttributesClassName?: string;
}

/** A claim's spec is fixed but for the requested size and, once, the volume. */
function validateUpdate(claim: KubeObject, old: KubeObject): FieldCause[] {
  const isBound = textAt(old, 'status', 'phase') === 'Bound';
  const fixed = (spec: ClaimSpec, before: ClaimSpec): unknown => ({
    ...spec,
    ...(isBound ? { resources: null, volumeAttributesClassName: null } : {}),
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
    protect(claim, 'kubernetes.io/pvc-protection', context);
  },
  validateUpdate,
};
