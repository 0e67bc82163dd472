import { ApiError, qualifiedResource } from '../errors.js';
import type { RequestAttributes } from '../registry/user.js';
import type { Exchange } from './exchange.js';
import { isTrue } from './resource-request.js';
import type { ResourcePath } from './route.js';

/** The verb that a request has for authorization, before it is known whether anything is there to answer it. */
export function requestedVerb(method: string, path: ResourcePath, query: URLSearchParams): string {
  if (path.watch) return 'watch';
  const collection = path.name === '';
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (!collection) return 'get';
      return isTrue(query.get('watch')) ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return collection ? 'deletecollection' : 'delete';
    default:
      return '';
  }
}

/**
 * What is authorized: k8s.io/apiserver `pkg/endpoints/request/requestinfo.go`. A list or watch of one object by its
 * name is about that object; a Namespace is in the namespace that it is.
 */
export function attributesOf(exchange: Exchange, path: ResourcePath): RequestAttributes {
  const { group, version, plural, subresource } = path;
  const { user, verb, query } = exchange;
  const name = path.name || (verb === 'list' || verb === 'watch' ? selectedName(query) : '');
  const isNamespace = group === '' && plural === 'namespaces';
  return {
    user,
    verb,
    resource: {
      group,
      version,
      resource: plural,
      subresource,
      namespace: isNamespace ? path.name : path.namespace,
      name,
    },
  };
}

function selectedName(query: URLSearchParams): string {
  const selector = query.get('fieldSelector') ?? '';
  if (!selector.includes('metadata.name')) return '';
  return /(?:^|,)metadata\.name==?([^,=\\/%]+)(?:,|$)/.exec(selector)?.[1] ?? '';
}

/** Go's `sanitizer` of what may come from the URL. */
export const sanitize = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** 403 as k8s.io/apiserver `pkg/endpoints/handlers/responsewriters` words it. */
export function forbidden({ user, verb, resource, path }: RequestAttributes, reason?: string): ApiError {
  const why = reason ? `: ${reason}` : '';
  const who = `User ${JSON.stringify(user.username)} cannot ${verb}`;
  if (resource === undefined) {
    const what = sanitize(`${who} path ${JSON.stringify(path)}`);
    return new ApiError(403, 'Forbidden', `forbidden: ${what}${why}`, {});
  }
  const { group, namespace, name, subresource } = resource;
  const kind = subresource === '' ? resource.resource : `${resource.resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const what = sanitize(`${who} resource "${kind}" in API group "${group}" ${where}`);
  const qualified = qualifiedResource({ group, plural: resource.resource });
  return new ApiError(
    403,
    'Forbidden',
    `${qualified}${name === '' ? '' : ` ${JSON.stringify(name)}`} is forbidden: ${what}${why}`,
    {
      ...(name === '' ? {} : { name }),
      ...(group === '' ? {} : { group }),
      kind: resource.resource,
    },
  );
}
