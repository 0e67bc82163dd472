import type { KubeObject } from '../object.js';
import type { RegistryContext } from './context.js';
import type { ServiceAccountClaims } from './service-account-tokens.js';
import type { UserInfo } from './user.js';
import { serviceAccountUser } from './user.js';

/** Who has a bearer token: given tokens first, then those of service accounts. */
export class TokenAuthenticator {
  readonly #given: Map<string, UserInfo>;

  constructor(
    private readonly context: RegistryContext,
    given: Readonly<Record<string, UserInfo>> = {},
  ) {
    this.#given = new Map(Object.entries(given));
  }

  allow(token: string, user: UserInfo): void {
    this.#given.set(token, user);
  }

  revoke(token: string): void {
    this.#given.delete(token);
  }

  /** The user, or undefined for a token that isn't, or no longer, valid in this cluster. */
  authenticate(token: string): UserInfo | undefined {
    const given = this.#given.get(token);
    if (given !== undefined) {
      const authenticated = 'system:authenticated';
      return given.groups.includes(authenticated)
        ? given
        : { ...given, groups: [...given.groups, authenticated] };
    }
    const claims = this.context.tokens.read(token);
    return claims === undefined ? undefined : this.#serviceAccount(token, claims);
  }

  /** Tokens carry the account's UID, which no other cluster has, so they are worth nothing elsewhere. */
  #serviceAccount(token: string, claims: ServiceAccountClaims): UserInfo | undefined {
    const { namespace, serviceAccount } = claims;
    if (this.#uidOf('serviceaccounts', namespace, serviceAccount.name) !== serviceAccount.uid)
      return undefined;
    if (claims.secretName !== undefined && !this.#isIn(token, namespace, claims.secretName)) return undefined;
    const { boundTo } = claims;
    if (boundTo !== undefined) {
      const storage = `${boundTo.kind.toLowerCase()}s`;
      const home = boundTo.kind === 'Node' ? '' : namespace;
      if (this.#uidOf(storage, home, boundTo.name) !== boundTo.uid) return undefined;
    }
    const user = serviceAccountUser(namespace, serviceAccount.name, serviceAccount.uid);
    if (claims.id !== undefined)
      user.extra = { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.id}`] };
    if (boundTo?.kind === 'Pod') {
      user.extra = {
        ...user.extra,
        'authentication.kubernetes.io/pod-name': [boundTo.name],
        'authentication.kubernetes.io/pod-uid': [boundTo.uid],
      };
    }
    return user;
  }

  #uidOf(storage: string, namespace: string, name: string): string | undefined {
    const text = this.context.store.read(storage, `${namespace}/${name}`);
    return text === undefined ? undefined : (JSON.parse(text) as KubeObject).metadata.uid;
  }

  #isIn(token: string, namespace: string, secret: string): boolean {
    const text = this.context.store.read('secrets', `${namespace}/${secret}`);
    if (text === undefined) return false;
    const { data } = JSON.parse(text) as { data?: Record<string, string> };
    return data?.token === Buffer.from(token).toString('base64');
  }
}
