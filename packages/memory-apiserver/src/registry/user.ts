/** Who makes a request: `user.Info` of k8s.io/apiserver. */
export interface UserInfo {
  username: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, string[]>;
}

/** What a request wants to do, as RBAC sees it: `authorizer.Attributes` of k8s.io/apiserver. */
export interface RequestAttributes {
  user: UserInfo;
  verb: string;
  /** Given for requests of resources. */
  resource?: {
    group: string;
    version: string;
    resource: string;
    subresource: string;
    namespace: string;
    name: string;
  };
  /** Given for all others, such as `/healthz`. */
  path?: string;
}

/** One thing that roles allow: `rbac/v1` PolicyRule. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** Everything that a user may do in a namespace, as far as it can be told. */
export interface UserRules {
  rules: readonly PolicyRule[];
  /** There may be more. */
  incomplete: boolean;
  /** What went wrong in finding them. */
  error?: string;
}

export interface Authorizer {
  authorize(attributes: RequestAttributes): { allowed: boolean; reason?: string };
  /** For SelfSubjectRulesReviews; without it they are answered as incomplete. */
  rulesFor?(user: UserInfo, namespace: string): UserRules;
}

/** What cluster-admin may do. */
export const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** Every known user may do everything. */
export const allowAll: Authorizer = {
  authorize: () => ({ allowed: true }),
  rulesFor: () => ({ rules: EVERYTHING, incomplete: false }),
};

/** Members may do everything, whatever RBAC says: `user.SystemPrivilegedGroup` of k8s.io/apiserver. */
export const MASTERS = 'system:masters';
export const AUTHENTICATED = 'system:authenticated';
export const UNAUTHENTICATED = 'system:unauthenticated';

export const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: [UNAUTHENTICATED] };

export const serviceAccountName = (namespace: string, name: string): string =>
  `system:serviceaccount:${namespace}:${name}`;

/** Groups of all service accounts of the namespace. */
export const serviceAccountGroups = (namespace: string): string[] => [
  'system:serviceaccounts',
  `system:serviceaccounts:${namespace}`,
];

export function serviceAccountUser(namespace: string, name: string, uid: string): UserInfo {
  return {
    username: serviceAccountName(namespace, name),
    uid,
    groups: [...serviceAccountGroups(namespace), AUTHENTICATED],
  };
}
