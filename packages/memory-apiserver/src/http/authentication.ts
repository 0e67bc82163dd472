import type { IncomingMessage } from 'node:http';
import { ApiError } from '../errors.js';
import type { TokenAuthenticator } from '../registry/authentication.js';
import type { UserInfo } from '../registry/user.js';
import { ANONYMOUS } from '../registry/user.js';

/** May be asked for without a token; whether they are answered says the ClusterRole `system:public-info-viewer`. */
const PUBLIC = /^\/(?:healthz|livez|readyz|version)(?:\/|$)/;

const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', 'Unauthorized');

/** Who makes the request. Throws Unauthorized. */
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
  // By single spaces, as k8s.io/apiserver `pkg/authentication/request/bearertoken` splits it.
  const [scheme = '', token = ''] = authorization.trim().split(' ', 2);
  const user =
    scheme.toLowerCase() === 'bearer' && token !== '' ? authenticator.authenticate(token) : undefined;
  if (user === undefined) throw unauthorized();
  return user;
}
