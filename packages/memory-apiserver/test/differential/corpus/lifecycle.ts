import type { RequestStep, Seen } from '../scenario.js';
import { apply, get, patch, post, put, remove, tableAccept } from '../scenario.js';

/** One object and what is done to it. */
export interface Subject {
  /** `/api/v1/namespaces/x/configmaps` */
  readonly collection: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** With `metadata.name`. */
  readonly object: { readonly metadata: { readonly name: string } } & Readonly<Record<string, unknown>>;
  /** A merge patch; gets a label too. */
  readonly change: Readonly<Record<string, unknown>>;
  /** Applied by another manager; apiVersion, kind and name are added. */
  readonly applied: Readonly<Record<string, unknown>>;
  /** A merge patch of the status subresource. */
  readonly status?: unknown;
}

/** The life of an object: created, printed, changed in all ways, contended for, deleted. */
export function lifecycle(subject: Subject): RequestStep[] {
  const { collection, apiVersion, kind, object, change, applied, status } = subject;
  const { name } = object.metadata;
  const path = `${collection}/${name}`;
  const created = `${kind} ${name}`;
  return [
    post(collection, { apiVersion, kind, ...object }, { as: created }),
    get(path, { headers: tableAccept }),
    patch('merge', path, { metadata: { labels: { tier: 'gold' } }, ...change }, { as: `${created} changed` }),
    put(path, (seen: Seen) => seen[created], {}),
    put(path, (seen: Seen) => withLabel(seen[`${created} changed`], 'put', 'yes')),
    apply(path, { apiVersion, kind, metadata: { name, labels: { tier: 'silver' } } }, { as: 'conflict' }),
    apply(path, { apiVersion, kind, metadata: { name }, ...applied }, { force: true }),
    ...(status === undefined ? [] : [patch('merge', `${path}/status`, { status })]),
    post(collection, { apiVersion, kind, ...object }),
    remove(path, { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 }),
    get(path),
  ];
}

// Scenarios reach into bodies of many kinds.
/* eslint-disable @typescript-eslint/no-explicit-any */
export function withLabel(object: any, key: string, value: string): any {
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, labels: { ...metadata.labels, [key]: value } } };
}
