import { equalJson } from '../../codec/json.js';
import type { Strategy } from '../strategy.js';
import { protect } from './volume.js';

/** Counts changes of its spec, but begins without a generation: k8s.io/kubernetes `pkg/registry/storage/csidriver`. */
export const driverStrategy: Strategy = {
  returnsDeleted: true,
  prepareForUpdate(driver, old) {
    if (!equalJson(driver['spec'], old['spec']))
      driver.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
};

/** `pkg/registry/storage/volumeattributesclass`. */
export const attributesClassStrategy: Strategy = {
  returnsDeleted: true,
  immutable: ['driverName', 'parameters'],
  prepareForCreate(attributesClass, context) {
    protect(attributesClass, 'kubernetes.io/vac-protection', context);
  },
};
