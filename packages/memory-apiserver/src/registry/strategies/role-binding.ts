import { equalJson } from '../../codec/json.js';
import { Report } from '../../schema/validation/report.js';
import type { Strategy } from '../strategy.js';

interface RoleRef {
  apiGroup?: string;
  kind?: string;
  name?: string;
}

/** Bindings stay with their role: `ValidateRoleBindingUpdate` of k8s.io/kubernetes `pkg/apis/rbac/validation`. */
export const roleBindingStrategy: Strategy = {
  createOnUpdate: true,
  validateUpdate(binding, old) {
    const report = new Report();
    if (!equalJson(binding['roleRef'], old['roleRef'])) {
      const { apiGroup = '', kind = '', name = '' } = (binding['roleRef'] ?? {}) as RoleRef;
      report.invalid('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef');
    }
    return report.causes;
  },
};
