import type { IncomingMessage } from 'node:http';
import type { KubeObject, PatchType } from '@scale-cluster/memory-apiserver';
import { parseBody, readBody, readObject } from './body.js';
import { listCollection, selectFields } from './collection.js';
import { methodNotAllowed, notFound, SteveError } from './errors.js';
import type { FormatContext } from './resource.js';
import { fromSteve, toSteveOne } from './resource.js';
import type { SteveType } from './schemas.js';
import type { SteveCluster, SteveObject } from './types.js';

/** A request for objects of a Kubernetes type. */
export interface ResourceRequest {
  readonly cluster: SteveCluster;
  readonly request: IncomingMessage;
  readonly type: SteveType;
  /** What follows the type in the path, decoded: nothing, `[name]`, `[namespace]` or `[namespace, name]`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly context: FormatContext;
}

export interface ResourceAnswer {
  status: number;
  body?: SteveObject;
}

/** Carries out one request on a Kubernetes type. Throws SteveError and the Kubernetes API's ApiError. */
export async function handleResource(own: ResourceRequest): Promise<ResourceAnswer> {
  const { type, query } = own;
  const { namespace, name } = locate(own);
  const method = own.request.method ?? '';
  if (query.has('action') || query.has('link')) throw notFound(`action or link of ${type.id}`);
  requireVerb(type, method, name !== undefined);
  if (name === undefined) {
    return method === 'POST'
      ? create(own, namespace)
      : { status: 200, body: await listCollection(own.cluster, type, namespace, query, own.context) };
  }
  switch (method) {
    case 'GET':
      return shown(own, await own.cluster.objects.get(type.resource.storage, namespace, name));
    case 'PUT':
      return shown(
        own,
        await own.cluster.objects.update(fromSteve(type, await readObject(own.request), namespace, name)),
      );
    case 'PATCH':
      return patch(own, namespace, name);
    default:
      return remove(own, namespace, name);
  }
}

function locate({ type, path }: ResourceRequest): { namespace?: string; name?: string } {
  const [first, second, ...rest] = path;
  if (rest.length > 0 || (second !== undefined && !type.resource.namespaced)) throw notFound(path.join('/'));
  if (first === undefined) return {};
  if (!type.resource.namespaced) return { name: first };
  return second === undefined ? { namespace: first } : { namespace: first, name: second };
}

const itemVerbs: Record<string, string | undefined> = {
  GET: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
const collectionVerbs: Record<string, string | undefined> = { GET: 'list', POST: 'create' };

function requireVerb(type: SteveType, method: string, one: boolean): void {
  const verb = (one ? itemVerbs : collectionVerbs)[method];
  if (verb === undefined || !type.resource.verbs.includes(verb)) throw methodNotAllowed(method, type.id);
}

async function create(own: ResourceRequest, namespace: string | undefined): Promise<ResourceAnswer> {
  const object = fromSteve(own.type, await readObject(own.request), namespace);
  if (own.type.resource.namespaced && (object.metadata.namespace ?? '') === '') {
    throw new SteveError(422, 'MissingRequired', 'metadata.namespace is required');
  }
  return { ...shown(own, await own.cluster.objects.create(object)), status: 201 };
}

/** Content types of patches (RFC 6902, RFC 7386, Kubernetes' own); plain JSON is what steve takes for strategic. */
function patchType(contentType: string, type: SteveType): PatchType {
  if (contentType.includes('json-patch')) return 'json';
  if (contentType.includes('merge-patch') && !contentType.includes('strategic')) return 'merge';
  if (contentType.includes('apply-patch')) return 'apply';
  return type.resource.custom === undefined ? 'strategic' : 'merge';
}

async function patch(
  own: ResourceRequest,
  namespace: string | undefined,
  name: string,
): Promise<ResourceAnswer> {
  const contentType = own.request.headers['content-type'] ?? '';
  const body = parseBody(await readBody(own.request), contentType);
  const { storage } = own.type.resource;
  const kind = patchType(contentType, own.type);
  const fieldManager = own.query.get('fieldManager') ?? 'steve';
  return shown(own, await own.cluster.objects.patch(storage, namespace, name, kind, body, { fieldManager }));
}

/** 200 with the object while finalizers or a grace period keep it, else 204. */
async function remove(
  own: ResourceRequest,
  namespace: string | undefined,
  name: string,
): Promise<ResourceAnswer> {
  const left = await own.cluster.objects.delete(own.type.resource.storage, namespace, name, {
    propagationPolicy: 'Background',
  });
  return left === undefined ? { status: 204 } : shown(own, left);
}

function shown({ type, query, context }: ResourceRequest, object: KubeObject): ResourceAnswer {
  return { status: 200, body: selectFields(toSteveOne(type, object, context), query) };
}
