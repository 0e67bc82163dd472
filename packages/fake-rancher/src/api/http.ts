import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { STATUS_CODES } from 'node:http';
import { ApiError } from '../errors.js';

/** Largest request body (setting `public-api-body-limit`), bytes. */
const maxBodyBytes = 1 << 20;

/** What a route handler gets. */
export interface RequestContext {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  /** Values of the `:name` segments of the route. */
  params: Record<string, string>;
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const payload = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(payload),
  });
  response.end(payload);
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(text);
}

/** Norman's error body (rancher/norman httperror). */
export function errorBody(error: ApiError): object {
  return {
    type: 'error',
    baseType: 'error',
    status: error.status,
    code: error.reason,
    message: error.message,
    ...(error.fieldName === undefined ? {} : { fieldName: error.fieldName }),
  };
}

/** The authentication filter's own body: its status is a string (rancher pkg/auth/util `ReturnHTTPError`). */
export function unauthorizedBody(path: string): object {
  const message = path.startsWith('/v1/') ? 'Unauthorized 401: must authenticate' : 'must authenticate';
  return { type: 'error', status: '401', message };
}

/** Reads and parses a JSON object. Throws {@link ApiError} as norman does. */
export async function readJsonObject(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new ApiError(413, 'RequestEntityTooLarge', 'request body too large');
    chunks.push(chunk);
  }
  if (size === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new ApiError(422, 'InvalidBodyContent', `Failed to parse body: ${(error as Error).message}`);
  }
  if (!isRecord(value)) throw new ApiError(422, 'InvalidBodyContent', 'Failed to parse body: not an object');
  return value;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A string field; undefined when absent. Throws 422 InvalidFormat for other types. */
export function stringField(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new ApiError(422, 'InvalidFormat', `${name} must be a string`, name);
  return value;
}

/** A map of strings; undefined when absent. Throws 422 InvalidFormat for other types. */
export function mapField(body: Record<string, unknown>, name: string): Record<string, string> | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value) || Object.values(value).some((entry) => typeof entry !== 'string'))
    throw new ApiError(422, 'InvalidFormat', `${name} must be a map of strings`, name);
  return value as Record<string, string>;
}

/** Answers an upgrade request that is refused, and ends its socket. */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  body: string,
  contentType = 'text/plain',
): void {
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: ${contentType}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
