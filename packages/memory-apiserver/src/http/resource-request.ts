import { badRequest, invalid } from '../errors.js';
import type { ListPage } from '../registry/list.js';
import { Selection } from '../registry/selection.js';
import type { ResourceInfo, SubresourceInfo } from '../schema/resource.js';
import type { FieldCause } from '../errors.js';
import type { IncludeObject } from './render.js';
import type { ResourcePath } from './route.js';

/** A request of a resource: what the path and the query say. */
export interface ResourceRequest {
  readonly resource: ResourceInfo;
  readonly path: ResourcePath;
  /** Undefined for the resource itself. */
  readonly subresource: SubresourceInfo | undefined;
  /** Undefined: all namespaces, or a cluster-scoped resource. */
  readonly namespace: string | undefined;
}

export type Verb =
  'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection' | 'options';

/** The verb as discovery calls it; undefined where there is no route for the method. */
export function verbOf(
  method: string,
  { resource, path, namespace }: ResourceRequest,
  query: URLSearchParams,
): Verb | undefined {
  const collection = path.name === '';
  // All namespaces at once can be read, no more.
  const everywhere = collection && resource.namespaced && namespace === undefined;
  if (path.subresource === 'proxy' && (method === 'HEAD' || method === 'OPTIONS')) return 'get';
  switch (method) {
    case 'HEAD':
    case 'GET':
      if (method === 'HEAD' && resource.custom === undefined) return undefined;
      if (path.watch) return path.subresource === '' ? 'watch' : undefined;
      if (collection) return isTrue(query.get('watch')) ? 'watch' : 'list';
      return 'get';
    case 'POST':
      return (collection && !everywhere) || path.subresource !== '' ? 'create' : undefined;
    case 'PUT':
      return collection ? undefined : 'update';
    case 'PATCH':
      return collection ? undefined : 'patch';
    case 'DELETE':
      if (everywhere) return undefined;
      return collection ? 'deletecollection' : 'delete';
    default:
      return undefined;
  }
}

/** As Go's conversion of query parameters reads a boolean: everything but `false` and `0` is true. */
export const isTrue = (value: string | null): boolean =>
  value !== null && value.toLowerCase() !== 'false' && value !== '0';

/** A whole number of the query; undefined if it isn't there. Throws BadRequest as Go's conversion does. */
export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  if (!/^[+-]?\d+$/.test(value))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  return Number(value);
}

export function selectionOf(
  { resource, namespace, path }: ResourceRequest,
  query: URLSearchParams,
): Selection {
  const asked = query.get('fieldSelector') ?? '';
  // Watches of single objects: the name is as good as a field selector, beside which there can be no other.
  const fields = path.name === '' || asked !== '' ? asked : `metadata.name=${path.name}`;
  const labels = query.get('labelSelector');
  const selection = new Selection(resource, {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels ? { labelSelector: labels } : {}),
    ...(fields === '' ? {} : { fieldSelector: fields }),
  });
  if (path.name !== '' && selection.name !== path.name)
    throw badRequest("fieldSelector metadata.name doesn't match requested name");
  return selection;
}

/** `ValidateListOptions` of k8s.io/apimachinery `pkg/apis/meta/internalversion/validation`, the list half. */
export function pageOf(query: URLSearchParams): ListPage {
  const causes: FieldCause[] = [];
  const forbid = (field: string, why: string): void => {
    causes.push({ field, reason: 'FieldValueForbidden', message: `Forbidden: ${why}` });
  };
  const match = query.get('resourceVersionMatch') ?? '';
  const resourceVersion = query.get('resourceVersion') ?? '';
  const continueToken = query.get('continue') ?? '';
  if (match !== '') {
    if (resourceVersion === '') {
      forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided');
    }
    if (continueToken !== '') {
      forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided');
    }
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      causes.push({
        field: 'resourceVersionMatch',
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""`,
      });
    }
    if (match === 'Exact' && resourceVersion === '0') {
      forbid('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
  }
  if (query.has('sendInitialEvents')) forbid('sendInitialEvents', 'sendInitialEvents is forbidden for list');
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
  const limit = integerOf(query, 'limit') ?? 0;
  integerOf(query, 'timeoutSeconds');
  // A limit with a version other than 0 and no match asks for that very version, as etcd pages are read.
  const legacyExact = limit > 0 && match === '' && resourceVersion !== '' && resourceVersion !== '0';
  return {
    limit: Math.max(limit, 0),
    continueToken,
    resourceVersion,
    exact: match === 'Exact' || legacyExact,
  };
}

/** What rows of a Table carry. Throws BadRequest. */
export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') || 'Metadata';
  if (value === 'None' || value === 'Object' || value === 'Metadata') return value;
  const why = `includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`;
  throw badRequest(`Unable to convert to Table as requested: ${why}`);
}
