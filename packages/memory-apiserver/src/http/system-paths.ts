import { preferredType } from '../codec/accept.js';
import type { Document } from '../codec/document.js';
import { discoveryDocument } from '../codec/discovery.js';
import { openApiV2Document, openApiV2Types } from '../codec/openapi-v2.js';
import { openApiDocument, openApiTypes } from '../codec/openapi.js';
import { methodNotAllowed } from '../errors.js';
import type { RegistryContext } from '../registry/context.js';
import type { ResourceCatalog } from '../schema/resource.js';
import type { HttpEnvironment } from './environment.js';
import type { Exchange } from './exchange.js';
import { healthMetrics, healthPaths, sendHealth } from './health.js';
import { checkRoutable } from './media-type.js';
import { metricsText } from './metrics.js';
import { sendOpenId } from './openid.js';
import { sendDocument, sendEmpty, sendPrepared, sendRaw, sendText } from './respond.js';

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';

/** Answers paths that aren't about objects. False if there is nothing at the path. */
export function systemPath(
  exchange: Exchange,
  { catalog, store, tokens }: RegistryContext,
  { versionText }: HttpEnvironment,
  watches: number,
): boolean {
  const { path } = exchange;
  const [, first = '', ...rest] = path.replace(/\/$/, '').split('/');
  switch (first) {
    case 'version':
      if (rest.length > 0) return false;
      onlyGet(exchange);
      sendRaw(exchange, 200, JSON.parse(versionText));
      return true;
    case 'healthz':
    case 'livez':
    case 'readyz':
      return sendHealth(exchange, first, rest);
    case 'metrics':
      return sendMetrics(exchange, rest.join('/'), metricsText(catalog, store, watches));
    case 'api':
    case 'apis':
      if (path !== '/apis') onlyGet(exchange);
      return sendDiscovery(exchange, catalog);
    case 'openapi':
      return sendOpenApi(exchange, catalog);
    case '.well-known':
    case 'openid':
      return sendOpenId(exchange, tokens);
    case '':
      sendRaw(exchange, 200, { paths: rootPaths(catalog) });
      return true;
    default:
      return false;
  }
}

function sendMetrics(exchange: Exchange, rest: string, text: string): boolean {
  if (rest !== '' && rest !== 'slis') return false;
  sendText(exchange, 200, rest === '' ? text : healthMetrics(), METRICS_TYPE);
  return true;
}

/** Paths with routes of their own know methods, all others answer to any. */
function onlyGet({ method }: Exchange): void {
  if (method !== 'GET') throw methodNotAllowed();
}

function rootPaths(catalog: ResourceCatalog): string[] {
  const paths = ['/.well-known/openid-configuration', '/api', '/api/v1', '/apis', '/apis/'];
  for (const group of catalog.groups()) {
    if (group === '') continue;
    paths.push(`/apis/${group}`, ...catalog.versions(group).map((version) => `/apis/${group}/${version}`));
  }
  paths.push(
    '/metrics',
    '/metrics/slis',
    '/openapi/v2',
    '/openapi/v3',
    '/openapi/v3/',
    '/openid/v1/jwks',
    '/version',
  );
  return [...paths, ...healthPaths()].sort();
}

function sendDiscovery(exchange: Exchange, catalog: ResourceCatalog): boolean {
  const document = discoveryDocument(catalog, exchange.path, exchange.request.headers.accept);
  if (document === undefined) return false;
  if (exchange.path.split('/').length > 2) checkRoutable(exchange.request.headers.accept, false);
  if (document.contentType === 'application/json') sendPrepared(exchange, document);
  else sendDocument(exchange, document, { 'Cache-Control': 'public' });
  return true;
}

/** k8s.io/kube-openapi `pkg/handler` and `pkg/handler3`: what isn't there or not to be had is said by the code alone. */
function sendOpenApi(exchange: Exchange, catalog: ResourceCatalog): boolean {
  const { path, query, request } = exchange;
  const { accept } = request.headers;
  if (path === '/openapi/v2') {
    const type = preferredType(accept, openApiV2Types);
    if (type === undefined) sendEmpty(exchange, 406, { Vary: ['Accept-Encoding', 'Accept'] });
    else sendDocument(exchange, openApiV2Document(catalog, type));
    return true;
  }
  if (path !== '/openapi/v3' && !path.startsWith('/openapi/v3/')) return false;
  const type = path === '/openapi/v3' ? 'application/json' : preferredType(accept, openApiTypes);
  const document = type === undefined ? undefined : openApiDocument(catalog, path, type);
  if (type === undefined) sendEmpty(exchange, 406, { Vary: 'Accept' });
  else if (document === undefined) sendEmpty(exchange, 404);
  else sendHashed(exchange, document, query.get('hash'));
  return true;
}

/** The hash is of the content, so what it leads to never changes; another hash leads to it. */
function sendHashed(exchange: Exchange, document: Document, hash: string | null): void {
  if (!hash) return sendDocument(exchange, document);
  if (hash === document.hash)
    return sendDocument(exchange, document, { 'Cache-Control': 'public, immutable', Expires: inAYear() });
  sendEmpty(exchange, 301, {
    Location: `${exchange.path}?hash=${document.hash}`,
    'Content-Type': document.contentType,
    ETag: document.etag,
    Vary: 'Accept',
  });
}

const inAYear = (): string => new Date(Date.now() + 365 * 86_400_000).toUTCString();
