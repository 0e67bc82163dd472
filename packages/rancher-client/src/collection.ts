import { UnexpectedAnswerError } from './errors.js';
import type { RancherHttp } from './http.js';
import { describeRequest } from './redact.js';

interface Page {
  data: unknown[];
  next: string | undefined;
  partial: boolean;
  total: number | undefined;
}

/** How often a list that changed between two of its pages is read again before giving up. */
const maxReadings = 3;

/**
 * Reads a `/v3` collection to its end.
 *
 * Never answers a part of a list: a page that fails, is no collection, or says that there is more without saying
 * where, makes the whole call throw. A list of several pages can come out short when items go away in between (the
 * marker of the next page is an item's id); then it is read again.
 *
 * @param path with the query of the first page
 */
export async function readCollection(
  http: RancherHttp,
  path: string,
  signal?: AbortSignal,
): Promise<unknown[]> {
  for (let reading = 1; ; reading++) {
    const { items, missing } = await readPages(http, path, signal);
    if (missing === 0) return items;
    if (reading === maxReadings) {
      throw unexpected(
        path,
        `the list is cut off: ${missing} of ${items.length + missing} items are missing`,
      );
    }
  }
}

async function readPages(
  http: RancherHttp,
  path: string,
  signal: AbortSignal | undefined,
): Promise<{ items: unknown[]; missing: number }> {
  const items: unknown[] = [];
  const seen = new Set<string>();
  let next: string | undefined = path;
  while (next !== undefined) {
    seen.add(next);
    const page = parsePage(path, await http.getJson(next, { signal }));
    for (const item of page.data) items.push(item);
    if (page.next === undefined) return { items, missing: missingAfter(page, items.length, seen.size === 1) };
    next = samePath(path, page.next);
    if (seen.has(next)) throw unexpected(path, 'the list has pages in a circle');
  }
  return { items, missing: 0 };
}

/** Norman marks each page of a paged list as partial, the last one too; then `total` tells whether all were seen. */
function missingAfter(lastPage: Page, count: number, onlyPage: boolean): number {
  if (lastPage.total !== undefined) return Math.max(0, lastPage.total - count);
  return lastPage.partial && onlyPage ? 1 : 0;
}

function parsePage(path: string, value: unknown): Page {
  const raw = value as { data?: unknown; pagination?: Record<string, unknown> | null } | null | undefined;
  if (!Array.isArray(raw?.data)) throw unexpected(path, 'the answer is not a collection');
  const pagination = raw.pagination ?? {};
  const next = pagination['next'];
  return {
    data: raw.data,
    next: typeof next === 'string' && next !== '' ? next : undefined,
    partial: pagination['partial'] === true,
    total: typeof pagination['total'] === 'number' ? pagination['total'] : undefined,
  };
}

/**
 * Only the query of a link is used: its host is what Rancher believes to be its address (setting `server-url`), which
 * may not be where we reach it, and no token must follow a link to elsewhere.
 */
function samePath(path: string, link: string): string {
  const bare = path.split('?', 1)[0] ?? path;
  const query = link.indexOf('?');
  if (query === -1) throw unexpected(path, 'the link to the next page has no query');
  return `${bare}${link.slice(query)}`;
}

function unexpected(path: string, why: string): UnexpectedAnswerError {
  const request = describeRequest('GET', path);
  return new UnexpectedAnswerError('ERR_RANCHER_LIST', `${request}: ${why}.`, { request });
}
