/** Who makes a request: `user.Info` of k8s.io/apiserver. */
export interface UserInfo {
  username: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, string[]>;
}

/** What a request wants to do, as RBAC sees it. */
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

export interface Authorizer {
  authorize(attributes: RequestAttributes): { allowed: boolean; reason?: string };
}

/** Every known user may do everything. */
export const allowAll: Authorizer = { authorize: () => ({ allowed: true }) };

export function serviceAccountUser(namespace: string, name: string, uid: string): UserInfo {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}
