import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Logger } from './logger.js';

/** Where Rancher's agent image answers its own ping, and where scripts look for ours. */
export const PING_PORT = 6080;

/** Options of {@link startPingServer}. */
export interface PingServerOptions {
  /** @default 6080; 0 takes any free port. */
  readonly port?: number;
  readonly logger: Logger;
}

/** A running ping server. */
export interface PingServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Answers `GET /ping` with `pong` on 127.0.0.1. It is a convenience: if the port is taken (a second agent on
 * this machine), that is logged as a warning and `undefined` is returned.
 */
export async function startPingServer(options: PingServerOptions): Promise<PingServer | undefined> {
  const port = options.port ?? PING_PORT;
  const server = createServer((request, response) => {
    const found = request.url === '/ping';
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/plain' });
    response.end(found ? 'pong' : 'not found\n');
  });
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    options.logger.warn(
      { err: error, port },
      'ping server not started: the port is in use by another program',
    );
    return undefined;
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
