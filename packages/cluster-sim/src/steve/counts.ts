import { summarize } from './summary.js';
import type { SteveType } from './schemas.js';
import { typesOf } from './schemas.js';
import type { SteveCluster, SteveObject } from './types.js';

/** How many objects there are, and how many are in trouble (steve `pkg/resources/counts`). */
interface CountSummary {
  count?: number;
  states?: Record<string, number>;
  errors?: number;
  transitioning?: number;
}

export interface ItemCount {
  summary: CountSummary;
  namespaces: Record<string, CountSummary>;
}

/** Types that can be counted: what can be listed and watched. */
export function countedTypes(cluster: SteveCluster): SteveType[] {
  return typesOf(cluster.catalog).all.filter(
    ({ resource: { verbs } }) => verbs.includes('list') && verbs.includes('watch'),
  );
}

/** The count resource over the given types. */
export async function countObject(
  cluster: SteveCluster,
  types: readonly SteveType[],
  base: string,
): Promise<SteveObject> {
  const items = await Promise.all(types.map((type) => countType(cluster, type)));
  const counts = Object.fromEntries(types.map(({ id }, index) => [id, items[index]]));
  return { id: 'count', type: 'count', links: { self: `${base}/v1/counts/count` }, counts };
}

async function countType(cluster: SteveCluster, type: SteveType): Promise<ItemCount> {
  const item: ItemCount = { summary: {}, namespaces: {} };
  // Most types of a cluster have no objects at all: don't build a list to find that out.
  if ((await cluster.objects.count(type.resource.storage)) === 0) return item;
  for (const object of await cluster.objects.list(type.resource.storage)) {
    const { error, transitioning } = summarize(object);
    const { namespace } = object.metadata;
    add(item.summary, error, transitioning);
    if (namespace !== undefined) add((item.namespaces[namespace] ??= {}), error, transitioning);
  }
  return item;
}

function add(summary: CountSummary, error: boolean, transitioning: boolean): void {
  summary.count = (summary.count ?? 0) + 1;
  if (error) summary.errors = (summary.errors ?? 0) + 1;
  if (transitioning) summary.transitioning = (summary.transitioning ?? 0) + 1;
  const state = error ? 'error' : transitioning ? 'in-progress' : undefined;
  if (state === undefined) return;
  summary.states ??= {};
  summary.states[state] = (summary.states[state] ?? 0) + 1;
}
