import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { BackendCluster } from '../backend/backend.js';
import type { Pki } from '../pki/pki.js';

export interface LocalListenerOptions {
  pki: Pki;
  host: string;
  port: number;
  /** The API of a cluster by name; undefined when there is none (yet). */
  find: (name: string) => BackendCluster | undefined;
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
    const { host } = this.options;
    const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
    return `https://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
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
    const match = /^\/clusters\/([^/?]+)(.*)$/s.exec(request.url ?? '');
    const [, name = '', rest = ''] = match ?? [];
    const cluster = this.options.find(name);
    if (cluster === undefined) {
      const message = match === null ? 'use /clusters/<name>/' : `there is no cluster "${name}" here`;
      response.writeHead(404, { 'Content-Type': 'application/json' }).end(
        JSON.stringify({
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message,
          reason: 'NotFound',
          code: 404,
        }),
      );
      return;
    }
    request.url = rest.startsWith('/') ? rest : `/${rest}`;
    cluster.handle(request, response);
  }
}
