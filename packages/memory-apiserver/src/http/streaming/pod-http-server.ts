import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { PortAnswers } from '../../pods/pod-port.js';

const answersOf = Symbol('answers');

interface PortConnection extends Duplex {
  [answersOf]?: PortAnswers;
}

let server: Server | undefined;

/** Answers HTTP on a connection that was forwarded to a port: one server that listens nowhere, for all clusters. */
export function serveConnection(connection: Duplex, answers: PortAnswers): void {
  (connection as PortConnection)[answersOf] = answers;
  server ??= podServer();
  server.emit('connection', connection);
}

function podServer(): Server {
  const created = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 });
  created.on('request', (request, response) => {
    request.resume();
    const { status, headers, body } = (request.socket as PortConnection)[answersOf]?.(request.url ?? '/') ?? {
      status: 421,
      headers: {},
      body: '',
    };
    response.writeHead(status, { 'Content-Length': Buffer.byteLength(body), ...headers });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  created.on('clientError', (_error, socket) => socket.destroy());
  return created;
}
