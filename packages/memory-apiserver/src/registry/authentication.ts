import type { KubeObject } from '../object.js';
import type { RegistryContext } from './context.js';
import { quoteList } from './rbac/rule-coverage.js';
import type { ServiceAccountClaims } from './service-account-tokens.js';
import { ISSUER, LEEWAY_MS } from './service-account-tokens.js';
import type { UserInfo } from './user.js';
import { AUTHENTICATED, serviceAccountUser } from './user.js';

/** What a token proves, for which of the audiences that were asked about. */
export interface Authenticated {
  user: UserInfo;
  audiences: string[];
}

const INVALID = 'invalid bearer token';
const API: readonly string[] = [ISSUER];

/** `extra` of users, as k8s.io/apiserver `pkg/authentication/serviceaccount/util.go` names it. */
const EXTRA = 'authentication.kubernetes.io';

/** A Secret's token that was good, and what this hangs on: the texts of Secret and account. */
interface GoodToken {
  readonly token: string;
  readonly user: UserInfo;
  readonly secretKey: string;
  readonly secret: string | undefined;
  readonly accountKey: string;
  readonly account: string | undefined;
}

/** Who has a bearer token: given tokens first, then those of service accounts. */
export class TokenAuthenticator {
  readonly #given = new Map<string, UserInfo>();
  /** The one used last: most of a cluster's requests have the same. */
  #lastGood: GoodToken | undefined;

  constructor(
    private readonly context: RegistryContext,
    given: Readonly<Record<string, UserInfo>> = {},
  ) {
    for (const [token, user] of Object.entries(given)) this.allow(token, user);
  }

  allow(token: string, user: UserInfo): void {
    const { groups } = user;
    const complete = groups.includes(AUTHENTICATED) ? groups : [...groups, AUTHENTICATED];
    this.#given.set(token, { ...user, groups: complete });
  }

  revoke(token: string): void {
    this.#given.delete(token);
  }

  /** The user, or undefined for a token that isn't, or no longer, valid for this cluster's API. */
  authenticate(token: string): UserInfo | undefined {
    const given = this.#given.get(token);
    if (given !== undefined) return given;
    const last = this.#lastGood;
    if (last?.token === token && this.#isUnchanged(last)) return last.user;
    const answer = this.review(token, API);
    return 'error' in answer ? undefined : answer.user;
  }

  #isUnchanged({ secretKey, secret, accountKey, account }: GoodToken): boolean {
    const { store } = this.context;
    return (
      store.read('secrets', secretKey) === secret && store.read('serviceaccounts', accountKey) === account
    );
  }

  /** As a TokenReview asks; without audiences the API server itself is meant. */
  review(token: string, audiences: readonly string[]): Authenticated | { error: string } {
    const asked = audiences.length === 0 ? API : audiences;
    const given = this.#given.get(token);
    if (given !== undefined) {
      const common = asked.filter((audience) => API.includes(audience));
      return common.length === 0 ? { error: INVALID } : { user: given, audiences: common };
    }
    try {
      const claims = this.context.tokens.read(token);
      return claims === undefined ? { error: INVALID } : this.#serviceAccount(token, claims, asked);
    } catch (error) {
      return { error: `[${INVALID}, ${(error as Error).message}]` };
    }
  }

