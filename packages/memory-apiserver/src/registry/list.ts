import { jsonError } from '../codec/json-error.js';
import { ApiError, badRequest, expired } from '../errors.js';
import type { Status } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import type { ClusterStore } from '../store/cluster-store.js';
import { namespacePrefix, objectKey } from '../store/key.js';
import type { Selection } from './selection.js';

/** Paging and consistency of a list; see "Resource versions" and "Retrieving large results" in the API concepts. */
export interface ListPage {
  /** 0: no limit. */
  limit: number;
  /** Token of the page before; `''` for the first page. */
  continueToken: string;
  /** `''`, `'0'` or a version. */
  resourceVersion: string;
  /** `resourceVersionMatch=Exact`. */
  exact: boolean;
}

export const wholeList: ListPage = { limit: 0, continueToken: '', resourceVersion: '', exact: false };

export interface ListResult {
  /** Stored texts in the order of their keys. */
  texts: string[];
  revision: number;
  /** Token for the next page, if there is one. */
  continueToken?: string;
  /** How many objects the next pages have; only known without selectors. */
  remaining?: number;
}

/** 410 with a token by which the rest can be had as it is now. */
class ExpiredContinueError extends ApiError {
  constructor(private readonly token: string) {
    super(
      410,
      'Expired',
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    );
  }

  override get status(): Status {
    return { ...super.status, metadata: { continue: this.token } };
  }
}

interface Position {
  /** -1: whatever is there now. */
  revision: number;
  /** Last key of the page before. */
  after: string;
}

/** Keys in tokens are below the namespace that the list is of, as upstream's are. */
function encodePosition({ revision, after }: Position, namespace: string | undefined): string {
  const key = after.slice(namespacePrefix(namespace).length);
  const start = `${key.startsWith('/') ? '' : '/'}${key}\0`;
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start })).toString('base64url');
}

/** `DecodeContinue` in k8s.io/apiserver `pkg/storage`. */
function decodePosition(
  token: string,
  { namespaced }: ResourceInfo,
  namespace: string | undefined,
): Position {
  const wrong = (why: string): ApiError =>
    badRequest(`invalid continue token: continue key is not valid${why}`);
  // Bytes that are no UTF-8 are shown as Latin-1, as Go does in what it says of them.
  const text = Buffer.from(token, 'base64url').toString('latin1');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong(`: ${jsonError(text)}`);
  }
  const { rv = 0, start = '', v = '' } = (value ?? {}) as Record<string, unknown>;
  if (v !== 'meta.k8s.io/v1') throw wrong(`: server does not recognize this encoded version ${String(v)}`);
  if (typeof rv !== 'number' || rv === 0)
    throw wrong(': incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof start !== 'string' || start === '')
    throw wrong(': encoded start key empty (version meta.k8s.io/v1)');
  const key = start.replace(/\0$/, '');
  const after = namespaced ? namespacePrefix(namespace) + key.replace(/^\//, '') : key;
  return { revision: rv, after };
}

/** 504 that makes clients try again: the version was never given out here. */
export function tooLarge(asked: string, current: number): ApiError {
  return new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

/** A resourceVersion of a request as a number; undefined for a text that is none. */
const revisionOf = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined);

const notRevision = (text: string): string =>
  `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;

/** The resourceVersion of a get or watch as a number. Throws what upstream doesn't make a BadRequest of: a bare 500. */
export function parseRevision(text: string): number {
  const revision = revisionOf(text);
  if (revision === undefined) throw new ApiError(500, '', notRevision(text));
  return revision;
}

/** Keys and texts of a storage as they were at a revision. */
interface State {
  keys: readonly string[];
  read(key: string): string | undefined;
}

/** The key of the only object that can be meant, if the selection names one. */
function singleKey(resource: ResourceInfo, { namespace, name }: Selection): string | undefined {
  if (name === undefined || (resource.namespaced && namespace === undefined)) return undefined;
  return objectKey(namespace, name);
}

/** Undoes all changes since the revision; undefined when the log doesn't reach back so far. */
function stateAt(
  store: ClusterStore,
  storage: string,
  namespace: string | undefined,
  revision: number,
  single: string | undefined,
): State | undefined {
  const keys = single === undefined ? store.keys(storage, namespace) : [single];
  const read = (key: string): string | undefined => store.read(storage, key);
  if (revision >= store.revision) return { keys, read };
  const changes = store.changesSince(storage, revision);
  if (changes === undefined) return undefined;
  const before = new Map<string, string | undefined>();
  for (const { key, previous } of changes) if (!before.has(key)) before.set(key, previous);
  const restored = [...before.keys()].filter(
    (key) =>
      before.get(key) !== undefined &&
      (single === undefined ? key.startsWith(namespacePrefix(namespace)) : key === single),
  );
  const present = keys.filter((key) => !before.has(key));
  return {
    keys: [...present, ...restored].sort(),
    read: (key) => (before.has(key) ? before.get(key) : read(key)),
  };
}

/** The selected objects of a resource, or a page of them. Throws BadRequest, Expired (410), Timeout (504). */
export function listObjects(
  store: ClusterStore,
  resource: ResourceInfo,
  selection: Selection,
  page: ListPage = wholeList,
): ListResult {
  const { storage } = resource;
  const { namespace } = selection;
  const position =
    page.continueToken === '' ? undefined : decodePosition(page.continueToken, resource, namespace);
  const asked = page.resourceVersion === '' ? 0 : revisionOf(page.resourceVersion);
  if (asked === undefined) throw badRequest(`invalid resource version: ${notRevision(page.resourceVersion)}`);
  if (position !== undefined && asked > 0)
    throw badRequest('specifying resource version is not allowed when using continue');
  if (position === undefined && asked > store.revision) throw tooLarge(page.resourceVersion, store.revision);
  let revision = store.revision;
  if (position !== undefined && position.revision > 0) revision = position.revision;
  else if (page.exact && asked > 0) revision = asked;
  const state = stateAt(store, storage, selection.namespace, revision, singleKey(resource, selection));
  if (state === undefined) {
    if (position === undefined) throw expired(`The resourceVersion for the provided list is too old.`);
    throw new ExpiredContinueError(encodePosition({ revision: -1, after: position.after }, namespace));
  }
  return collect(state, selection, page.limit, revision, position?.after);
}

function collect(
  state: State,
  selection: Selection,
  limit: number,
  revision: number,
  after: string | undefined,
): ListResult {
  const texts: string[] = [];
  const { keys } = state;
  let last = '';
  for (const [index, key] of keys.entries()) {
    if (after !== undefined && key <= after) continue;
    if (!selection.matchesKey(key)) continue;
    // Whether one of the others is selected isn't looked for.
    if (limit > 0 && texts.length === limit) {
      const remaining =
        selection.byKey && selection.name === undefined ? { remaining: keys.length - index } : {};
      const continueToken = encodePosition({ revision, after: last }, selection.namespace);
      return { texts, revision, continueToken, ...remaining };
    }
    const text = state.read(key);
    if (text === undefined) continue;
    if (!selection.matchesText(text)) continue;
    texts.push(text);
    last = key;
  }
  return { texts, revision };
}
