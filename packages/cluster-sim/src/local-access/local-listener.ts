import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HostedCluster } from '../host/hosted-cluster.js';
import type { Pki } from '../pki/pki.js';
import { listenerUrl } from './listener-url.js';

type ClusterDoor = Pick<HostedCluster, 'handle' | 'handleUpgrade'>;

export interface LocalListenerOptions {
  pki: Pki;
  host: string;
  port: number;
  /** The API of a cluster by name; undefined when there is none (yet). */
  find: (name: string) => ClusterDoor | undefined;
}

/**
 * One HTTPS listener for people's kubectl on all clusters: `/clusters/<name>/…` is the API of that cluster, which asks
 * for a token itself. Nothing of Rancher's traffic comes this way.
 */
export class LocalListener {
  readonly #server: Server;

  private constructor(private readonly options: LocalListenerOptions) {
    this.#server = createServer(
      { ...options.pki.leaf, requestTimeout: 0, keepAliveTimeout: 90_000 },
      (request, response) => this.#answer(request, response),
    );
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Rejects when the port can't be listened on. */
  static async listen(options: LocalListenerOptions): Promise<LocalListener> {
    const listener = new LocalListener(options);
    await new Promise<void>((resolve, reject) => {
      listener.#server.once('error', reject);
      listener.#server.listen(options.port, options.host, () => {
        listener.#server.off('error', reject);
        resolve();
      });
    });
    return listener;
  }

  /** `https://127.0.0.1:9443`; loopback when it listens on all addresses. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return listenerUrl(this.options.host, port);
  }

  /** Takes the renewed certificate for new connections. */
  renew(): void {
    this.#server.setSecureContext({ ...this.options.pki.leaf });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const found = this.#find(request);
    if (typeof found !== 'string') return found.handle(request, response);
    response.writeHead(404, { 'Content-Type': 'application/json' }).end(notFoundText(found));
  }

  /** exec, attach, port-forward. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const found = this.#find(request);
    if (typeof found !== 'string') return found.handleUpgrade(request, socket, head);
    const body = notFoundText(found);
    socket.on('error', () => socket.destroy());
    socket.end(
      `HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }

  /** The cluster that the path names, which is taken off; or why there is none. */
  #find(request: IncomingMessage): ClusterDoor | string {
    const match = /^\/clusters\/([^/?]+)(.*)$/s.exec(request.url ?? '');
    if (match === null) return 'use /clusters/<name>/';
    const [, name = '', rest = ''] = match;
    const cluster = this.options.find(name);
    if (cluster === undefined) return `there is no cluster "${name}" here`;
    request.url = rest.startsWith('/') ? rest : `/${rest}`;
    return cluster;
  }
}

const notFoundText = (message: string): string =>
  JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason: 'NotFound',
    code: 404,
  });
