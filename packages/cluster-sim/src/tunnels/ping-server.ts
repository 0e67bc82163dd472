import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** What `/ping` of the agent answers; Rancher's Connected check wants exactly this (facts: rancher-import §4.3). */
export class PingServer {
  readonly #server: Server;

  constructor() {
    this.#server = createServer(
      { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 },
      (request, response) => {
        if (request.url === '/ping') response.writeHead(200, { 'Content-Type': 'text/plain' }).end('pong');
        else response.writeHead(404, { 'Content-Type': 'text/plain' }).end('404 page not found\n');
      },
    );
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  serve(connection: Duplex): void {
    connection.on('error', () => connection.destroy());
    this.#server.emit('connection', connection);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
