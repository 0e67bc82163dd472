import { ApiError, badRequest, expired } from '../errors.js';
import type { Status } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import type { ObjectBody } from '../store/change.js';
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

const encodePosition = ({ revision, after }: Position): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${after}\0` })).toString(
    'base64url',
  );

function decodePosition(token: string): Position {
  try {
    const { rv, start, v } = JSON.parse(Buffer.from(token, 'base64url').toString()) as Record<
      string,
      unknown
    >;
    if (v === 'meta.k8s.io/v1' && typeof rv === 'number' && typeof start === 'string') {
      return { revision: rv, after: start.replace(/\0$/, '') };
    }
  } catch {
    // Said below.
  }
  throw badRequest('continue key is not valid: the token could not be decoded');
}

/** 504 that makes clients try again: the version was never given out here. */
export function tooLarge(asked: string, current: number): ApiError {
  return new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

/** A resourceVersion of a request as a number. Throws Invalid. */
export function parseRevision(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw badRequest(
    `invalid resource version "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
  );
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
  const position = page.continueToken === '' ? undefined : decodePosition(page.continueToken);
  const asked = page.resourceVersion === '' ? 0 : parseRevision(page.resourceVersion);
  if (position === undefined && asked > store.revision) throw tooLarge(page.resourceVersion, store.revision);
  let revision = store.revision;
  if (position !== undefined && position.revision > 0) revision = position.revision;
  else if (page.exact && asked > 0) revision = asked;
  const state = stateAt(store, storage, selection.namespace, revision, singleKey(resource, selection));
  if (state === undefined) {
    if (position === undefined) throw expired(`The resourceVersion for the provided list is too old.`);
    throw new ExpiredContinueError(encodePosition({ revision: -1, after: position.after }));
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
    const text = state.read(key);
    if (text === undefined) continue;
    if (!selection.byKey && !selection.matchesBody(JSON.parse(text) as ObjectBody)) continue;
    if (limit > 0 && texts.length === limit) {
      const remaining =
        selection.byKey && selection.name === undefined ? { remaining: keys.length - index } : {};
      return { texts, revision, continueToken: encodePosition({ revision, after: last }), ...remaining };
    }
    texts.push(text);
    last = key;
  }
  return { texts, revision };
}
