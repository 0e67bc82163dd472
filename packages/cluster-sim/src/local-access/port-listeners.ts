import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import type { HostedCluster } from '../host/hosted-cluster.js';
import { errorText } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Pki } from '../pki/pki.js';
import { listenerUrl } from './listener-url.js';

type ClusterDoor = Pick<HostedCluster, 'handle' | 'handleUpgrade'>;

export interface PortListenersOptions {
  pki: Pick<Pki, 'leaf'>;
  host: string;
  /** The first port that is given; clusters get them in the order in which they come. */
  basePort: number;
  /** Ports of this program's other listeners. */
  avoid: readonly number[];
  /** The API of a cluster by name; undefined when there is none (yet). */
  find: (name: string) => ClusterDoor | undefined;
  /** A cluster has another port than before: to be kept. */
  onPort: (name: string, port: number) => void;
  /** Places work for later. */
  delay: (key: string, delayMs: number, run: () => void) => void;
  logger: Logger;
  /** @default that of node:net */
  createServer?: typeof createServer;
}

interface Listener {
  port: number;
  server: Server | undefined;
  failures: number;
}

const lastPort = 65_535;
const retryMs = { first: 1_000, most: 60_000 };

/**
 * A port of its own for each cluster, from a base port up: HTTPS, and like the shared listener it leaves it to the API to
 * ask for a token. A cluster keeps its port; when another program has it, the next free one is taken. A listener that
 * fails is started again. All share one TLS context and one HTTP server, so a cluster costs a listening socket.
 */
export class PortListeners {
  readonly #https: HttpsServer;
  readonly #listeners = new Map<string, Listener>();
  /** Names by port, of all that listen or are about to. */
  readonly #names = new Map<number, string>();
  #closed = false;

  constructor(private readonly options: PortListenersOptions) {
    this.#https = createHttpsServer(
      { ...options.pki.leaf, requestTimeout: 0, keepAliveTimeout: 90_000 },
      (request, response) => this.#answer(request, response),
    );
    this.#https.on('upgrade', (request, socket, head) => {
      const cluster = this.#clusterOf(request);
      if (cluster === undefined) socket.destroy();
      else cluster.handleUpgrade(request, socket, head);
    });
    this.#https.on('tlsClientError', (_error, socket) => socket.destroy());
    this.#https.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Takes ports out of the count that belong to clusters which will be opened later. */
  reserve(ports: Iterable<readonly [name: string, port: number]>): void {
    for (const [name, port] of ports) if (!this.#names.has(port)) this.#names.set(port, name);
  }

  /** Begins to listen for a cluster, on its port of before if it had one. Nothing happens when it does already. */
  open(name: string, before?: number): void {
    if (this.#closed || this.#listeners.has(name)) return;
    const isOwn = before !== undefined && (this.#names.get(before) ?? name) === name;
    const port = isOwn ? before : this.#nextPort();
    if (port === undefined) return;
    this.#names.set(port, name);
    this.#listeners.set(name, { port, server: undefined, failures: 0 });
    this.#listen(name);
  }

  /** Where a cluster listens; undefined while it doesn't. */
  port(name: string): number | undefined {
    const listener = this.#listeners.get(name);
    return listener?.server?.listening === true ? listener.port : undefined;
  }

  /** `https://127.0.0.1:8440`, loopback when it listens on all addresses; undefined while it doesn't. */
  url(name: string): string | undefined {
    const port = this.port(name);
    return port === undefined ? undefined : listenerUrl(this.options.host, port);
  }

  /** Ends a cluster's listener with its connections' next requests, and gives its port free. */
  remove(name: string): void {
    const listener = this.#listeners.get(name);
    if (listener === undefined) return;
    this.#listeners.delete(name);
    this.#names.delete(listener.port);
    listener.server?.close();
  }

  /** Takes the renewed certificate for new connections. */
  renew(): void {
    this.#https.setSecureContext({ ...this.options.pki.leaf });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const servers = [...this.#listeners.values()].flatMap(({ server }) => server ?? []);
    this.#listeners.clear();
    const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    this.#https.closeAllConnections();
    await Promise.all(closed);
  }

  #listen(name: string): void {
    const listener = this.#listeners.get(name);
    if (listener === undefined || this.#closed) return;
    const { createServer: create = createServer, host, onPort, logger } = this.options;
    const server = create((socket: Socket) => this.#https.emit('connection', socket));
    listener.server = server;
    server.once('listening', () => {
      const text = listener.failures > 0 ? 'listener of the cluster is back' : 'cluster has a listener';
      logger.info({ cluster: name, port: listener.port }, text);
      listener.failures = 0;
      onPort(name, listener.port);
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      // What comes after the first error is about a server that is given up.
      server.on('error', () => undefined);
      server.close();
      if (this.#listeners.get(name) === listener) this.#failed(name, listener, error);
    });
    server.listen(listener.port, host);
  }

  #failed(name: string, listener: Listener, error: NodeJS.ErrnoException): void {
    const { logger, delay } = this.options;
    listener.server = undefined;
    const next = error.code === 'EADDRINUSE' ? this.#nextPort(listener.port + 1) : undefined;
    if (next !== undefined) {
      logger.info(
        { cluster: name, port: listener.port, next },
        'port is taken by another program, using the next',
      );
      this.#names.delete(listener.port);
      this.#names.set(next, name);
      listener.port = next;
      this.#listen(name);
      return;
    }
    const retryInMs = Math.min(retryMs.most, retryMs.first * 2 ** Math.min(listener.failures, 10));
    listener.failures += 1;
    logger.warn(
      { cluster: name, port: listener.port, error: errorText(error), retryInMs },
      'listener of the cluster failed, will be started again',
    );
    delay(`${name}/port-listener`, retryInMs, () => {
      if (this.#listeners.get(name) === listener && listener.server === undefined) this.#listen(name);
    });
  }

  /** The lowest port that is nobody's here; undefined, which is said, when there is none. */
  #nextPort(from = this.options.basePort): number | undefined {
    const { basePort, avoid, logger } = this.options;
    for (let port = from; port <= lastPort; port += 1) {
      if (!this.#names.has(port) && !avoid.includes(port)) return port;
    }
    logger.warn({ basePort }, 'no port is left for the listener of a cluster');
    return undefined;
  }

  #clusterOf({ socket }: IncomingMessage): ClusterDoor | undefined {
    const name = this.#names.get(socket.localPort ?? 0);
    return name === undefined ? undefined : this.options.find(name);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const cluster = this.#clusterOf(request);
    if (cluster !== undefined) cluster.handle(request, response);
    else response.writeHead(503, { 'retry-after': '5', connection: 'close' }).end();
  }
}
