import { discoveryDocument } from '../codec/discovery.js';
import { openApiV2Document, openApiV2Types } from '../codec/openapi-v2.js';
import { openApiDocument } from '../codec/openapi.js';
import type { ResourceCatalog } from '../schema/resource.js';
import type { HttpEnvironment } from './environment.js';
import type { Exchange } from './exchange.js';
import { notAcceptable, preferredType } from './media-type.js';
import { sendDocument, sendJson, sendText } from './respond.js';

const HEALTH_CHECKS = ['ping', 'log', 'etcd', 'informer-sync', 'poststarthook/rbac/bootstrap-roles'];

function sendHealth(exchange: Exchange, name: string, check: string | undefined): boolean {
  if (check !== undefined && !HEALTH_CHECKS.includes(check)) return false;
  if (check === undefined && exchange.query.has('verbose')) {
    const lines = HEALTH_CHECKS.map((line) => `[+]${line} ok\n`);
    sendText(exchange, 200, `${lines.join('')}${name} check passed\n`);
  } else {
    sendText(exchange, 200, 'ok');
  }
  return true;
}

const PATHS = [
  '/api',
  '/api/v1',
  '/apis',
  '/healthz',
  '/livez',
  '/openapi/v2',
  '/openapi/v3',
  '/readyz',
  '/version',
];

/** Answers paths that aren't about objects. False if there is nothing at the path. */
export function systemPath(
  exchange: Exchange,
  catalog: ResourceCatalog,
  environment: HttpEnvironment,
): boolean {
  const { path } = exchange;
  const [, first = '', ...rest] = path.replace(/\/$/, '').split('/');
  switch (first) {
    case 'version':
      if (rest.length > 0) return false;
      sendJson(exchange, 200, environment.versionText);
      return true;
    case 'healthz':
    case 'livez':
    case 'readyz':
      return sendHealth(exchange, first, rest.length === 0 ? undefined : rest.join('/'));
    case 'api':
    case 'apis': {
      const document = discoveryDocument(catalog, path, exchange.request.headers.accept);
      if (document !== undefined) sendDocument(exchange, document);
      return document !== undefined;
    }
    case 'openapi': {
      if (path === '/openapi/v2') {
        const type = preferredType(exchange.request.headers.accept, openApiV2Types);
        if (type === undefined) throw notAcceptable(openApiV2Types);
        sendDocument(exchange, openApiV2Document(catalog, type));
        return true;
      }
      const document = openApiDocument(catalog, path);
      if (document !== undefined) sendDocument(exchange, document);
      return document !== undefined;
    }
    case '': {
      const groups = catalog.groups().filter((group) => group !== '');
      sendJson(
        exchange,
        200,
        JSON.stringify({ paths: [...PATHS, ...groups.map((group) => `/apis/${group}`)].sort() }),
      );
      return true;
    }
    default:
      return false;
  }
}
