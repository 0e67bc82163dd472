import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, methodNotAllowed, qualifiedResource } from '../errors.js';
import type { Registry } from '../registry/registry.js';
import type { RequestAttributes, UserInfo } from '../registry/user.js';
import { authenticate } from './authentication.js';
import { readBody } from './body.js';
import type { HttpEnvironment } from './environment.js';
import type { Exchange, RequestReport } from './exchange.js';
import { negotiate } from './media-type.js';
import {
  createHandler,
  deleteCollectionHandler,
  deleteHandler,
  getHandler,
  listHandler,
  patchHandler,
  renderer,
  updateHandler,
} from './resource-handlers.js';
import type { ResourceRequest, Verb } from './resource-request.js';
import { selectionOf, verbOf } from './resource-request.js';
import { sendError } from './respond.js';
import type { ResourcePath } from './route.js';
import { parseResourcePath } from './route.js';
import { subresourceHandler } from './subresource-handlers.js';
import { systemPath } from './system-paths.js';
import { startWatch } from './watch.js';
import type { WatchStream } from './watch-stream.js';

export type { RequestReport } from './exchange.js';

const NOBODY: UserInfo = { username: '', groups: [] };

/** Answers the HTTP requests of one cluster. */
export class RequestHandler {
  readonly #watches = new Set<WatchStream>();

  constructor(
    readonly registry: Registry,
    readonly environment: HttpEnvironment,
  ) {}

  /** Open watches. */
  get watchCount(): number {
    return this.#watches.size;
  }

