import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { RancherClientOptions } from '../../src/index.js';
import { RancherClient } from '../../src/index.js';

export const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');

export const token = 'token-abcde:very-secret';

export interface Recorded {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

/** `cut` closes the connection instead of answering. */
export interface Reply {
  status?: number;
  json?: unknown;
  text?: string;
  headers?: Record<string, string>;
  cut?: boolean;
  hang?: boolean;
}

type Handler = (request: Recorded) => Reply;

/** A server on loopback whose answers the test writes; requests without one get norman's 404. */
export class RancherStub {
  readonly requests: Recorded[] = [];
  readonly #handlers = new Map<string, Handler>();
  readonly #clients: RancherClient[] = [];
  onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void = (_request, socket) =>
    socket.destroy();

  private constructor(
    readonly server: Server,
    readonly url: string,
  ) {}

  static async start(options: { tls?: boolean } = {}): Promise<RancherStub> {
    const server =
      options.tls === true
        ? createTlsServer({ key: fixture('server.key'), cert: fixture('server.pem') })
        : createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const stub = new RancherStub(server, `${options.tls === true ? 'https' : 'http'}://127.0.0.1:${port}`);
    server.on(
      'request',
      (request: IncomingMessage, response: ServerResponse) => void stub.#answer(request, response),
    );
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      stub.onUpgrade(request, socket, head),
    );
    stub.on('GET', '/v3/settings/cacerts', () => ({
      json: { value: options.tls === true ? fixture('ca.pem') : '' },
    }));
    return stub;
  }

  on(method: string, path: string, handler: Handler): this {
    this.#handlers.set(`${method} ${path}`, handler);
    return this;
  }

  /** Answers one after the other; the last one stays. */
  sequence(method: string, path: string, ...replies: Reply[]): this {
    let next = 0;
    return this.on(method, path, () => replies[Math.min(next++, replies.length - 1)] ?? {});
  }

  /** A client whose waits take no noticeable time. */
  client(options: Partial<RancherClientOptions> = {}): RancherClient {
    const client = new RancherClient({
      url: this.url,
      token,
      random: () => 0.5,
      ...options,
      retry: { initialMs: 2, maxMs: 2, ...options.retry },
      poll: { initialMs: 1, maxMs: 1, ...options.poll },
      subscription: { initialMs: 2, maxMs: 2, ...options.subscription },
    });
    this.#clients.push(client);
    return client;
  }

  /** Requests so far as `METHOD path`, without the one for the CA. */
  get log(): string[] {
    return this.requests
      .map(({ method, path }) => `${method} ${path}`)
      .filter((line) => line !== 'GET /v3/settings/cacerts');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const url = new URL(request.url ?? '/', this.url);
    const recorded: Recorded = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: body === '' ? undefined : JSON.parse(body),
    };
    this.requests.push(recorded);
    const handler = this.#handlers.get(`${recorded.method} ${recorded.path}`);
    const reply = handler?.(recorded) ?? error(404, 'NotFound', `${recorded.path} not found`);
    if (reply.hang === true) return;
    if (reply.cut === true) {
      request.socket.destroy();
      return;
    }
    response.writeHead(reply.status ?? 200, reply.headers);
    response.end(reply.text ?? (reply.json === undefined ? '' : JSON.stringify(reply.json)));
  }
}

/** An error as norman and rancher/apiserver write it. */
export function error(status: number, code: string, message: string, fieldName?: string): Reply {
  return { status, json: { type: 'error', baseType: 'error', status, code, message, fieldName } };
}

/** A cluster of `/v3` in the form that Rancher sends. */
export function v3Cluster(id: string, name: string, more: object = {}): Record<string, unknown> {
  return {
    id,
    type: 'cluster',
    baseType: 'cluster',
    name,
    state: 'pending',
    transitioning: 'yes',
    transitioningMessage: '',
    conditions: null,
    annotations: {},
    labels: { 'cattle.io/creator': 'norman' },
    removed: null,
    version: null,
    ...more,
  };
}
