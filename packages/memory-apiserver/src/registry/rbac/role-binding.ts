import type { UserInfo } from '../user.js';
import { serviceAccountName } from '../user.js';

/** Storages that RBAC reads. */
export const CLUSTER_ROLES = 'clusterroles.rbac.authorization.k8s.io';
export const ROLES = 'roles.rbac.authorization.k8s.io';
export const CLUSTER_ROLE_BINDINGS = 'clusterrolebindings.rbac.authorization.k8s.io';
export const ROLE_BINDINGS = 'rolebindings.rbac.authorization.k8s.io';

export interface RoleRef {
  readonly kind: string;
  readonly name: string;
}

interface SubjectFields {
  kind: string;
  name: string;
  namespace?: string;
}

/** One subject of a binding, ready to be compared with users. */
interface Subject {
  /** Undefined for groups, and for what can be nobody. */
  readonly username: string | undefined;
  readonly group: string | undefined;
  /** `User "jane"`, `ServiceAccount "name/namespace"`. */
  readonly text: string;
}

/** A ClusterRoleBinding or RoleBinding, as far as it decides what users may do. */
export interface Binding {
  readonly roleRef: RoleRef;
  readonly subjects: readonly Subject[];
  /** `ClusterRoleBinding "name"`, `RoleBinding "name/namespace"`. */
  readonly text: string;
}

/** What stands in a binding's object. */
export interface BindingFields {
  metadata: { name: string; namespace?: string };
  roleRef?: { kind?: string; name?: string };
  subjects?: readonly SubjectFields[] | null;
}

/** Texts as `describeSubject` and the describers in k8s.io/kubernetes `pkg/registry/rbac/validation/rule.go` write them. */
export function bindingOf({ metadata, roleRef, subjects }: BindingFields): Binding {
  const { name, namespace = '' } = metadata;
  return {
    roleRef: { kind: roleRef?.kind ?? '', name: roleRef?.name ?? '' },
    subjects: (subjects ?? []).map((subject) => subjectOf(subject, namespace)),
    text:
      namespace === ''
        ? `ClusterRoleBinding ${JSON.stringify(name)}`
        : `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}`,
  };
}

function subjectOf({ kind, name, namespace }: SubjectFields, home: string): Subject {
  if (kind !== 'ServiceAccount') {
    return {
      username: kind === 'User' ? name : undefined,
      group: kind === 'Group' ? name : undefined,
      text: `${kind} ${JSON.stringify(name)}`,
    };
  }
  const where = namespace || home;
  return {
    username: where === '' ? undefined : serviceAccountName(where, name),
    group: undefined,
    text: `ServiceAccount ${JSON.stringify(`${name}/${where}`)}`,
  };
}

/** The first subject of the binding that the user is. */
export function matchingSubject({ subjects }: Binding, user: UserInfo): Subject | undefined {
  for (const subject of subjects) {
    const { username, group } = subject;
    if (
      group === undefined ? username === user.username && username !== undefined : user.groups.includes(group)
    )
      return subject;
  }
  return undefined;
}
