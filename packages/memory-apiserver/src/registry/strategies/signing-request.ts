import type { KubeObject } from '../../object.js';
import { timestamp } from '../../store/identity.js';
import type { Strategy } from '../strategy.js';

interface Condition {
  type?: string;
  status?: string;
  lastUpdateTime?: string | null;
  lastTransitionTime?: string | null;
}

const conditionsOf = ({ status }: KubeObject): Condition[] =>
  (status as { conditions?: Condition[] } | undefined)?.conditions ?? [];

/**
 * What is asked for stays as it was first; only the status changes: k8s.io/kubernetes
 * `pkg/registry/certificates/certificates/strategy.go`.
 */
export const signingRequestStrategy: Strategy = {
  initialStatus: {},
  prepareForUpdate(request, old, context, subresource) {
    request['spec'] = old['spec'] as unknown;
    if (subresource === '') return;
    const now = timestamp(context.now());
    for (const condition of conditionsOf(request)) {
      condition.lastUpdateTime ||= now;
      condition.lastTransitionTime ||= transitionOf(condition, old) ?? now;
    }
  },
};

/** When a condition came to the status that it still has. */
function transitionOf({ type, status }: Condition, old: KubeObject): string | undefined {
  const before = conditionsOf(old).find(
    (condition) => condition.type === type && condition.status === status,
  );
  return before?.lastTransitionTime ?? undefined;
}
