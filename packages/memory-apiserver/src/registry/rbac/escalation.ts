import { equalJson } from '../../codec/json.js';
import { forbidden, notFound } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import type { ResourceInfo } from '../../schema/resource.js';
import type { RegistryContext } from '../context.js';
import type { PolicyRule, RequestAttributes } from '../user.js';
import { EVERYTHING, MASTERS } from '../user.js';
import type { RoleRef } from './role-binding.js';
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES } from './role-binding.js';
import { describeRules, quoteList, uncovered } from './rule-coverage.js';

const GROUP = 'rbac.authorization.k8s.io';

/** A write of a role or binding by a user. */
interface Write {
  context: RegistryContext;
  resource: ResourceInfo;
  object: KubeObject;
  /** Undefined for a new object. */
  old: KubeObject | undefined;
  request: RequestAttributes;
}

/**
 * Refuses to let users give away what they don't have: k8s.io/kubernetes `pkg/registry/rbac/<kind>/policybased` and
 * `escalation_check.go`. Throws Forbidden; NotFound for a binding to a role that isn't there.
 */
export function confirmNoEscalation(write: Write): void {
  const { resource, object, old, request } = write;
  const check = checks[resource.storage];
  if (check === undefined || request.user.groups.includes(MASTERS)) return;
  if (old !== undefined && isOnlyForGarbageCollection(object, old)) return;
  check(write);
}

/** Finalizers and owners are the garbage collector's business, which need not have the role's rights. */
function isOnlyForGarbageCollection(object: KubeObject, old: KubeObject): boolean {
  const { ownerReferences, finalizers, managedFields } = old.metadata;
  const kept = Object.entries({ ownerReferences, finalizers, managedFields });
  const metadata = { ...object.metadata } as Record<string, unknown>;
  for (const [field, value] of kept) {
    if (value === undefined) delete metadata[field];
    else metadata[field] = value;
  }
  return equalJson({ ...object, metadata }, old);
}

function checkRole(write: Write): void {
  const { context, object, old, request, resource } = write;
  if (mayEscalate(context, resource, request)) return;
  confirmRules(write, (object['rules'] ?? []) as PolicyRule[]);
  const aggregates = aggregatesRoles(object) || (old !== undefined && aggregatesRoles(old));
  // It can gather anything.
  if (resource.storage === CLUSTER_ROLES && aggregates && missingOf(write, EVERYTHING).rules.length > 0) {
    throw forbidden(
      resource,
      object.metadata.name,
      'must have cluster-admin privileges to use the aggregationRule',
    );
  }
}

function aggregatesRoles(role: KubeObject): boolean {
  const rule = role['aggregationRule'] as { clusterRoleSelectors?: unknown[] | null } | null | undefined;
  return (rule?.clusterRoleSelectors ?? []).length > 0;
}

function checkBinding(write: Write): void {
  const { context, object, resource, request } = write;
  const given = (object['roleRef'] ?? {}) as { apiGroup?: string; kind?: string; name?: string };
  const roleRef = { kind: given.kind ?? '', name: given.name ?? '' };
  const namespace = resource.namespaced ? (request.resource?.namespace ?? '') : '';
  if (mayBind(context, { ...roleRef, group: given.apiGroup || GROUP }, namespace, request)) return;
  const rules = context.rbac.policy.rulesOf(roleRef, namespace);
  // Upstream too names the kind of the request, not of the role.
  if (rules === undefined) throw notFound(resource, roleRef.name);
  confirmRules(write, rules);
}

function mayEscalate(
  context: RegistryContext,
  { group, plural }: ResourceInfo,
  { user, resource }: RequestAttributes,
): boolean {
  const { namespace = '', name = '' } = resource ?? {};
  const role = { group, version: '*', resource: plural, subresource: '', namespace, name };
  return context.authorizer.authorize({ user, verb: 'escalate', resource: role }).allowed;
}

function mayBind(
  context: RegistryContext,
  { kind, name, group }: { kind: string; name: string; group: string },
  namespace: string,
  { user }: RequestAttributes,
): boolean {
  if (kind !== 'ClusterRole' && kind !== 'Role') return false;
  const plural = `${kind.toLowerCase()}s`;
  const role = { group, version: '*', resource: plural, subresource: '', namespace, name };
  return context.authorizer.authorize({ user, verb: 'bind', resource: role }).allowed;
}

/** Which of the rules the user doesn't have, where the request is about. */
function missingOf(
  { context, resource, request }: Write,
  wanted: readonly PolicyRule[],
): { rules: PolicyRule[]; error: string | undefined } {
  const namespace = request.resource?.namespace ?? '';
  const missingRole = ({ name }: RoleRef): string => notFound(resource, name).message;
  const { rules, error } = context.rbac.rulesFor(request.user, namespace, missingRole);
  return { rules: uncovered(rules, wanted), error };
}

function confirmRules(write: Write, wanted: readonly PolicyRule[]): void {
  const { object, resource, request } = write;
  const missing = missingOf(write, wanted);
  if (missing.rules.length === 0) return;
  const { username, groups } = request.user;
  const who = `user ${JSON.stringify(username)} (groups=${quoteList(groups)})`;
  const errors = missing.error === undefined ? '' : `; resolution errors: [${missing.error}]`;
  throw forbidden(
    resource,
    object.metadata.name,
    `${who} is attempting to grant RBAC permissions not currently held:\n${describeRules(missing.rules)}${errors}`,
  );
}

const checks: Readonly<Record<string, (write: Write) => void>> = {
  [CLUSTER_ROLES]: checkRole,
  [ROLES]: checkRole,
  [CLUSTER_ROLE_BINDINGS]: checkBinding,
  [ROLE_BINDINGS]: checkBinding,
};
