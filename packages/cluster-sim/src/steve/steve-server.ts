import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Logger } from '../logger.js';
import { errorAnswer, isBug, notFound } from './errors.js';
import { linkBase } from './links.js';
import { apiRoot, ownHandler } from './own-resources.js';
import { handleResource } from './resource-requests.js';
import { typesOf } from './schemas.js';
import { SubscribeSession } from './subscriptions.js';
import type { PrintTable, SteveCluster, SteveObject } from './types.js';

export interface SteveServerOptions {
  /** Prints objects as tables; `toTable` of memory-apiserver. */
  printTable: PrintTable;
  /** Milliseconds since the epoch, for ages. @default Date.now */
  now?: () => number;
  logger?: Logger;
}

/** How often clients of `/v1/subscribe` hear a ping (rancher/apiserver `pkg/subscribe/handler.go`). */
const pingIntervalMs = 30_000;

/** Largest message that a client of `/v1/subscribe` may send. */
const maxMessageBytes = 64 * 1024;

/** First steps of paths that are the Kubernetes API's (steve README, "Kubernetes proxy"). */
const kubernetesPaths = new Set(['api', 'apis', 'openapi', 'version']);

/**
 * The agent's end of the steve tunnel: plain HTTP/1.1 on the tunnel's virtual connections, for all clusters of the
 * process. `/ping` keeps a cluster Connected; `/v1` is the subset of steve that the cluster explorer's first pages
 * use; the Kubernetes paths go to the cluster's API. There is no port, no timer while nobody subscribes, and nothing
 * is kept per cluster. Requests are trusted: Rancher has authenticated them and is let in by the tunnel only.
 */
export class SteveServer {
  readonly #options: SteveServerOptions;
  readonly #clusters = new WeakMap<Duplex, SteveCluster>();
  readonly #connections = new Set<Duplex>();
  readonly #sessions = new Set<SubscribeSession>();
  readonly #http = createServer((request, response) => this.#handle(request, response));
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
  });
  #ticker: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: SteveServerOptions) {
    this.#options = options;
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Serves one connection, whatever address was dialled, until either side ends it. */
  serve(connection: Duplex, cluster: SteveCluster): void {
    if (this.#closed) {
      connection.destroy();
      return;
    }
    this.#clusters.set(connection, cluster);
    this.#connections.add(connection);
    connection.once('close', () => this.#connections.delete(connection));
    this.#http.emit('connection', connection);
  }

  /** Ends all connections, subscriptions included. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#ticker);
    for (const session of this.#sessions) session.close();
    this.#sessions.clear();
    for (const connection of this.#connections) connection.destroy();
    this.#http.close();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    // Rancher asks this every 15 s for every cluster, one after the other and without a time limit.
    if (request.url === '/ping') {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 4 }).end('pong');
      return;
    }
    const cluster = this.#clusters.get(request.socket);
    if (cluster === undefined) {
      response.destroy();
      return;
    }
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://steve');
    const [first = '', ...rest] = pathname.split('/').filter((step) => step !== '');
    if (kubernetesPaths.has(first)) {
      cluster.handle(request, response);
      return;
    }
    void this.#answer(cluster, request, first === 'v1' ? rest : undefined, searchParams).then(
      ({ status, body }) => send(response, status, body),
      (error: unknown) => {
        if (isBug(error))
          this.#options.logger?.error({ err: error, cluster: cluster.name }, 'steve request failed');
        const { status, body } = errorAnswer(error);
        send(response, status, body);
      },
    );
  }

  /** @param path the steps after `/v1`; undefined for any other path */
  async #answer(
    cluster: SteveCluster,
    request: IncomingMessage,
    path: string[] | undefined,
    query: URLSearchParams,
  ): Promise<{ status: number; body?: SteveObject }> {
    if (path === undefined) throw notFound(request.url?.split('?', 1)[0] ?? '');
    const { printTable, now = Date.now } = this.#options;
    const base = linkBase(request.headers);
    const [name, ...steps] = path.map(decode);
    if (name === undefined) return { status: 200, body: apiRoot({ cluster, base }) };
    const type = typesOf(cluster.catalog).find(name);
    if (type !== undefined) {
      const context = { base, printTable, now: now() };
      return handleResource({ cluster, request, type, path: steps, query, context });
    }
    const own = ownHandler(name);
    if (own === undefined) throw notFound(`schema "${name}"`);
    const id = steps.length === 0 ? undefined : steps.join('/');
    return { status: 200, body: await own({ cluster, request, id, base, printTable }) };
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const cluster = this.#clusters.get(socket);
    const path = request.url?.split('?', 1)[0];
    if (cluster === undefined || path !== '/v1/subscribe') {
      refuseUpgrade(socket, cluster === undefined ? 400 : 501);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const { printTable, now = Date.now } = this.#options;
      const session = new SubscribeSession(webSocket, {
        cluster,
        base: linkBase(request.headers),
        printTable,
        now,
      });
      this.#sessions.add(session);
      webSocket.on('close', () => this.#forget(session));
      this.#ticker ??= setInterval(() => this.#ping(), pingIntervalMs).unref();
    });
  }

  #ping(): void {
    for (const session of this.#sessions) session.ping();
  }

  #forget(session: SubscribeSession): void {
    this.#sessions.delete(session);
    if (this.#sessions.size > 0) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  }
}

function decode(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

function send(response: ServerResponse, status: number, body: SteveObject | undefined): void {
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  const bytes = Buffer.from(JSON.stringify(body));
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length })
    .end(bytes);
}

/** The shells and logs of pods over WebSocket are not simulated; 501 tells the client so. */
function refuseUpgrade(socket: Duplex, status: number): void {
  const body = JSON.stringify({
    type: 'error',
    links: {},
    code: 'NotImplemented',
    message: 'not simulated',
    status,
  });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
