import type { KubeObject } from '../../object.js';
import { timestamp } from '../../store/identity.js';
import type { RegistryContext } from '../context.js';
import type { Strategy } from '../strategy.js';

/** The StorageObjectInUseProtection admission: what is in use goes only when its controller takes this off. */
export function protect({ metadata }: KubeObject, finalizer: string, { controllers }: RegistryContext): void {
  if (!controllers.storageProtection || metadata.finalizers?.includes(finalizer) === true) return;
  metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
}

export const volumeStrategy: Strategy = {
  returnsDeleted: true,
  prepareForCreate(volume, context) {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: timestamp(context.now()) };
    protect(volume, 'kubernetes.io/pv-protection', context);
  },
};
