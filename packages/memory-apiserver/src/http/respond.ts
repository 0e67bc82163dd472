import { randomUUID } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import type { Document } from '../codec/document.js';
import { PROTOBUF, toYaml } from '../codec/encoding.js';
import { encodeProtobuf } from '../codec/protobuf-encode.js';
import { ApiError } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { Exchange } from './exchange.js';
import { negotiate, notAcceptable, OBJECT_TYPES, PLAIN_ONLY } from './media-type.js';

/** Shorter answers aren't worth the time to compress: `defaultGzipThresholdBytes` in k8s.io/apiserver. */
const GZIP_FROM = 128 * 1024;

const CACHE_CONTROL = 'no-cache, private';

/** JSON text as it is, whatever the client accepts. */
export function sendJson(exchange: Exchange, code: number, text: string): void {
  sendBody(exchange, code, 'application/json', text);
}

/** A body that is made for this answer alone; compressed if it is large. */
function sendBody(exchange: Exchange, code: number, type: string, body: string | Buffer): void {
  const { response } = exchange;
  const headers = { 'Content-Type': type, 'Cache-Control': CACHE_CONTROL };
  if (body.length < GZIP_FROM || !exchange.acceptsGzip) return finish(exchange, code, headers, body);
  const compressedHeaders = { ...headers, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' };
  // Loaded here because few answers are that large.
  void import('node:zlib').then(({ gzip }) =>
    gzip(body, { level: 1 }, (error, compressed) => {
      if (response.destroyed) return;
      if (error !== null) finish(exchange, code, headers, body);
      else finish(exchange, code, compressedHeaders, compressed);
    }),
  );
}

export function sendText(
  exchange: Exchange,
  code: number,
  text: string,
  type = 'text/plain; charset=utf-8',
  caching = CACHE_CONTROL,
): void {
  const headers = {
    'Content-Type': type,
    'Cache-Control': caching,
    'X-Content-Type-Options': 'nosniff',
  };
  finish(exchange, code, headers, text);
}

/** An object as JSON text, in the encoding that the client asked for. Throws NotAcceptable for kinds of CRDs in protobuf. */
export function send(exchange: Exchange, code: number, text: string): void {
  const { accepted } = exchange;
  if (accepted.encoding === 'protobuf') return sendBody(exchange, code, PROTOBUF, protobufOf(text));
  if (accepted.encoding === 'yaml')
    return sendBody(exchange, code, 'application/yaml', toYaml(JSON.parse(text)));
  const pretty = accepted.pretty || wantsPretty(exchange);
  sendJson(exchange, code, pretty ? JSON.stringify(JSON.parse(text), null, 2) : `${text}\n`);
}

function protobufOf(text: string): Buffer {
  const object = JSON.parse(text) as KubeObject;
  // The lists of versions and groups have none.
  object.apiVersion ??= '';
  return encodeProtobuf(object);
}

/** People read what these programs get: `isPrettyPrint` in k8s.io/apiserver `pkg/endpoints/handlers/negotiation`. */
function wantsPretty({ query, request }: Exchange): boolean {
  const asked = query.get('pretty');
  if (asked) return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(asked);
  return /^(?:curl|Wget|Mozilla\/5\.0)/.test(request.headers['user-agent'] ?? '');
}

/** Sends a document that clients may keep: again only to those that have another. */
export function sendDocument(exchange: Exchange, document: Document, caching: Caching = {}): void {
  const { request } = exchange;
  const headers = {
    'Content-Type': document.contentType,
    'Cache-Control': CACHE_CONTROL,
    ETag: document.etag,
    Vary: exchange.acceptsGzip ? 'Accept, Accept-Encoding' : 'Accept',
    ...caching,
  };
  if (request.headers['if-none-match']?.includes(document.etag) === true) {
    finish(exchange, 304, headers, '');
  } else if (exchange.acceptsGzip) {
    finish(exchange, 200, { ...headers, 'Content-Encoding': 'gzip' }, document.gzip);
  } else {
    finish(exchange, 200, headers, document.body);
  }
}

/** Headers by which clients may keep a document without asking again. */
export interface Caching {
  'Cache-Control'?: string;
  Expires?: string;
}

/** Sends an object that is prepared as JSON, in the encoding that the client asked for. Throws NotAcceptable. */
export function sendPrepared(exchange: Exchange, document: Document): void {
  const accepted = negotiate(exchange.request.headers.accept, PLAIN_ONLY);
  if (accepted === undefined) throw notAcceptable(OBJECT_TYPES);
  exchange.accepted = accepted;
  if (accepted.encoding === 'json' && !accepted.pretty && !wantsPretty(exchange))
    sendBody(exchange, 200, document.contentType, document.body);
  else send(exchange, 200, document.body.toString());
}

/** What isn't an object is JSON for people, whatever the client accepts: `WriteRawJSON` of k8s.io/apiserver. */
export function sendRaw(exchange: Exchange, code: number, value: unknown): void {
  sendBody(exchange, code, 'application/json', JSON.stringify(value, null, 2));
}

/** An answer that is said by its code and headers. */
export function sendEmpty(exchange: Exchange, code: number, headers: OutgoingHttpHeaders = {}): void {
  finish(exchange, code, { 'Cache-Control': CACHE_CONTROL, ...headers }, '');
}

/** 429 as kube-apiserver's filter `WithMaxInFlightLimit` says it: without a Status. */
export function sendTooManyRequests(exchange: Exchange): void {
  exchange.response.setHeader('Retry-After', '1');
  sendText(exchange, 429, 'Too many requests, please try again later.\n');
}

/** Any throw of a handler as a Status: an ApiError as it says, all else 500. */
export function sendError(exchange: Exchange, error: unknown): void {
  if (exchange.response.headersSent) {
    exchange.response.destroy();
    return;
  }
  const { status } = error instanceof ApiError ? error : internalError(error);
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter !== undefined) exchange.response.setHeader('Retry-After', String(retryAfter));
  // Errors aren't made Tables of; a client that takes nothing that a Status can be written in gets JSON all the same.
  const accepted = negotiate(exchange.request.headers.accept, PLAIN_ONLY);
  if (accepted === undefined) return sendRaw(exchange, status.code, status);
  exchange.accepted = accepted;
  send(exchange, status.code, JSON.stringify(status));
}

function internalError(error: unknown): ApiError {
  const message = error instanceof Error ? error.message : 'unknown error';
  return new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

function finish(exchange: Exchange, code: number, headers: OutgoingHttpHeaders, body: string | Buffer): void {
  const { response } = exchange;
  const bytes = Buffer.byteLength(body);
  exchange.bytes = bytes;
  response.writeHead(code, { 'Audit-Id': randomUUID(), ...headers, 'Content-Length': bytes });
  response.end(body);
}
