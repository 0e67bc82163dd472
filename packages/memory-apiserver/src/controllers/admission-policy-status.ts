import { POLICIES, type PolicySpec } from '../registry/admission-policies/policy.js';
import { typeWarnings } from '../registry/admission-policies/type-check.js';
import type { Controller } from './controller.js';

/**
 * Checks the types in ValidatingAdmissionPolicies and tells in their status what it found: k8s.io/kubernetes
 * `pkg/controller/validatingadmissionpolicystatus`.
 */
export function admissionPolicyStatusController(): Controller {
  return {
    name: 'validating-admission-policy-status',
    watches: [POLICIES],
    keysFor: ({ type, object }) => (type === 'DELETED' ? [] : [object.metadata.name]),
    reconcile(name, { api, cluster }) {
      const policy = api.find(POLICIES, undefined, name);
      if (policy === undefined) return;
      const { generation } = policy.metadata;
      const { observedGeneration } = (policy.status ?? {}) as { observedGeneration?: number };
      if (observedGeneration === generation) return;
      const warnings = typeWarnings(policy.spec as PolicySpec, cluster.catalog);
      const typeChecking = warnings.length === 0 ? {} : { expressionWarnings: warnings };
      api.update(
        { ...policy, status: { observedGeneration: generation, typeChecking } },
        { subresource: 'status' },
      );
    },
  };
}
