import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import {
  TunnelClient,
  TunnelServer,
  type ConnectHandler,
  type TunnelClientOptions,
  type TunnelServerOptions,
} from '../../src/index.js';

export interface TestServer {
  readonly http: Server;
  readonly tunnels: TunnelServer;
  readonly url: string;
}

/** A tunnel server on 127.0.0.1 that takes the client's key from the header `x-tunnel-id`. Ends with the test. */
export async function startServer(
  options: Partial<TunnelServerOptions> & { port?: number } = {},
): Promise<TestServer> {
  const { port = 0, ...rest } = options;
  const tunnels = new TunnelServer({ authorize: byHeader, ...rest });
  const http = createServer();
  http.on('upgrade', (request, socket, head) => tunnels.handleUpgrade(request, socket, head));
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(async () => {
    await tunnels.close();
    http.close();
    http.closeAllConnections();
  });
  return { http, tunnels, url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/connect` };
}

export function byHeader(request: IncomingMessage): { clientKey: string } | null {
  const id = request.headers['x-tunnel-id'];
  return typeof id === 'string' ? { clientKey: id } : null;
}

export type StartClientOptions = Partial<TunnelClientOptions> & { key?: string };

/** A client of `url` that is connected. Ends with the test. */
export async function startClient(
  url: string,
  onConnect: ConnectHandler,
  options: StartClientOptions = {},
): Promise<TunnelClient> {
  const { key = 'alice', ...rest } = options;
  const client = new TunnelClient({
    endpoint: () => ({ url, headers: { 'x-tunnel-id': key } }),
    onConnect,
    backoff: { initialMs: 1, maxMs: 1 },
    ...rest,
  });
  onTestFinished(() => client.close());
  client.start();
  await once(client, 'connected');
  return client;
}

/** A server and a connected client `alice`. */
export async function startPair(
  onConnect: ConnectHandler,
  options: Partial<TunnelClientOptions> = {},
): Promise<TestServer & { client: TunnelClient }> {
  const server = await startServer();
  const client = await startClient(server.url, onConnect, options);
  return { ...server, client };
}
