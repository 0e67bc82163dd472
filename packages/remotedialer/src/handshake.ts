import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { WebSocket, type ClientOptions } from 'ws';
import { MAX_MESSAGE_BYTES } from './constants.js';
import { HandshakeError } from './errors.js';
import { sharedSecureContext, type TunnelTlsOptions } from './tls-options.js';
import { WebSocketTransport } from './websocket-transport.js';

/** A refusal's body beyond this is not read. */
const MAX_BODY_BYTES = 4 * 1024;

/** Options that both ends give to `ws`. */
export const webSocketOptions = {
  perMessageDeflate: false,
  maxPayload: MAX_MESSAGE_BYTES,
  skipUTF8Validation: true,
  closeTimeout: 1_000,
} as const;

/**
 * How a client masks its frames (RFC 6455 5.3):
 * - `random`: as the RFC demands, so that nobody who chooses what a stream carries can make a proxy on the way, which
 *   does not know WebSockets, take it for HTTP;
 * - `zero-in-tls`: with `wss:` URLs all masks are zero, which is valid on the wire and saves both ends a pass over all
 *   bytes. Safe where TLS ends at the server itself, or at a proxy that does know WebSockets.
 */
export type MaskingMode = 'random' | 'zero-in-tls';

export interface HandshakeOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls?: TunnelTlsOptions | undefined;
  readonly masking?: MaskingMode | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Opens a WebSocket as a Go client does (no subprotocol, no extensions) and hands it over as a transport. `onOpen`
 * runs in the same turn, before any message can arrive. Rejects with {@link HandshakeError} when the server answers
 * anything but 101, else with the network's error.
 */
export function openTransport(
  options: HandshakeOptions,
  onOpen: (transport: WebSocketTransport) => void,
): Promise<void> {
  const secure = /^(wss|https):/i.test(options.url);
  return new Promise((resolve, reject) => {
    options.signal.throwIfAborted();
    const ws = new WebSocket(options.url, clientOptions(options, secure));
    const abort = (): void => ws.terminate();
    options.signal.addEventListener('abort', abort, { once: true });
    const settled = (): void => options.signal.removeEventListener('abort', abort);
    let socket: Socket | undefined;
    const fail = (error: Error): void => {
      settled();
      reject(error);
    };
    ws.once('error', fail);
    ws.once('upgrade', (response) => (socket = response.socket));
    ws.once('unexpected-response', (request, response) => {
      void readBody(response, options.timeoutMs).then((body) => {
        fail(new HandshakeError(response.statusCode ?? 0, body));
        request.destroy();
      });
    });
    ws.once('open', () => {
      settled();
      ws.off('error', fail);
      if (socket === undefined) return fail(new Error('the WebSocket opened without a socket'));
      onOpen(new WebSocketTransport(ws, socket, secure && options.masking === 'zero-in-tls' ? 'zero' : 'random'));
      resolve();
    });
  });
}

function clientOptions({ headers, tls, timeoutMs }: HandshakeOptions, secure: boolean): ClientOptions {
  // `ws` passes options it does not know on to tls.connect.
  const options: ClientOptions & Pick<ConnectionOptions, 'secureContext'> = {
    ...webSocketOptions,
    headers,
    handshakeTimeout: timeoutMs,
  };
  if (!secure) return options;
  options.secureContext = sharedSecureContext(tls?.ca);
  if (tls?.rejectUnauthorized !== undefined) options.rejectUnauthorized = tls.rejectUnauthorized;
  if (tls?.checkServerIdentity !== undefined) {
    Object.assign(options, { checkServerIdentity: tls.checkServerIdentity });
  }
  return options;
}

/** The start of a response's body; whatever came by then when it breaks off or takes too long. */
function readBody(response: IncomingMessage, timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const done = (): void => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString('utf8', 0, MAX_BODY_BYTES));
    };
    const timer = setTimeout(done, timeoutMs);
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= MAX_BODY_BYTES) done();
    });
    response.once('end', done);
    response.once('error', done);
    response.once('close', done);
  });
}
