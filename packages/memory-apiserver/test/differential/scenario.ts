/**
 * The language of the corpus: what is asked of a server, in order. A scenario is data but for bodies and paths made
 * of earlier answers, so that the same can be played against any server.
 */

/** Bodies of earlier answers by the names that their steps gave them (`as`). */
// Scenarios reach into bodies of many kinds.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Seen = Record<string, any>;

export type FromSeen<T> = T | ((seen: Seen) => T);

/** One request and its answer. */
export interface RequestStep {
  readonly method: string;
  readonly path: FromSeen<string>;
  /** A string or Buffer is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Who asks; the administrator if absent. `null` is nobody. */
  readonly token?: string | null;
  /** Keeps the answer's body for later steps. */
  readonly as?: string;
}

/** Opens a watch; the answer is its status and headers (and its body if it was refused). */
export interface WatchStep {
  readonly watch: FromSeen<string>;
  readonly as: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Reads the next events of an open watch, then leaves it open; without a number, all until the server ends it. */
export interface EventsStep {
  readonly events: string;
  readonly count?: number;
}

export interface CloseStep {
  readonly close: string;
}

/** Asks until the answer has the status: for what a server does behind an answer. Nothing is compared. */
export interface UntilStep {
  readonly until: FromSeen<string>;
  readonly status: number;
  /** @default GET */
  readonly method?: string;
  readonly body?: unknown;
  readonly token?: string;
}

export type Step = RequestStep | WatchStep | EventsStep | CloseStep | UntilStep;

export interface Scenario {
  /** A namespace of this name is the scenario's own. */
  readonly name: string;
  readonly steps: readonly Step[];
}

/** Tokens of users that every server of a comparison knows. */
export const users = {
  /** Of the group `system:masters`. */
  admin: 'differential-admin-token',
  /** Of no group, with no role. */
  jane: 'differential-jane-token',
} as const;

export const contentTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

type More = Omit<RequestStep, 'method' | 'path' | 'body'>;

export const get = (path: FromSeen<string>, more: More = {}): RequestStep => ({
  method: 'GET',
  path,
  ...more,
});

export const post = (path: FromSeen<string>, body: unknown, more: More = {}): RequestStep => ({
  method: 'POST',
  path,
  body,
  ...more,
});

export const put = (path: FromSeen<string>, body: unknown, more: More = {}): RequestStep => ({
  method: 'PUT',
  path,
  body,
  ...more,
});

export const remove = (path: FromSeen<string>, body?: unknown, more: More = {}): RequestStep => ({
  method: 'DELETE',
  path,
  ...(body === undefined ? {} : { body }),
  ...more,
});

export const patch = (
  type: keyof typeof contentTypes,
  path: FromSeen<string>,
  body: unknown,
  more: More = {},
): RequestStep => ({
  method: 'PATCH',
  path,
  body,
  ...more,
  headers: { 'content-type': contentTypes[type], ...more.headers },
});

/** Server-side apply by the manager. */
export const apply = (
  path: string,
  body: unknown,
  { manager = 'applier', force = false, ...more }: More & { manager?: string; force?: boolean } = {},
): RequestStep =>
  patch(
    'apply',
    `${path}${path.includes('?') ? '&' : '?'}fieldManager=${manager}${force ? '&force=true' : ''}`,
    body,
    more,
  );

export const tableAccept = {
  accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
} as const;
export const metadataAccept = {
  accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
} as const;
export const metadataListAccept = {
  accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
} as const;
export const protobufAccept = { accept: 'application/vnd.kubernetes.protobuf' } as const;
export const yamlAccept = { accept: 'application/yaml' } as const;

/** A namespace with the account that a controller would give it. */
export const namespaceSteps = (name: string): Step[] => [
  post('/api/v1/namespaces', { metadata: { name, labels: { differential: 'true' } } }),
  post(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } }),
];

/** A scenario in a namespace of its own. */
export const inNamespace = (name: string, steps: (namespace: string) => readonly Step[]): Scenario => ({
  name,
  steps: [...namespaceSteps(name), ...steps(name)],
});
