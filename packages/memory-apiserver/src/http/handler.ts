import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError, methodNotAllowed, methodNotSupported, notFound } from '../errors.js';
import type { Registry } from '../registry/registry.js';
import type { RequestAttributes, UserInfo } from '../registry/user.js';
import { MASTERS } from '../registry/user.js';
import { builtinCatalog } from '../schema/catalog.js';
import type { ResourceInfo } from '../schema/resource.js';
import { authenticate } from './authentication.js';
import { attributesOf, forbidden, requestedVerb, sanitize } from './authorization.js';
import { readBody } from './body.js';
import type { HttpEnvironment } from './environment.js';
import type { Exchange, RequestReport } from './exchange.js';
import { impersonate, ImpersonationError } from './impersonation.js';
import { checkRoutable, negotiateResource, PLAIN } from './media-type.js';
import { OpenWatches } from './open-watches.js';
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
import { sendError, sendText, sendTooManyRequests } from './respond.js';
import type { ResourcePath } from './route.js';
import { decodePath, parseResourcePath } from './route.js';
import { METRICS_GROUP } from '../pods/metrics-resources.js';
import { metricsHandler } from './metrics-handler.js';
import { subresourceHandler } from './subresource-handlers.js';
import { isStreaming, type StreamingSubresource } from './streaming/subresources.js';
import { responseOn, type Upgrade } from './streaming/upgrade.js';
import { takeBearerProtocol } from './streaming/websocket.js';
import { startWatch } from './watch.js';
import { warnOfDeprecation } from './warnings.js';

export type { RequestReport } from './exchange.js';

const NOBODY: UserInfo = { username: '', groups: [] };

const systemPaths = whenAsked(() => import('./system-paths.js'));
const streaming = whenAsked(() => import('./streaming/handler.js'));

/** Answers the HTTP requests of one cluster. */
export class RequestHandler {
  readonly #watches: OpenWatches;
  /** Logs that are followed, commands, forwarded ports. */
  readonly #streams = new Set<Duplex | ServerResponse>();

  /** Counted only if there is a limit. */
  #inFlight = 0;

  constructor(
    readonly registry: Registry,
    readonly environment: HttpEnvironment,
  ) {
    this.#watches = new OpenWatches(registry.context.store, environment);
  }

  /** Open watches. */
  get watchCount(): number {
    return this.#watches.size;
  }

  /** Ends all watches and streams. */
  close(): void {
    this.#watches.end();
    for (const stream of this.#streams) stream.destroy();
  }

  /** Answers a request to go on in another protocol, as {@link handle}; `report` is called when the connection ends. */
  handleUpgrade(request: IncomingMessage, upgrade: Upgrade, report?: (report: RequestReport) => void): void {
    upgrade.socket.on('error', () => upgrade.socket.destroy());
    takeBearerProtocol(request);
    this.handle(request, responseOn(request, upgrade), report, upgrade);
  }

  /** Answers one request; never throws. `report` is called when the answer has been sent, or cut off. */
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    report?: (report: RequestReport) => void,
    upgrade?: Upgrade,
  ): void {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const exchange: Exchange = {
      request,
      response,
      method: request.method ?? 'GET',
      path: mark < 0 ? url : url.slice(0, mark),
      query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
      ...(upgrade === undefined ? {} : { upgrade }),
      acceptsGzip: /\bgzip\b/.test(request.headers['accept-encoding']?.toString() ?? ''),
      accepted: PLAIN,
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
      if (error instanceof ImpersonationError) return sendText(exchange, 500, serverError(exchange, error));
      if (!(error instanceof ApiError)) {
        this.environment.logger?.error(
          { err: error, method: exchange.method, path: exchange.path },
          'request failed',
        );
      }
      sendError(exchange, error);
    }
  }

  /** Goes on with a part of the server that is only loaded when somebody asks for it, so that the start is quick. */
  #with<Part>(exchange: Exchange, part: Promise<Part>, work: (part: Part) => void): void {
    part
      .then((loaded) => this.#guard(exchange, () => work(loaded)))
      .catch((error: unknown) => sendError(exchange, error));
  }

