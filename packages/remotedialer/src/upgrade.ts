import { hash } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { randomBytes } from './random.js';

/** Appended to a client's key to make the accept value (RFC 6455 1.3). */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const VERSION = '13';

/** A new random `Sec-WebSocket-Key`. */
export function makeKey(): string {
  return randomBytes(16).toString('base64');
}

/** The `Sec-WebSocket-Accept` that answers `key` (RFC 6455 4.2.2). */
export function acceptValue(key: string): string {
  return hash('sha1', `${key}${GUID}`, 'base64');
}

/** The headers by which a client asks for a WebSocket: like a Go client without a subprotocol or extensions. */
export function upgradeHeaders(key: string): Record<string, string> {
  return {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': VERSION,
    'Sec-WebSocket-Key': key,
  };
}

/** What is wrong with a request for a WebSocket (RFC 6455 4.2.1); `undefined` when nothing is. */
export function upgradeProblem({ method, headers }: IncomingMessage): string | undefined {
  if (method !== 'GET') return 'the method must be GET';
  if (headers.upgrade?.toLowerCase() !== 'websocket') return 'the Upgrade header must be websocket';
  if (headers['sec-websocket-version'] !== VERSION) return `Sec-WebSocket-Version must be ${VERSION}`;
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '')) return 'invalid Sec-WebSocket-Key';
  return undefined;
}

/** Answers a request that has no {@link upgradeProblem} with 101: like a Go server takes nothing that is optional. */
export function acceptUpgrade(request: IncomingMessage, socket: Duplex): void {
  const accept = acceptValue(request.headers['sec-websocket-key'] ?? '');
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    'latin1',
  );
}

/** Answers an upgrade with a status and a text, and closes the socket. */
export function refuseUpgrade(socket: Duplex, status: number, body: string): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
