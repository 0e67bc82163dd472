import { forbidden } from '../../errors.js';
import type { Strategy } from '../strategy.js';

/** Names that begin so are Kubernetes' own. */
const SYSTEM_PREFIX = 'system-';

/** k8s.io/kubernetes `pkg/registry/scheduling/priorityclass`. */
export const priorityClassStrategy: Strategy = {
  immutable: ['value', 'preemptionPolicy'],
  // It has one, but nothing counts it up.
  prepareForCreate({ metadata }) {
    metadata.generation = 1;
  },
  beforeDelete({ metadata: { name } }) {
    if (!name.startsWith(SYSTEM_PREFIX)) return;
    const resource = { group: 'scheduling.k8s.io', plural: 'priorityclasses' };
    throw forbidden(resource, name, 'this is a system priority class and cannot be deleted');
  },
};
