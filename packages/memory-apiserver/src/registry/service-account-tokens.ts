import { randomUUID } from 'node:crypto';
import type { JsonWebKey } from './signing-key.js';
import { SigningKey } from './signing-key.js';

/** Who issues tokens, and by default whom they are for: `--service-account-issuer`. */
export const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const LEGACY_ISSUER = 'kubernetes/serviceaccount';

/** Clocks may differ by so much: `jwt.DefaultLeeway` of go-jose. */
export const LEEWAY_MS = 60_000;

/** Signatures that have been checked and found good are remembered, so that a client's next request costs less. */
const REMEMBERED = 1000;

export interface Reference {
  name: string;
  uid: string;
}

/** Claims of a service account token. */
export interface ServiceAccountClaims {
  namespace: string;
  serviceAccount: Reference;
  /** Secret that a long-lived token stands in. */
  secretName?: string;
  /** What a requested token lives as long as. */
  boundTo?: Reference & { kind: 'Pod' | 'Secret' | 'Node' };
  /** Node of the pod that the token is bound to, for information. */
  node?: { name: string; uid?: string };
  /** Empty for long-lived tokens, which are for the API server only. */
  audiences: readonly string[];
  /** Seconds since the epoch; absent for long-lived tokens. */
  expiresAt?: number;
  /** From then on clients should have a newer one; seconds since the epoch. */
  warnAfter?: number;
  id?: string;
}

/**
 * Makes and checks JWTs (ES256) for service accounts. Whether the account, its Secret or Pod still exist is for
 * the caller to see.
 */
export class ServiceAccountTokens {
  #key: SigningKey | undefined;
  readonly #verified = new Set<string>();

  /** @param seed gives the signing key; without one a random key is made, and tokens end with the process. */
  constructor(
    private readonly seed: string | undefined,
    private readonly now: () => number,
  ) {}

  /** What `/openid/v1/jwks` answers, so that others can check tokens. */
  get publicKeys(): { keys: JsonWebKey[] } {
    return { keys: [this.#signingKey.jwk] };
  }

  /** The token of a `kubernetes.io/service-account-token` Secret; it doesn't expire. */
  issueForSecret(namespace: string, secretName: string, serviceAccount: Reference): string {
    return this.#signingKey.sign({
      iss: LEGACY_ISSUER,
      'kubernetes.io/serviceaccount/namespace': namespace,
      'kubernetes.io/serviceaccount/secret.name': secretName,
      'kubernetes.io/serviceaccount/service-account.name': serviceAccount.name,
      'kubernetes.io/serviceaccount/service-account.uid': serviceAccount.uid,
      sub: `system:serviceaccount:${namespace}:${serviceAccount.name}`,
    });
  }

  /** The token of a TokenRequest; fields in the order of upstream's. */
  issue(claims: ServiceAccountClaims & { expiresAt: number }): string {
    const seconds = Math.floor(this.now() / 1000);
    const { namespace, serviceAccount, boundTo, node, warnAfter } = claims;
    return this.#signingKey.sign({
      aud: claims.audiences,
      exp: claims.expiresAt,
      iat: seconds,
      iss: ISSUER,
      jti: randomUUID(),
      'kubernetes.io': {
        namespace,
        ...(node === undefined ? {} : { node }),
        ...(boundTo === undefined
          ? {}
          : { [boundTo.kind.toLowerCase()]: { name: boundTo.name, uid: boundTo.uid } }),
        serviceaccount: { name: serviceAccount.name, uid: serviceAccount.uid },
        ...(warnAfter === undefined ? {} : { warnafter: warnAfter }),
      },
      nbf: seconds,
      sub: `system:serviceaccount:${namespace}:${serviceAccount.name}`,
    });
  }

  /**
   * The claims of a token; undefined if it isn't one of a service account. Throws Error, with upstream's text, if
   * it wasn't signed here or has expired. A Secret's token is as good as the Secret, so its signature doesn't count:
   * compare it with that.
   */
  read(token: string): ServiceAccountClaims | undefined {
    const end = token.lastIndexOf('.');
    const claims = parseClaims(token);
    if (claims === undefined || claims.secretName !== undefined) return claims;
    if (!this.#isSigned(token, end)) throw new Error('go-jose/go-jose: error in cryptographic primitive');
    if (claims.expiresAt === undefined || claims.expiresAt * 1000 + LEEWAY_MS < this.now())
      throw new Error('service account token has expired');
    return claims;
  }

  #isSigned(token: string, end: number): boolean {
    if (this.#verified.has(token)) return true;
    if (!this.#signingKey.verify(token.slice(0, end), token.slice(end + 1))) return false;
    if (this.#verified.size >= REMEMBERED) this.#verified.clear();
    this.#verified.add(token);
    return true;
  }

  get #signingKey(): SigningKey {
    this.#key ??= new SigningKey(this.seed);
    return this.#key;
  }
}

interface Payload {
  iss?: unknown;
  aud?: unknown;
  exp?: unknown;
  jti?: unknown;
  'kubernetes.io'?: {
    namespace: string;
    serviceaccount: Reference;
    pod?: Reference;
    secret?: Reference;
    node?: Reference;
  };
  [claim: string]: unknown;
}

function parseClaims(token: string): ServiceAccountClaims | undefined {
  const [, text, signature, more] = token.split('.');
  if (text === undefined || signature === undefined || more !== undefined) return undefined;
  let payload: Payload | null;
  try {
    payload = JSON.parse(Buffer.from(text, 'base64url').toString()) as Payload | null;
  } catch {
    return undefined;
  }
  if (payload?.iss === LEGACY_ISSUER) return legacyClaims(payload);
  return payload?.iss === ISSUER ? boundClaims(payload) : undefined;
}

function boundClaims({ aud, exp, jti, 'kubernetes.io': bound }: Payload): ServiceAccountClaims | undefined {
  if (bound?.serviceaccount === undefined) return undefined;
  const { namespace, serviceaccount, pod, secret, node } = bound;
  const target = pod ?? secret ?? node;
  const kind = pod ? 'Pod' : secret ? 'Secret' : 'Node';
  return {
    namespace,
    serviceAccount: serviceaccount,
    audiences: Array.isArray(aud) ? (aud as string[]) : [],
    ...(target === undefined ? {} : { boundTo: { kind, ...target } }),
    ...(node === undefined ? {} : { node }),
    ...(typeof exp === 'number' ? { expiresAt: exp } : {}),
    ...(typeof jti === 'string' ? { id: jti } : {}),
  };
}

function legacyClaims(payload: Payload): ServiceAccountClaims | undefined {
  const claim = (name: string): string => {
    const value = payload[`kubernetes.io/serviceaccount/${name}`];
    return typeof value === 'string' ? value : '';
  };
  if (claim('secret.name') === '') return undefined;
  return {
    namespace: claim('namespace'),
    serviceAccount: { name: claim('service-account.name'), uid: claim('service-account.uid') },
    secretName: claim('secret.name'),
    audiences: [],
  };
}