  /** Ends all watches. */
  close(): void {
    for (const stream of this.#watches) stream.end();
  }

  /** Answers one request; never throws. `report` is called when the answer has been sent, or cut off. */
  handle(request: IncomingMessage, response: ServerResponse, report?: (report: RequestReport) => void): void {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const exchange: Exchange = {
      request,
      response,
      method: request.method ?? 'GET',
      path: mark < 0 ? url : url.slice(0, mark),
      query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
      acceptsGzip: /\bgzip\b/.test(request.headers['accept-encoding']?.toString() ?? ''),
      accepted: { form: 'object', encoding: 'json', version: 'v1' },
      user: NOBODY,
      verb: (request.method ?? 'GET').toLowerCase(),
      resource: '',
      bytes: 0,
    };
    if (report !== undefined) this.#reportAtEnd(exchange, report);
    this.#guard(exchange, () => this.#answer(exchange));
  }

  #guard(exchange: Exchange, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof ApiError)) {
        this.environment.logger?.error(
          { err: error, method: exchange.method, path: exchange.path },
          'request failed',
        );
      }
      sendError(exchange, error);
    }
  }

  #reportAtEnd(exchange: Exchange, report: (report: RequestReport) => void): void {
    const startedAt = this.environment.now();
    const { request, response } = exchange;
    response.once('close', () => {
      report({
        verb: exchange.verb,
        resource: exchange.resource,
        path: exchange.path,
        userAgent: request.headers['user-agent'] ?? '',
        code: response.statusCode,
        bytes: exchange.bytes,
        durationMs: this.environment.now() - startedAt,
      });
    });
  }

  #answer(exchange: Exchange): void {
    exchange.user = authenticate(exchange.request, exchange.path, this.registry.authenticator);
    const path = parseResourcePath(exchange.path);
    if (path === undefined) {
      this.#authorize({ user: exchange.user, verb: exchange.verb, path: exchange.path });
      const { catalog } = this.registry.context;
      if (exchange.method !== 'GET' && exchange.method !== 'HEAD') throw pathNotFound();
      if (!systemPath(exchange, catalog, this.environment)) throw pathNotFound();
      return;
    }
    this.#answerResource(exchange, path);
  }

  #answerResource(exchange: Exchange, path: ResourcePath): void {
    const resource = this.registry.context.catalog.find(path.group, path.version, path.plural);
    if (resource === undefined) throw pathNotFound();
    const subresource =
      path.subresource === ''
        ? undefined
        : resource.subresources.find(({ name }) => name === path.subresource);
    if (path.subresource !== '' && subresource === undefined) throw pathNotFound();
    // A namespaced path of a cluster-scoped resource leads nowhere, nor does a name without a namespace.
    if (path.namespace !== '' && !resource.namespaced) throw pathNotFound();
    if (path.namespace === '' && resource.namespaced && path.name !== '') throw pathNotFound();
    const namespace = path.namespace === '' ? undefined : path.namespace;
    const target: ResourceRequest = { resource, path, subresource, namespace };
    const verb = verbOf(exchange.method, path, exchange.query);
    exchange.resource = path.subresource === '' ? path.plural : `${path.plural}/${path.subresource}`;
    exchange.verb = verb ?? exchange.verb;
    // Objects with a namespace are created in one, not in the list of all.
    const misplaced = verb === 'create' && resource.namespaced && namespace === undefined;
    if (verb === undefined || misplaced || !(subresource ?? resource).verbs.includes(verb)) {
      throw methodNotAllowed(resource, verb ?? exchange.method.toLowerCase());
    }
    const { group, version } = resource;
    this.#authorize({
      user: exchange.user,
      verb,
      resource: {
        group,
        version,
        resource: path.plural,
        subresource: path.subresource,
        namespace: path.namespace,
        name: path.name,
      },
    });
    exchange.accepted = negotiate(exchange.request.headers.accept);
    this.#dispatch(exchange, target, verb);
  }

  #dispatch(exchange: Exchange, target: ResourceRequest, verb: Verb): void {
    if (verb === 'watch') return this.#watch(exchange, target);
    if (verb === 'list') return listHandler(this, exchange, target);
    if (verb === 'get' && target.subresource === undefined) return getHandler(this, exchange, target);
    if (verb === 'get') return subresourceHandler(this, exchange, target, Buffer.alloc(0), verb);
    readBody(exchange.request, (error, body) => {
      this.#guard(exchange, () => {
        if (error !== undefined) throw error;
        this.#write(exchange, target, verb, body);
      });
    });
  }

  #write(exchange: Exchange, target: ResourceRequest, verb: Verb, body: Buffer): void {
    if (target.subresource !== undefined) return subresourceHandler(this, exchange, target, body, verb);
    switch (verb) {
      case 'create':
        return createHandler(this, exchange, target, body);
      case 'update':
        return updateHandler(this, exchange, target, body);
      case 'patch':
        return patchHandler(this, exchange, target, body);
      case 'delete':
        return deleteHandler(this, exchange, target, body);
      default:
        return deleteCollectionHandler(this, exchange, target, body);
    }
  }

  #watch(exchange: Exchange, target: ResourceRequest): void {
    const { context } = this.registry;
    const selection = selectionOf(target, exchange.query);
    const form = renderer(this, exchange, target.resource);
    startWatch(exchange, context, target.resource, selection, form, this.environment, this.#watches);
  }

  #authorize(attributes: RequestAttributes): void {
    const { allowed, reason } = this.registry.context.authorizer.authorize(attributes);
    if (!allowed) throw forbidden(attributes, reason);
  }
}

/** For everything that isn't served: `404 page not found` as a Status, so that no client stumbles over plain text. */
const pathNotFound = (): ApiError =>
  new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});

function forbidden({ user, verb, resource, path }: RequestAttributes, reason: string | undefined): ApiError {
  const who = `User "${user.username}" cannot ${verb}`;
  const why = reason ? `: ${reason}` : '';
  if (resource === undefined)
    return new ApiError(403, 'Forbidden', `forbidden: ${who} path "${path}"${why}`, {});
  const name = qualifiedResource({ group: resource.group, plural: resource.resource });
  const where =
    resource.namespace === '' ? 'at the cluster scope' : `in the namespace "${resource.namespace}"`;
  const what = `${who} resource "${resource.resource}" in API group "${resource.group}" ${where}${why}`;
  return new ApiError(
    403,
    'Forbidden',
    `${name}${resource.name === '' ? '' : ` "${resource.name}"`} is forbidden: ${what}`,
    {
      ...(resource.name === '' ? {} : { name: resource.name }),
      ...(resource.group === '' ? {} : { group: resource.group }),
      kind: resource.resource,
    },
  );
}
