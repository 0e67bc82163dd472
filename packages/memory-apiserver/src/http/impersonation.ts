import type { IncomingMessage } from 'node:http';
import type { Authorizer, RequestAttributes, UserInfo } from '../registry/user.js';
import {
  ANONYMOUS,
  AUTHENTICATED,
  serviceAccountGroups,
  serviceAccountName,
  UNAUTHENTICATED,
} from '../registry/user.js';
import { dns1123Label, dns1123Subdomain } from '../schema/validation/names.js';
import { forbidden } from './authorization.js';

const PREFIX = 'impersonate-';
const EXTRA = `${PREFIX}extra-`;
const AUTHENTICATION = 'authentication.k8s.io';

/** Headers that say whom to act as but not as which user: a mistake of the client's. */
export class ImpersonationError extends Error {
  override readonly name = 'ImpersonationError';
}

/** One thing of the user to be: `ObjectReference` in upstream. */
interface Part {
  kind: 'ServiceAccount' | 'User' | 'Group' | 'UserExtra' | 'UID';
  namespace?: string;
  name: string;
  /** Of an extra. */
  key?: string;
}

/**
 * Whom the request is made as: `Impersonate-User`, `-Group`, `-Uid`, `-Extra-*` by the rules of k8s.io/apiserver
 * `pkg/endpoints/filters/impersonation.go`. Throws Forbidden for what the user must not be, ImpersonationError.
 */
export function impersonate(request: IncomingMessage, user: UserInfo, authorizer: Authorizer): UserInfo {
  if (!isAsked(request)) return user;
  const parts = partsOf(request);
  if (parts.length === 0) return user;
  for (const part of parts) {
    const attributes = attributesOf(part, user);
    const { allowed, reason } = authorizer.authorize(attributes);
    if (!allowed) throw forbidden(attributes, reason);
  }
  return userOf(parts);
}

function isAsked({ headers }: IncomingMessage): boolean {
  for (const name in headers) if (name.startsWith(PREFIX)) return true;
  return false;
}

function partsOf({ headersDistinct }: IncomingMessage): Part[] {
  const first = (name: string): string => headersDistinct[name]?.[0] ?? '';
  const username = first(`${PREFIX}user`);
  const parts: Part[] = username === '' ? [] : [userPart(username)];
  for (const name of headersDistinct[`${PREFIX}group`] ?? []) parts.push({ kind: 'Group', name });
  for (const [header, values] of Object.entries(headersDistinct)) {
    if (!header.startsWith(EXTRA)) continue;
    const key = decode(header.slice(EXTRA.length));
    for (const name of values ?? []) parts.push({ kind: 'UserExtra', name, key });
  }
  const uid = first(`${PREFIX}uid`);
  if (uid !== '') parts.push({ kind: 'UID', name: uid });
  if (parts.length > 0 && username === '') {
    throw new ImpersonationError(`requested [${parts.map(describe).join(' ')}] without impersonating a user`);
  }
  return parts;
}

function userPart(username: string): Part {
  const [system, kind, namespace = '', name = '', ...more] = username.split(':');
  const isAccount =
    system === 'system' &&
    kind === 'serviceaccount' &&
    more.length === 0 &&
    dns1123Label(namespace).length === 0 &&
    dns1123Subdomain(name).length === 0;
  return isAccount ? { kind: 'ServiceAccount', namespace, name } : { kind: 'User', name: username };
}

/** Keys are percent-encoded; malformed ones count as they are. */
function decode(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** An `ObjectReference` as Go prints it: kind, namespace, name, uid, apiVersion, resourceVersion, fieldPath. */
function describe({ kind, namespace = '', name, key = '' }: Part): string {
  const version = kind === 'UserExtra' || kind === 'UID' ? `${AUTHENTICATION}/v1` : '';
  return `{${[kind, namespace, name, '', version, '', key].join(' ')}}`;
}

const RESOURCES: Readonly<Record<Part['kind'], readonly [group: string, resource: string]>> = {
  ServiceAccount: ['', 'serviceaccounts'],
  User: ['', 'users'],
  Group: ['', 'groups'],
  UserExtra: [AUTHENTICATION, 'userextras'],
  UID: [AUTHENTICATION, 'uids'],
};

function attributesOf({ kind, namespace = '', name, key = '' }: Part, user: UserInfo): RequestAttributes {
  const [group, resource] = RESOURCES[kind];
  const version = group === '' ? '' : 'v1';
  return {
    user,
    verb: 'impersonate',
    resource: { group, version, resource, subresource: key, namespace, name },
  };
}

function userOf(parts: readonly Part[]): UserInfo {
  const user: UserInfo = { username: '', groups: [] };
  const extra = new Map<string, string[]>();
  const groupsGiven = parts.some(({ kind }) => kind === 'Group');
  for (const { kind, namespace = '', name, key = '' } of parts) {
    if (kind === 'User') user.username = name;
    else if (kind === 'Group') user.groups.push(name);
    else if (kind === 'UID') user.uid = name;
    else if (kind === 'UserExtra') extra.set(key, [...(extra.get(key) ?? []), name]);
    else {
      user.username = serviceAccountName(namespace, name);
      // Groups that are given take the place of those that accounts have.
      if (!groupsGiven) user.groups.push(...serviceAccountGroups(namespace));
    }
  }
  addImpliedGroup(user);
  return extra.size === 0 ? user : { ...user, extra: Object.fromEntries(extra) };
}

function addImpliedGroup({ username, groups }: UserInfo): void {
  if (groups.includes(UNAUTHENTICATED)) return;
  if (username === ANONYMOUS.username) groups.push(UNAUTHENTICATED);
  else if (!groups.includes(AUTHENTICATED)) groups.push(AUTHENTICATED);
}