  #reportAtEnd(exchange: Exchange, report: (report: RequestReport) => void): void {
    const startedAt = this.environment.now();
    const { request, response } = exchange;
    (exchange.upgrade?.socket ?? response).once('close', () => {
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
    const { authenticator, context } = this.registry;
    const requester = authenticate(exchange.request, exchange.path, authenticator);
    exchange.user = impersonate(exchange.request, requester, context.authorizer);
    const path = parseResourcePath(exchange.path);
    if (path === undefined) {
      if (!this.#enter(exchange)) return sendTooManyRequests(exchange);
      this.#authorize({ user: exchange.user, verb: exchange.verb, path: decodePath(exchange.path) });
      return this.#with(exchange, systemPaths(), ({ systemPath }) => {
        if (systemPath(exchange, context, this.environment, this.watchCount)) return;
        const [, root, group = ''] = exchange.path.split('/');
        if (root === 'api' || (root === 'apis' && isBuiltinGroup(group))) throw pathNotFound();
        nothingHere(exchange);
      });
    }
    exchange.verb = requestedVerb(exchange.method, path, exchange.query);
    exchange.resource = path.subresource === '' ? path.plural : `${path.plural}/${path.subresource}`;
    const endsSoon = exchange.verb !== 'watch' && !isStreaming(path.subresource);
    if (endsSoon && !this.#enter(exchange)) return sendTooManyRequests(exchange);
    exchange.attributes = attributesOf(exchange, path);
    this.#authorize(exchange.attributes);
    this.#answerResource(exchange, path);
  }

  /** Counts a request until it is answered. False: there are too many. */
  #enter({ response, upgrade, user }: Exchange): boolean {
    const { maxRequestsInFlight } = this.environment.limits;
    if (maxRequestsInFlight === Infinity) return true;
    if (this.#inFlight >= maxRequestsInFlight) return user.groups.includes(MASTERS);
    this.#inFlight += 1;
    (upgrade?.socket ?? response).once('close', () => (this.#inFlight -= 1));
    return true;
  }

  #answerResource(exchange: Exchange, path: ResourcePath): void {
    const { catalog } = this.registry.context;
    const resource = catalog.find(path.group, path.version, path.plural);
    const subresource = resource?.subresources.find(({ name }) => name === path.subresource);
    const missing = resource === undefined || (path.subresource !== '' && subresource === undefined);
    if (missing || !fits(resource, path)) {
      const known = isBuiltinGroup(path.group);
      if (!known && resource !== undefined) throw notFound(resource, path.name);
      if (known) throw pathNotFound();
      return nothingHere(exchange);
    }
    const namespace = path.namespace === '' ? undefined : path.namespace;
    const target: ResourceRequest = { resource, path, subresource, namespace };
    const verb = verbOf(exchange.method, target, exchange.query);
    const isAcross = resource.namespaced && namespace === undefined;
    if (resource.custom !== undefined && isAcross && exchange.verb !== 'list' && exchange.verb !== 'watch')
      return nothingHere(exchange);
    if (verb === undefined || !(subresource ?? resource).verbs.includes(verb))
      throw resource.custom === undefined ? methodNotAllowed() : methodNotSupported(resource, exchange.verb);
    if (isStreaming(path.subresource)) return this.#stream(exchange, target, path.subresource);
    warnOfDeprecation(exchange, resource, this.environment.minorVersion);
    const { accept } = exchange.request.headers;
    if (resource.custom === undefined) checkRoutable(accept, verb === 'list' || verb === 'watch');
    exchange.accepted = negotiateResource(accept, resource, verb === 'watch');
    this.#dispatch(exchange, target, verb);
  }

  /** What isn't about objects has its own forms of answers, and no body that would have to be read first. */
  #stream(exchange: Exchange, target: ResourceRequest, subresource: StreamingSubresource): void {
    const carrier = exchange.upgrade?.socket ?? exchange.response;
    this.#streams.add(carrier);
    carrier.once('close', () => this.#streams.delete(carrier));
    this.#with(exchange, streaming(), ({ streamingHandler }) => {
      // Nobody would tell the handler of a client that has left before.
      if (this.#streams.has(carrier)) streamingHandler(this, exchange, target, subresource);
    });
  }

  #dispatch(exchange: Exchange, target: ResourceRequest, verb: Verb): void {
    if (target.resource.group === METRICS_GROUP) return metricsHandler(this, exchange, target);
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
    if (this.#watches.size >= this.environment.limits.maxWatches) return sendTooManyRequests(exchange);
    const selection = selectionOf(target, exchange.query);
    const form = renderer(this, exchange, target.resource);
    startWatch(exchange, context, target.resource, selection, form, this.environment, this.#watches);
  }

  #authorize(attributes: RequestAttributes): void {
    const { allowed, reason } = this.registry.context.authorizer.authorize(attributes);
    if (!allowed) throw forbidden(attributes, reason);
  }
}

/** A namespaced path of a cluster-scoped resource leads nowhere, nor does a name without a namespace. */
function fits(resource: ResourceInfo, { namespace, name, watch }: ResourcePath): boolean {
  if (namespace !== '' && !resource.namespaced) return false;
  if (watch && !resource.verbs.includes('watch')) return false;
  return namespace !== '' || !resource.namespaced || name === '';
}

/** Built-in groups answer for all paths below theirs, whether anything is there; what nobody answers for is no API. */
const isBuiltinGroup = (group: string): boolean => builtinCatalog().versions(group).length > 0;

const pathNotFound = (): ApiError =>
  new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});

/** Some mistakes kube-apiserver takes for its own and answers without a Status. */
const serverError = ({ request }: Exchange, { message }: Error): string =>
  `${sanitize(`Internal Server Error: ${JSON.stringify(request.url)}: ${message}`)}\n`;

/** Outside of the APIs kube-apiserver is a plain HTTP server. */
const nothingHere = (exchange: Exchange): void => sendText(exchange, 404, '404 page not found\n');

/** A part of the server that is loaded when it is first asked for. */
function whenAsked<Part>(load: () => Promise<Part>): () => Promise<Part> {
  let part: Promise<Part> | undefined;
  return () => (part ??= load());
}
