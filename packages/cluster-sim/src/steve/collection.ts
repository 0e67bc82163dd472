import type { KubeObject } from '@scale-cluster/memory-apiserver';
import { parentAt, parsePath, putAt, removeAt, valuesAt } from './field-path.js';
import { parseFilter, parseSort } from './filter.js';
import type { FormatContext } from './resource.js';
import { toSteve } from './resource.js';
import { latestRevision } from '../revision.js';
import type { SteveType } from './schemas.js';
import type { SteveCluster, SteveObject } from './types.js';

/** What a list holds when nothing else is asked for (steve README, `limit`). */
const defaultLimit = 100_000;

/**
 * Answers a list request as steve does with its cache on: select, filter, sort, then `page` and `pagesize`, then
 * `limit` and `continue`. Always from the latest state; `revision` tells which that is.
 */
export async function listCollection(
  cluster: SteveCluster,
  type: SteveType,
  namespace: string | undefined,
  query: URLSearchParams,
  context: FormatContext,
): Promise<SteveObject> {
  const labelSelector = query.get('labelSelector');
  const fieldSelector = query.get('fieldSelector');
  const objects = await cluster.objects.list(type.resource.storage, {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === null ? {} : { labelSelector }),
    ...(fieldSelector === null ? {} : { fieldSelector }),
  });
  const revision = latestRevision(objects);
  const inScope = objects.filter(await projectFilter(cluster, query));
  const filters = query
    .getAll('filter')
    .filter((text) => text !== '')
    .map(parseFilter);
  const items = toSteve(type, inScope, context).filter((item) => filters.every((holds) => holds(item)));
  items.sort(parseSort(query.get('sort') ?? 'metadata.namespace,metadata.name'));
  const { page, pages, next } = paginate(items, query);
  return {
    type: 'collection',
    links: { self: `${context.base}/v1/${type.plural}${namespace === undefined ? '' : `/${namespace}`}` },
    createTypes: { [type.id]: `${context.base}/v1/${type.plural}` },
    actions: {},
    resourceType: type.id,
    revision,
    ...(pages === undefined ? {} : { pages }),
    ...(next === undefined ? {} : { continue: next }),
    count: items.length,
    data: page.map((item) => selectFields(item, query)),
  };
}

interface Page {
  page: SteveObject[];
  pages?: number;
  next?: string;
}

function paginate(items: SteveObject[], query: URLSearchParams): Page {
  const pageSize = positive(query.get('pagesize'));
  if (pageSize !== undefined) {
    const number = positive(query.get('page')) ?? 1;
    const page = items.slice((number - 1) * pageSize, number * pageSize);
    return { page, pages: Math.ceil(items.length / pageSize) };
  }
  const limit = positive(query.get('limit')) ?? defaultLimit;
  const from = positive(query.get('continue')) ?? 0;
  const end = from + limit;
  return { page: items.slice(from, end), ...(end < items.length ? { next: String(end) } : {}) };
}

function positive(text: string | null): number | undefined {
  const value = Number(text ?? '');
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

const projectLabel = 'field.cattle.io/projectId';

/**
 * `projectsornamespaces=a,b` keeps what is in these namespaces or in namespaces of these projects;
 * `projectsornamespaces!=a,b` (a parameter whose name ends in `!`) drops them. `namespaces=a,b` names namespaces only.
 */
async function projectFilter(
  cluster: SteveCluster,
  query: URLSearchParams,
): Promise<(object: KubeObject) => boolean> {
  const keep = names(query.get('projectsornamespaces') ?? query.get('namespaces'));
  const drop = names(query.get('projectsornamespaces!'));
  if (keep === undefined && drop === undefined) return () => true;
  const projects = new Map<string, string>();
  for (const { metadata } of await cluster.objects.list('namespaces')) {
    const project =
      metadata.labels?.[projectLabel] ?? metadata.annotations?.[projectLabel]?.split(':').at(-1);
    if (project !== undefined) projects.set(metadata.name, project);
  }
  const among = (set: Set<string>, namespace: string): boolean =>
    set.has(namespace) || set.has(projects.get(namespace) ?? namespace);
  return ({ kind, metadata }) => {
    const namespace = kind === 'Namespace' ? metadata.name : (metadata.namespace ?? '');
    return (keep === undefined || among(keep, namespace)) && (drop === undefined || !among(drop, namespace));
  };
}

function names(text: string | null): Set<string> | undefined {
  return text === null || text === '' ? undefined : new Set(text.split(','));
}

/** `include`, `exclude` and `excludeValues` of a request, applied to one resource. */
export function selectFields(item: SteveObject, query: URLSearchParams): SteveObject {
  let result = item;
  const include = query.getAll('include').map(parsePath);
  if (include.length > 0) {
    result = { id: item['id'], type: item['type'], links: item['links'] };
    for (const path of include) {
      const value = parentAt(item, path)?.[path.at(-1) ?? ''];
      if (value !== undefined) putAt(result, path, value);
    }
  }
  for (const path of query.getAll('exclude')) removeAt(result, parsePath(path));
  for (const path of query.getAll('excludeValues')) {
    for (const values of valuesAt(result, parsePath(path))) {
      if (typeof values !== 'object' || values === null) continue;
      for (const key of Object.keys(values)) (values as Record<string, unknown>)[key] = '';
    }
  }
  return result;
}
