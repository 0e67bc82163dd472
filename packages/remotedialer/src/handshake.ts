import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as netConnect, isIP, type NetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { HandshakeError, RemotedialerError, TimeoutError } from './errors.js';
import { connectTls } from './tls-connect.js';
import { sharedSecureContext, type MaskingMode, type TunnelTlsOptions } from './tls-options.js';
import { acceptValue, makeKey, upgradeHeaders } from './upgrade.js';
import { WebSocketTransport } from './websocket-transport.js';

/** A refusal's body beyond this is not read. */
const MAX_BODY_BYTES = 4 * 1024;

export interface HandshakeOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls?: TunnelTlsOptions | undefined;
  readonly masking?: MaskingMode | undefined;
  readonly timeoutMs: number;
}

/** An attempt under way. */
export interface Handshake {
  /** Rejects with {@link HandshakeError} when the server answers anything but 101, else with the network's error. */
  readonly opened: Promise<void>;
  /** Gives up, which rejects {@link opened}; has no effect once that is settled. */
  readonly cancel: () => void;
}

/**
 * Opens a WebSocket as a Go client does (no subprotocol, no extensions) and hands it over as a transport. `onOpen`
 * runs in the same turn, before any message can arrive.
 */
export function openTransport(
  options: HandshakeOptions,
  onOpen: (transport: WebSocketTransport) => void,
): Handshake {
  const target = parseUrl(options.url);
  const key = makeKey();
  const request = (target.secure ? httpsRequest : httpRequest)(requestOptions(target, key, options));
  let done = false;
  const end = (error: RemotedialerError): void => {
    if (!done) request.destroy(error);
  };
  const opened = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => end(new TimeoutError('the handshake has timed out')), options.timeoutMs);
    const settled = (): void => {
      done = true;
      clearTimeout(timer);
    };
    request.once('error', (error) => {
      settled();
      reject(error);
    });
    request.once('response', (response) => {
      void readBody(response, options.timeoutMs).then((body) => {
        settled();
        reject(new HandshakeError(response.statusCode ?? 0, body));
        request.destroy();
      });
    });
    request.once('upgrade', (response, socket, head) => {
      settled();
      const problem = answerProblem(response, key);
      if (problem !== undefined) {
        socket.destroy();
        return reject(new RemotedialerError('ERR_RD_PROTOCOL', problem));
      }
      if (head.length > 0) socket.unshift(head);
      const zero = target.secure && options.masking === 'zero-in-tls';
      onOpen(new WebSocketTransport(socket, zero ? 'zero' : 'random'));
      resolve();
    });
    request.end();
  });
  const cancel = (): void => end(new RemotedialerError('ERR_RD_CLOSED', 'closed during the handshake'));
  return { opened, cancel };
}

interface Place {
  readonly host: string;
  readonly port: number;
}

interface Target {
  readonly secure: boolean;
  readonly place: Place;
  readonly request: RequestOptions;
}

let lastUrl = '';
let lastTarget: Target | undefined;

/** What a URL means. The last one is kept: thousands of clients connect to one server. */
function parseUrl(text: string): Target {
  if (lastTarget !== undefined && text === lastUrl) return lastTarget;
  const url = new URL(text);
  const secure = url.protocol === 'wss:' || url.protocol === 'https:';
  const place = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (secure ? 443 : 80),
  };
  const { hostname, path, auth } = urlToHttpOptions(url);
  const protocol = secure ? 'https:' : 'http:';
  lastTarget = { secure, place, request: { protocol, hostname, port: place.port, path, auth } };
  lastUrl = text;
  return lastTarget;
}

function requestOptions(
  { secure, place, request }: Target,
  key: string,
  options: HandshakeOptions,
): RequestOptions {
  return {
    ...request,
    headers: { ...options.headers, ...upgradeHeaders(key) },
    // A socket of its own, which no agent keeps an eye on.
    createConnection: () => connect(place, secure, options.tls),
  };
}

function connect(place: Place, secure: boolean, tls?: TunnelTlsOptions): Duplex {
  if (!secure) return netConnect(place satisfies NetConnectOpts);
  const options: ConnectionOptions = { ...place, secureContext: sharedSecureContext(tls?.ca) };
  if (isIP(place.host) === 0) options.servername = place.host;
  if (tls?.rejectUnauthorized !== undefined) options.rejectUnauthorized = tls.rejectUnauthorized;
  if (tls?.checkServerIdentity !== undefined) options.checkServerIdentity = tls.checkServerIdentity;
  return connectTls(options);
}

/** What is wrong with a 101 (RFC 6455 4.1): nothing was asked for but the WebSocket itself. */
function answerProblem({ statusCode, headers }: IncomingMessage, key: string): string | undefined {
  if (statusCode !== 101 || headers.upgrade?.toLowerCase() !== 'websocket') return 'invalid Upgrade header';
  if (headers['sec-websocket-accept'] !== acceptValue(key)) return 'invalid Sec-WebSocket-Accept header';
  if (headers['sec-websocket-extensions'] !== undefined)
    return 'the server set an extension nobody asked for';
  if (headers['sec-websocket-protocol'] !== undefined) return 'the server set a subprotocol nobody asked for';
  return undefined;
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
