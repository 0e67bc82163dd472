import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import { isApiError, ApiError, type UserInfo } from '@scale-cluster/memory-apiserver';
import { createProxyServer } from 'http-proxy';
import { errorText } from '../../errors.js';
import type { RequestInfo } from '../backend.js';
import type { ApiCredentials } from '../http-objects/api-connection.js';
import { swapCredentials } from './credentials.js';
import { askedFor } from './request-info.js';
import { forwardUpgrade } from './upgrade.js';

export interface ApiProxyOptions {
  credentials: ApiCredentials;
  /** Users by the bearer tokens that are swapped; see {@link swapCredentials}. */
  tokens: Readonly<Record<string, UserInfo>>;
  onRequest: (request: RequestInfo) => void;
  /** The kube-apiserver didn't take a connection. */
  onUnreachable: (error: Error) => void;
  /**
   * Lets faults in: awaited before a request is passed on. An ApiError that it rejects with is the answer, after any
   * other error the connection ends without one.
   */
  admit?: (request: IncomingMessage) => Promise<void> | undefined;
}

/** Streams requests, watches and upgrades to one kube-apiserver, as whoever they come from. */
export class ApiProxy {
  readonly #target: URL;
  readonly #tokens: ReadonlyMap<string, UserInfo>;
  readonly #administrator: Agent;
  readonly #own: Agent;
  readonly #upgraded = new Set<Duplex>();
  readonly #proxy = createProxyServer();

  constructor(private readonly options: ApiProxyOptions) {
    const { server, caCert, clientCert, clientKey } = options.credentials;
    this.#target = new URL(server);
    this.#tokens = new Map(Object.entries(options.tokens));
    this.#administrator = new Agent({ ca: caCert, cert: clientCert, key: clientKey, keepAlive: true });
    this.#own = new Agent({ ca: caCert, keepAlive: true });
    this.#proxy.on('proxyRes', (answer, request, response) => this.#count(request, response, answer));
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#admitted(
      request,
      () => this.#forward(request, response),
      (error) => {
        if (isApiError(error)) refuse(response, error);
        else request.socket.destroy();
      },
    );
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    this.#admitted(
      request,
      () => {
        const agent = this.#agentFor(request);
        this.#upgraded.add(socket);
        socket.once('close', () => this.#upgraded.delete(socket));
        const { verb, resource } = askedFor(request.method ?? '', request.url ?? '');
        const userAgent = request.headers['user-agent'] ?? '';
        forwardUpgrade({ request, socket, head, target: this.#target, agent }, (code) =>
          this.options.onRequest({ verb, resource, userAgent, code, bytes: 0 }),
        );
      },
      () => socket.destroy(),
    );
  }

  /** Ends all that is under way. */
  close(): void {
    for (const socket of this.#upgraded) socket.destroy();
    this.#administrator.destroy();
    this.#own.destroy();
    this.#proxy.close();
  }

  #admitted(request: IncomingMessage, pass: () => void, fail: (error: unknown) => void): void {
    const waiting = this.options.admit?.(request);
    if (waiting === undefined) pass();
    else waiting.then(pass, fail);
  }

  #agentFor(request: IncomingMessage): Agent {
    return swapCredentials(request, this.#tokens) === 'administrator' ? this.#administrator : this.#own;
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const agent = this.#agentFor(request);
    this.#proxy.web(request, response, { target: this.#target, agent, changeOrigin: true }, (error) => {
      if (isUnreachable(error)) this.options.onUnreachable(error);
      if (response.headersSent || response.destroyed) response.destroy();
      else {
        const text = `the Kubernetes API does not answer: ${errorText(error)}`;
        refuse(response, new ApiError(503, 'ServiceUnavailable', text));
      }
    });
  }

  #count(request: IncomingMessage, response: ServerResponse, answer: IncomingMessage): void {
    let bytes = 0;
    answer.on('data', (chunk: Buffer) => (bytes += chunk.length));
    // A pipe doesn't tell its end of a source that broke off.
    answer.once('close', () => {
      if (!answer.complete) response.destroy();
    });
    response.once('close', () => {
      const { verb, resource } = askedFor(request.method ?? '', request.url ?? '');
      const userAgent = request.headers['user-agent'] ?? '';
      this.options.onRequest({ verb, resource, userAgent, code: answer.statusCode ?? 0, bytes });
    });
  }
}

/** Nobody listens there, or it ended while it was asked: not a client that went away. */
function isUnreachable(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET';
}

function refuse(response: ServerResponse, error: ApiError): void {
  const body = JSON.stringify(error.status);
  response
    .writeHead(error.code, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body);
}
