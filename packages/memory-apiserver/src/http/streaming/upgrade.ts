import type { IncomingMessage } from 'node:http';
import { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { badRequest } from '../../errors.js';

/** A request whose client wants to go on in another protocol: what node:http gives its `upgrade` event. */
export interface Upgrade {
  readonly socket: Duplex;
  /** What the client has already sent behind the request. */
  readonly head: Buffer;
}

/** An ordinary answer to an upgrade request, after which the connection ends. */
export function responseOn(request: IncomingMessage, { socket }: Upgrade): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  // node:http takes any Duplex, as it does of connections that are given to a server.
  response.assignSocket(socket as Socket);
  response.once('finish', () => {
    response.detachSocket(socket as Socket);
    socket.end();
  });
  return response;
}

/** True for a client that opens a WebSocket (RFC 6455, 4.1). */
export const wantsWebSocket = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket';

/** True for a client that goes on in SPDY/3.1. */
export const wantsSpdy = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'spdy/3.1';

/** 400, as k8s.io/apimachinery `pkg/util/proxy` answers requests that only make sense upgraded. */
export const upgradeRequired = () => badRequest('Upgrade request required');

/** Answers 101 and hands over the connection, which nothing else uses from then on. */
export function switchTo(
  protocol: string,
  response: ServerResponse,
  { socket, head }: Upgrade,
  headers: Readonly<Record<string, string>> = {},
): Duplex {
  takeSocket(response, socket);
  const lines = Object.entries({ Connection: 'Upgrade', Upgrade: protocol, ...headers });
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  );
  if (head.length > 0) socket.unshift(head);
  return socket;
}

/** Takes the connection from its response, which is for reports from then on. */
export function takeSocket(response: ServerResponse, socket: Duplex): void {
  response.statusCode = 101;
  response.detachSocket(socket as Socket);
}
