import type { ClusterStore } from '../../store/cluster-store.js';
import type { Authorizer, PolicyRule, RequestAttributes, UserInfo, UserRules } from '../user.js';
import { MASTERS } from '../user.js';
import { ClusterPolicy } from './cluster-policy.js';
import { ruleAllows } from './policy-rule.js';
import type { RoleRef } from './role-binding.js';

const ALLOWED = { allowed: true };
const REFUSED = { allowed: false };

/** Says that a role is missing: upstream's authorizer and its storage do it differently. */
export type RoleName = (role: RoleRef) => string;

/** As client-go's listers say it. */
const listerName: RoleName = ({ kind, name }) =>
  `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`;

/**
 * Decides by the Roles and bindings that are stored in one cluster: k8s.io/kubernetes
 * `plugin/pkg/auth/authorizer/rbac`. Costs a cluster nothing until the first request of somebody who isn't of
 * `system:masters`.
 */
export class RbacAuthorizer implements Authorizer {
  #policy: ClusterPolicy | undefined;

  constructor(private readonly store: ClusterStore) {}

  authorize(attributes: RequestAttributes): { allowed: boolean; reason?: string } {
    const { user, resource } = attributes;
    if (user.groups.includes(MASTERS)) return ALLOWED;
    const missing: RoleRef[] = [];
    const allowing = this.policy.findGrant(user, resource?.namespace ?? '', ({ rules, roleRef }) => {
      if (rules === undefined) missing.push(roleRef);
      return rules?.some((rule) => ruleAllows(rule, attributes)) === true;
    });
    if (allowing !== undefined) return { allowed: true, reason: `RBAC: allowed by ${allowing.describe()}` };
    return missing.length === 0
      ? REFUSED
      : { allowed: false, reason: `RBAC: ${aggregate(missing.map(listerName))}` };
  }

  rulesFor(user: UserInfo, namespace: string, roleName: RoleName = listerName): UserRules {
    const rules: PolicyRule[] = [];
    const missing: string[] = [];
    for (const grant of this.policy.grants(user, namespace)) {
      if (grant.rules === undefined) missing.push(roleName(grant.roleRef));
      else rules.push(...grant.rules);
    }
    return { rules, incomplete: false, ...(missing.length === 0 ? {} : { error: aggregate(missing) }) };
  }

  get policy(): ClusterPolicy {
    this.#policy ??= new ClusterPolicy(this.store);
    return this.#policy;
  }
}

/** Several errors as one: `utilerrors.NewAggregate` of k8s.io/apimachinery. */
function aggregate(errors: readonly string[]): string {
  const distinct = [...new Set(errors)];
  return distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`;
}
