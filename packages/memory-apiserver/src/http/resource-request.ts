import { invalid } from '../errors.js';
import type { DeleteOptions, WriteOptions } from '../registry/api.js';
import type { ListPage } from '../registry/list.js';
import { Selection } from '../registry/selection.js';
import type { ResourceInfo, SubresourceInfo } from '../schema/resource.js';
import type { KubeObject } from '../object.js';
import type { FieldCause } from '../errors.js';
import type { Exchange } from './exchange.js';
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

/** The verb as discovery and RBAC call it; undefined for methods that mean nothing. */
export function verbOf(method: string, path: ResourcePath, query: URLSearchParams): Verb | undefined {
  const collection = path.name === '';
  switch (method) {
    case 'GET':
    case 'HEAD': {
      const watch = query.get('watch');
      if (path.subresource === '' && watch !== null && watch !== 'false' && watch !== '0') return 'watch';
      return collection ? 'list' : 'get';
    }
    case 'POST':
      return collection || path.subresource !== '' ? 'create' : undefined;
    case 'PUT':
      return collection ? undefined : 'update';
    case 'PATCH':
      return collection ? undefined : 'patch';
    case 'DELETE':
      return collection ? 'deletecollection' : 'delete';
    default:
      return undefined;
  }
}

export function selectionOf(
  { resource, namespace, path }: ResourceRequest,
  query: URLSearchParams,
): Selection {
  const named = path.name === '' ? '' : `metadata.name=${path.name}`;
  const fields = [query.get('fieldSelector') ?? '', named].filter((part) => part !== '').join(',');
  const labels = query.get('labelSelector');
  return new Selection(resource, {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels ? { labelSelector: labels } : {}),
    ...(fields === '' ? {} : { fieldSelector: fields }),
  });
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
  const limit = Number(query.get('limit') ?? 0);
  // A limit with a version other than 0 and no match asks for that very version, as etcd pages are read.
  const legacyExact = limit > 0 && match === '' && resourceVersion !== '' && resourceVersion !== '0';
  return {
    limit: Number.isInteger(limit) && limit > 0 ? limit : 0,
    continueToken,
    resourceVersion,
    exact: match === 'Exact' || legacyExact,
  };
}

/** `dryRun` and `fieldManager`, which is by default what stands first in the User-Agent. Throws Invalid. */
export function writeOptionsOf({ query, request }: Exchange): WriteOptions {
  const manager = query.get('fieldManager') || request.headers['user-agent']?.split('/', 1)[0];
  return { dryRun: isDryRun(query.getAll('dryRun')), ...(manager ? { fieldManager: manager } : {}) };
}

function isDryRun(values: readonly string[]): boolean {
  const wrong = values.filter((value) => value !== 'All' && value !== '');
  if (wrong.length === 0) return values.includes('All');
  throw invalid({ group: 'meta.k8s.io', kind: 'CreateOptions' }, '', [
    {
      field: 'dryRun',
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(wrong)}: supported values: "All"`,
    },
  ]);
}

/** DeleteOptions come in the body, or, if there is none, in the query. Throws Invalid. */
export function deleteOptionsOf(body: KubeObject | undefined, query: URLSearchParams): DeleteOptions {
  const grace = query.get('gracePeriodSeconds');
  const given = (body ?? {
    propagationPolicy: query.get('propagationPolicy') ?? undefined,
    gracePeriodSeconds: grace === null ? undefined : Number(grace),
    orphanDependents: query.has('orphanDependents') ? query.get('orphanDependents') === 'true' : undefined,
    dryRun: query.getAll('dryRun'),
  }) as DeleteOptions & { orphanDependents?: boolean; dryRun?: string[] };
  const { orphanDependents, propagationPolicy, gracePeriodSeconds, preconditions } = given;
  const legacy =
    typeof orphanDependents !== 'boolean' ? undefined : orphanDependents ? 'Orphan' : 'Background';
  const policy = propagationPolicy ?? legacy;
  if (policy !== undefined && !['Background', 'Foreground', 'Orphan'].includes(policy)) {
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
      {
        field: 'propagationPolicy',
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: "${String(policy)}": supported values: "Foreground", "Background", "Orphan", "nil"`,
      },
    ]);
  }
  return {
    dryRun: isDryRun(given.dryRun ?? []),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    ...(typeof gracePeriodSeconds === 'number' ? { gracePeriodSeconds } : {}),
    ...(preconditions === undefined || preconditions === null ? {} : { preconditions }),
  };
}

export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject');
  return value === 'None' || value === 'Object' ? value : 'Metadata';
}
