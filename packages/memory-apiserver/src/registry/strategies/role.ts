import type { KubeObject } from '../../object.js';
import type { Strategy } from '../strategy.js';

/** Protobuf, in which etcd has roles, knows no difference between no rules and an empty list of them. */
function storeRules(role: KubeObject): void {
  const rules: unknown = role['rules'];
  if (Array.isArray(rules) && rules.length === 0) role['rules'] = null;
}

export const roleStrategy: Strategy = {
  createOnUpdate: true,
  prepareForCreate: storeRules,
  prepareForUpdate: storeRules,
};
