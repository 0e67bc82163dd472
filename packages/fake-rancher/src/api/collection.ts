import { ApiError } from '../errors.js';

/** An object of a /v3 collection. */
export interface Resource {
  id: string;
  [field: string]: unknown;
}

const defaultLimit = 1000;
const maxLimit = 10_000;
/** Query parameters that are not filters. */
const reserved = new Set(['limit', 'marker', 'sort', 'order', 'include', 'action', 'link']);

/**
 * Filters, sorts and pages in memory, as norman does after a full list (rancher/norman parse/collection.go,
 * api/handler/list): any string field, with the modifiers `_ne`, `_prefix`, `_in`; `limit` 1000 unless told,
 * at most 10,000, negative for that maximum.
 */
export function collection(url: URL, base: string, resourceType: string, all: Resource[]): object {
  const limit = limitOf(url);
  const descending = url.searchParams.get('order')?.toLowerCase() === 'desc';
  const data = all
    .filter((resource) => matches(resource, url.searchParams))
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  if (descending) data.reverse();
  const marker = url.searchParams.get('marker');
  const start =
    marker === null
      ? 0
      : Math.max(
          0,
          data.findIndex((resource) => isAtOrPast(resource.id, marker, descending)),
        );
  const end = Math.min(start + limit, data.length);
  const link = (id?: string): string => {
    const query = new URLSearchParams(url.searchParams);
    query.set('limit', String(limit));
    query.delete('marker');
    if (id !== undefined) query.set('marker', id);
    return `${base}${url.pathname}?${query.toString()}`;
  };
  const next = data[end];
  const previous = data[Math.max(0, start - limit)];
  return {
    type: 'collection',
    resourceType,
    links: { self: `${base}${url.pathname}${url.search}` },
    actions: {},
    filters: {},
    sort: { order: descending ? 'desc' : 'asc', name: 'id' },
    pagination: {
      limit,
      total: data.length,
      ...(start > 0 || next ? { partial: true } : {}),
      ...(start > 0 && previous ? { first: link(), previous: link(previous.id) } : {}),
      ...(next ? { next: link(next.id) } : {}),
    },
    data: data.slice(start, end),
  };
}

function limitOf(url: URL): number {
  const text = url.searchParams.get('limit');
  if (text === null) return defaultLimit;
  const limit = Number(text);
  if (!Number.isInteger(limit)) throw new ApiError(422, 'InvalidFormat', `Invalid limit ${text}`, 'limit');
  return limit < 0 ? maxLimit : Math.min(Math.max(limit, 1), maxLimit);
}

function isAtOrPast(id: string, marker: string, descending: boolean): boolean {
  return descending ? id <= marker : id >= marker;
}

function matches(resource: Resource, query: URLSearchParams): boolean {
  for (const key of new Set(query.keys())) {
    if (reserved.has(key)) continue;
    const [field, modifier] = splitModifier(resource, key);
    const value = resource[field];
    if (typeof value !== 'string') continue;
    const wanted = query.getAll(key);
    const hit =
      modifier === 'ne'
        ? wanted.every((text) => value !== text)
        : wanted.some((text) => {
            if (modifier === 'prefix') return value.startsWith(text);
            if (modifier === 'in') return text.split(',').includes(value);
            return value === text;
          });
    if (!hit) return false;
  }
  return true;
}

function splitModifier(resource: Resource, key: string): [field: string, modifier: string] {
  const match = /^(.+)_(ne|prefix|in)$/.exec(key);
  return match && !(key in resource) ? [match[1] ?? key, match[2] ?? ''] : [key, ''];
}
