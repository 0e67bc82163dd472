import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { UserInfo } from '@scale-cluster/memory-apiserver';

/** Who a request comes from, and so how it is passed on: as the administrator, or with what it brought itself. */
export type Passage = 'administrator' | 'own';

/**
 * Makes a request ready for the kube-apiserver behind a proxy. One whose bearer token is among `tokens` is passed on by
 * the administrator's certificate, which takes the token's user on (Impersonate-* headers), so that RBAC decides about
 * that user. If the request impersonates someone itself, as all of Rancher's do, that stays: both the agent's account
 * and the local administrator may (facts: rancher-import §3.5). Any other token is the kube-apiserver's own business.
 */
export function swapCredentials(
  request: Pick<IncomingMessage, 'headers' | 'headersDistinct'>,
  tokens: ReadonlyMap<string, UserInfo>,
): Passage {
  const { headers } = request;
  const user = tokens.get(/^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1] ?? '');
  spread(headers, request.headersDistinct);
  if (user === undefined) return 'own';
  delete headers.authorization;
  if (Object.keys(headers).some(isImpersonation)) return 'administrator';
  headers['impersonate-user'] = user.username;
  headers['impersonate-group'] = user.groups;
  if (user.uid !== undefined) headers['impersonate-uid'] = user.uid;
  return 'administrator';
}

/** Node joins headers of one name with commas; groups must stay apart. */
function spread(headers: IncomingHttpHeaders, distinct: NodeJS.Dict<string[]>): void {
  for (const key of Object.keys(headers)) {
    if (isImpersonation(key)) headers[key] = distinct[key];
  }
}

const isImpersonation = (header: string): boolean => header.startsWith('impersonate-');