  /**
   * Tokens carry the account's UID, which no other cluster has, so they are worth nothing elsewhere. Throws Error
   * with what k8s.io/kubernetes `pkg/serviceaccount` (`claims.go`, `legacy.go`) has against a token.
   */
  #serviceAccount(token: string, claims: ServiceAccountClaims, asked: readonly string[]): Authenticated {
    const { namespace, serviceAccount, boundTo, secretName } = claims;
    const meant = claims.audiences.length === 0 ? API : claims.audiences;
    const audiences = meant.filter((audience) => asked.includes(audience));
    if (audiences.length === 0) {
      throw new Error(
        `token audiences ${quoteList(meant)} is invalid for the target audiences ${quoteList(asked)}`,
      );
    }
    if (secretName !== undefined) this.#checkSecret(token, namespace, secretName);
    const account = this.#find('serviceaccounts', namespace, serviceAccount.name);
    if (account === undefined)
      throw new Error(`serviceaccounts ${JSON.stringify(serviceAccount.name)} not found`);
    if (account.metadata.uid !== serviceAccount.uid) {
      const claim = `(${account.metadata.uid}) does not match claim (${serviceAccount.uid})`;
      throw new Error(`${secretName === undefined ? 'service account' : 'ServiceAccount'} UID ${claim}`);
    }
    if (this.#isLongDeleted(account))
      throw new Error(`service account ${namespace}/${serviceAccount.name} has been deleted`);
    if (boundTo !== undefined) this.#checkBound(namespace, boundTo);
    const user = userOf(claims);
    if (secretName !== undefined && account.metadata.deletionTimestamp === undefined)
      this.#remember(token, user, `${namespace}/${secretName}`, `${namespace}/${serviceAccount.name}`);
    return { user, audiences };
  }

  #remember(token: string, user: UserInfo, secretKey: string, accountKey: string): void {
    const { store } = this.context;
    const secret = store.read('secrets', secretKey);
    const account = store.read('serviceaccounts', accountKey);
    this.#lastGood = { token, user, secretKey, secret, accountKey, account };
  }

  /** A Secret's token is the one that stands in the Secret. */
  #checkSecret(token: string, namespace: string, name: string): void {
    const secret = this.#find('secrets', namespace, name);
    if (secret === undefined || secret.metadata.deletionTimestamp !== undefined)
      throw new Error('Token has been invalidated');
    const { data } = secret as { data?: Record<string, string> };
    if (data?.token !== Buffer.from(token).toString('base64'))
      throw new Error("Token does not match server's copy");
  }

  #checkBound(namespace: string, { kind, name, uid }: NonNullable<ServiceAccountClaims['boundTo']>): void {
    const what = kind.toLowerCase();
    const object = this.#find(`${what}s`, kind === 'Node' ? '' : namespace, name);
    if (object === undefined || this.#isLongDeleted(object))
      throw new Error('service account token has been invalidated');
    if (object.metadata.uid === uid) return;
    const claim = `(${object.metadata.uid}) does not match service account ${what} ref claim (${uid})`;
    throw new Error(`${kind === 'Node' ? 'node' : kind} UID ${claim}`);
  }

  #isLongDeleted({ metadata }: Pick<KubeObject, 'metadata'>): boolean {
    const { deletionTimestamp } = metadata;
    if (deletionTimestamp === undefined) return false;
    return Date.parse(deletionTimestamp) < this.context.now() - LEEWAY_MS;
  }

  #find(storage: string, namespace: string, name: string): Pick<KubeObject, 'metadata'> | undefined {
    const text = this.context.store.read(storage, `${namespace}/${name}`);
    return text === undefined ? undefined : (JSON.parse(text) as Pick<KubeObject, 'metadata'>);
  }
}

function userOf({ namespace, serviceAccount, boundTo, node, id }: ServiceAccountClaims): UserInfo {
  const user = serviceAccountUser(namespace, serviceAccount.name, serviceAccount.uid);
  const extra: Record<string, string[]> = {};
  if (id !== undefined) extra[`${EXTRA}/credential-id`] = [`JTI=${id}`];
  if (node !== undefined) {
    extra[`${EXTRA}/node-name`] = [node.name];
    if (node.uid) extra[`${EXTRA}/node-uid`] = [node.uid];
  }
  if (boundTo?.kind === 'Pod') {
    extra[`${EXTRA}/pod-name`] = [boundTo.name];
    extra[`${EXTRA}/pod-uid`] = [boundTo.uid];
  }
  return Object.keys(extra).length === 0 ? user : { ...user, extra };
}
