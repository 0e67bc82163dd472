import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { randomName } from '../random.js';

/**
 * Knows the API tokens. All of them stand for the one administrator.
 *
 * Credentials are taken as Rancher takes them (pkg/auth/tokens `GetTokenAuthFromRequest`): Bearer, Basic (the
 * decoded pair as a whole is the token) or the cookie R_SESS; the scheme's case does not matter.
 */
export class Authenticator {
  readonly userId = `user-${randomName(5)}`;
  readonly #digests: Buffer[] = [];
  readonly #kubeconfigTokens = new Map<string, string>();

  constructor(token: string) {
    this.#digests.push(digest(token));
  }

  allows(request: IncomingMessage): boolean {
    const token = tokenOf(request);
    if (token === undefined) return false;
    const asked = digest(token);
    return this.#digests.some((known) => timingSafeEqual(known, asked));
  }

  /** The token in the kubeconfig of a cluster: made once, so that asking again does not pile up tokens. */
  kubeconfigToken(clusterId: string): string {
    let token = this.#kubeconfigTokens.get(clusterId);
    if (token === undefined) {
      token = `kubeconfig-${this.userId}${randomName(5)}:${randomName(54)}`;
      this.#kubeconfigTokens.set(clusterId, token);
      this.#digests.push(digest(token));
    }
    return token;
  }
}

function tokenOf(request: IncomingMessage): string | undefined {
  const [, scheme, value] = /^\s*(\S+)\s+(.*?)\s*$/.exec(request.headers.authorization ?? '') ?? [];
  if (scheme && value) {
    if (scheme.toLowerCase() === 'bearer') return value;
    // Node's decoder takes the URL-safe alphabet too, which is what Rancher's expects.
    if (scheme.toLowerCase() === 'basic') return Buffer.from(value, 'base64').toString('utf8');
  }
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const index = pair.indexOf('=');
    if (index > 0 && pair.slice(0, index).trim() === 'R_SESS') return pair.slice(index + 1).trim();
  }
  return undefined;
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
