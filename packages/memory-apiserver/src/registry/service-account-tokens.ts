import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** Claims of a service account token; names as Kubernetes writes them. */
export interface ServiceAccountClaims {
  namespace: string;
  serviceAccount: { name: string; uid: string };
  /** Secret that a long-lived token stands in. */
  secretName?: string;
  /** Pod, Secret or Node that a requested token lives as long as. */
  boundTo?: { kind: string; name: string; uid: string };
  audiences: string[];
  /** Seconds since the epoch; absent for long-lived tokens. */
  expiresAt?: number;
  id?: string;
}

/**
 * Makes and checks JWTs (HS256) for service accounts. Whether the account, its Secret or Pod still exist is for
 * the caller to see.
 */
export class ServiceAccountTokens {
  readonly #key: Buffer;

  /** @param key signs the tokens; without one, a random key: tokens then end with the process. */
  constructor(
    key: string | undefined,
    private readonly now: () => number,
  ) {
    this.#key = key === undefined ? randomBytes(32) : Buffer.from(key);
  }

  /** The token of a `kubernetes.io/service-account-token` Secret; it doesn't expire. */
  issueForSecret(
    namespace: string,
    secretName: string,
    serviceAccount: { name: string; uid: string },
  ): string {
    return this.#sign({
      iss: 'kubernetes/serviceaccount',
      'kubernetes.io/serviceaccount/namespace': namespace,
      'kubernetes.io/serviceaccount/secret.name': secretName,
      'kubernetes.io/serviceaccount/service-account.name': serviceAccount.name,
      'kubernetes.io/serviceaccount/service-account.uid': serviceAccount.uid,
      sub: `system:serviceaccount:${namespace}:${serviceAccount.name}`,
    });
  }

  /** The token of a TokenRequest. */
  issue(claims: ServiceAccountClaims & { expiresAt: number }): string {
    const seconds = Math.floor(this.now() / 1000);
    const { kind, name, uid } = claims.boundTo ?? {};
    return this.#sign({
      aud: claims.audiences,
      exp: claims.expiresAt,
      iat: seconds,
      iss: ISSUER,
      jti: randomUUID(),
      'kubernetes.io': {
        namespace: claims.namespace,
        serviceaccount: claims.serviceAccount,
        ...(kind === undefined ? {} : { [kind.toLowerCase()]: { name, uid } }),
      },
      nbf: seconds,
      sub: `system:serviceaccount:${claims.namespace}:${claims.serviceAccount.name}`,
    });
  }

  /**
   * The claims of a token in its form; undefined if it isn't one of a service account, has expired, or, unless it
   * belongs to a Secret, wasn't signed here. A Secret's token is as good as the Secret: compare it with that.
   */
  read(token: string): ServiceAccountClaims | undefined {
    const [header, payload, signature, more] = token.split('.');
    if (header === undefined || payload === undefined || signature === undefined || more !== undefined)
      return undefined;
    const claims = parseClaims(payload);
    if (claims === undefined || claims.secretName !== undefined) return claims;
    const expected = this.#signature(`${header}.${payload}`);
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    if (claims.expiresAt === undefined || claims.expiresAt * 1000 <= this.now()) return undefined;
    return claims;
  }

  #sign(payload: object): string {
    const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(payload)}`;
    return `${text}.${this.#signature(text).toString('base64url')}`;
  }

  #signature(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

type Payload = Record<string, unknown> & {
  'kubernetes.io'?: {
    namespace: string;
    serviceaccount: { name: string; uid: string };
    pod?: { name: string; uid: string };
    secret?: { name: string; uid: string };
    node?: { name: string; uid: string };
  };
};

function parseClaims(text: string): ServiceAccountClaims | undefined {
  let payload: Payload;
  try {
    payload = JSON.parse(Buffer.from(text, 'base64url').toString()) as Payload;
  } catch {
    return undefined;
  }
  const bound = payload['kubernetes.io'];
  if (bound !== undefined) {
    const kind = bound.pod ? 'Pod' : bound.secret ? 'Secret' : bound.node ? 'Node' : undefined;
    const target = bound.pod ?? bound.secret ?? bound.node;
    return {
      namespace: bound.namespace,
      serviceAccount: bound.serviceaccount,
      audiences: payload.aud as string[],
      ...(kind === undefined || target === undefined ? {} : { boundTo: { kind, ...target } }),
      ...(typeof payload.exp === 'number' ? { expiresAt: payload.exp } : {}),
      ...(typeof payload.jti === 'string' ? { id: payload.jti } : {}),
    };
  }
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
