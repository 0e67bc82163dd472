import { gzip } from 'node:zlib';
import { stringify as stringifyYaml } from 'yaml';
import type { Document } from '../codec/document.js';
import { ApiError } from '../errors.js';
import type { Status } from '../object.js';
import type { Exchange } from './exchange.js';

/** Shorter answers aren't worth the time to compress: `defaultGzipThresholdBytes` in k8s.io/apiserver. */
const GZIP_FROM_CHARS = 128 * 1024;

const JSON_HEADERS = { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' };
const YAML_HEADERS = { 'Content-Type': 'application/yaml', 'Cache-Control': 'no-cache, private' };

export function sendJson(exchange: Exchange, code: number, text: string): void {
  const { response } = exchange;
  if (text.length >= GZIP_FROM_CHARS && exchange.acceptsGzip) {
    gzip(text, { level: 1 }, (error, compressed) => {
      if (response.destroyed) return;
      if (error !== null) return finish(exchange, code, JSON_HEADERS, text);
      finish(
        exchange,
        code,
        { ...JSON_HEADERS, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' },
        compressed,
      );
    });
    return;
  }
  finish(exchange, code, JSON_HEADERS, text);
}

export function sendText(exchange: Exchange, code: number, text: string): void {
  const headers = {
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-cache, private',
    'X-Content-Type-Options': 'nosniff',
  };
  finish(exchange, code, headers, text);
}

/** JSON text in the encoding that the client asked for. */
export function send(exchange: Exchange, code: number, text: string): void {
  if (exchange.accepted.encoding === 'json') return sendJson(exchange, code, text);
  finish(exchange, code, YAML_HEADERS, yamlOf(text));
}

/**
 * JSON text as YAML. Go's readers are of YAML 1.1, to which `yes`, `010` and `1:30` aren't strings: such are quoted.
 * Like Go's writer it doesn't fold long lines.
 */
const yamlOf = (text: string): string =>
  stringifyYaml(JSON.parse(text), { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });

export function sendDocument(exchange: Exchange, document: Document): void {
  const { request } = exchange;
  const headers = {
    'Content-Type': document.contentType,
    'Cache-Control': 'no-cache, private',
    ETag: document.etag,
    Vary: 'Accept, Accept-Encoding',
  };
  if (request.headers['if-none-match']?.includes(document.etag) === true) {
    finish(exchange, 304, headers, '');
  } else if (exchange.acceptsGzip) {
    finish(exchange, 200, { ...headers, 'Content-Encoding': 'gzip' }, document.gzip);
  } else {
    finish(exchange, 200, headers, document.body);
  }
}

export function sendStatus(exchange: Exchange, status: Status): void {
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter !== undefined) exchange.response.setHeader('Retry-After', String(retryAfter));
  send(exchange, status.code, JSON.stringify(status));
}

/** Any throw of a handler as a Status: an ApiError as it says, all else 500. */
export function sendError(exchange: Exchange, error: unknown): void {
  if (exchange.response.headersSent) {
    exchange.response.destroy();
    return;
  }
  sendStatus(exchange, error instanceof ApiError ? error.status : internalError(error).status);
}

function internalError(error: unknown): ApiError {
  const message = error instanceof Error ? error.message : 'unknown error';
  return new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

function finish(
  exchange: Exchange,
  code: number,
  headers: Record<string, string>,
  body: string | Buffer,
): void {
  const { response } = exchange;
  const bytes = Buffer.byteLength(body);
  exchange.bytes = bytes;
  response.writeHead(code, { ...headers, 'Content-Length': bytes });
  response.end(body);
}
