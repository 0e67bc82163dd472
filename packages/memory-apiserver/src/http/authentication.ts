import type { IncomingMessage } from 'node:http';
import { ApiError } from '../errors.js';
import type { TokenAuthenticator } from '../registry/authentication.js';
import type { UserInfo } from '../registry/user.js';

const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Readable without a token, as by the ClusterRole `system:public-info-viewer`. */
const PUBLIC = /^\/(?:healthz|livez|readyz|version)(?:\/|$)/;

const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', 'Unauthorized');

/** Who makes the request, after impersonation. Throws Unauthorized. */
export function authenticate(
  request: IncomingMessage,
  path: string,
  authenticator: TokenAuthenticator,
): UserInfo {
  const { authorization } = request.headers;
  if (authorization === undefined) {
    if (PUBLIC.test(path)) return ANONYMOUS;
    throw unauthorized();
  }
  const token = /^bearer +(\S+)\s*$/i.exec(authorization)?.[1];
  const user = token === undefined ? undefined : authenticator.authenticate(token);
  if (user === undefined) throw unauthorized();
  return impersonate(request, user);
}

const EXTRA = 'impersonate-extra-';

/** `Impersonate-User`, `-Group`, `-Uid`, `-Extra-*`: k8s.io/apiserver `pkg/endpoints/filters/impersonation.go`. */
function impersonate({ headers, headersDistinct }: IncomingMessage, user: UserInfo): UserInfo {
  const username = headers['impersonate-user'];
  if (typeof username !== 'string' || username === '') return user;
  const groups = headersDistinct['impersonate-group'] ?? [];
  const uid = headers['impersonate-uid'];
  const extra: Record<string, string[]> = {};
  for (const [name, values] of Object.entries(headersDistinct)) {
    if (name.startsWith(EXTRA) && values !== undefined) extra[decodeExtra(name.slice(EXTRA.length))] = values;
  }
  return {
    username,
    groups: [...new Set([...groups, ...impliedGroups(username), 'system:authenticated'])],
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function impliedGroups(username: string): string[] {
  const [system, kind, namespace] = username.split(':');
  if (system !== 'system' || kind !== 'serviceaccount' || namespace === undefined) return [];
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

function decodeExtra(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
