import http from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { Deadlines } from '../deadlines.js';
import { AgentDisconnectedError, DialError, messageOf } from '../errors.js';
import type { AgentParams, ManagementCluster } from '../model/cluster.js';
import type { Violations } from '../model/violations.js';
import type { ResolvedOptions } from '../options.js';
import type { Tunnels } from './tunnels.js';

/** How often the dialer looks for a lost agent before it gives up (rancher pkg/dialer `clusterDialer`). */
const dialTries = 4;
/** Go's http.Transport as Rancher sets it up. */
const idleTimeoutMs = 90_000;
const maxIdleConnections = 25;
/** How long the loss of a tunnel may take to show after its first stream failed. */
export const settleMs = 1_000;

export interface LinkEnvironment {
  readonly tunnels: Tunnels;
  readonly violations: Violations;
  readonly deadlines: Deadlines;
  readonly options: ResolvedOptions;
}

/**
 * The way to one cluster's API server: TLS inside the cluster tunnel, HTTP/1.1 only, so that every watch and
 * every concurrent request has a connection of its own (rancher pkg/clustermanager `ToRESTConfig`).
 */
export class ClusterLink {
  readonly cluster: ManagementCluster;
  readonly params: AgentParams;
  readonly environment: LinkEnvironment;
  /** For Rancher's own clients: ALPN http/1.1. */
  readonly agent: http.Agent;
  /** For the user proxy, which offers no ALPN. */
  readonly proxyAgent: http.Agent;
  readonly #signal: AbortSignal;
  readonly #open = new Set<Duplex>();

  /** @param signal ends all connections. */
  constructor(
    cluster: ManagementCluster,
    params: AgentParams,
    environment: LinkEnvironment,
    signal: AbortSignal,
  ) {
    this.cluster = cluster;
    this.params = params;
    this.environment = environment;
    this.#signal = signal;
    this.agent = new LinkAgent(() => this.dialTls(['http/1.1']));
    this.proxyAgent = new LinkAgent(() => this.dialTls());
    signal.addEventListener('abort', () => this.#close(), { once: true });
  }

  /**
   * Reports a failed connection or stream, unless it turns out that the tunnel was lost: its streams fail a moment
   * before it is seen to end.
   */
  reportFailure(kind: string, detail: string, error?: unknown): void {
    if (this.excused(error)) return;
    const { deadlines, violations } = this.environment;
    deadlines.after(settleMs, () => {
      if (!this.excused(undefined)) violations.report(kind, this.cluster.id, detail);
    });
  }

  /** Whether an error just now may be blamed on the tunnel (or on our own end) instead of on the cluster. */
  excused(error: unknown): boolean {
    return (
      this.#signal.aborted ||
      error instanceof AgentDisconnectedError ||
      this.environment.tunnels.recentlyLost(this.cluster.id)
    );
  }

  /**
   * Opens a TLS connection to the API server, whose certificate must verify under the agent's CA for the
   * agent's address. Waits for a lost agent. Failures that are the cluster's fault are reported here.
   */
  async dialTls(alpn?: string[]): Promise<tls.TLSSocket> {
    await this.#waitForSession();
    const { address } = this.params;
    const host = hostOf(address);
    let secureContext: tls.SecureContext;
    try {
      secureContext = contextFor(this.params.caCert);
    } catch (error) {
      throw this.#blame(
        new DialError('tls-failure', `caCert cannot be used: ${messageOf(error)}`, { cause: error }),
      );
    }
    const stream = this.environment.tunnels.dialCluster(this.cluster.id, address);
    return new Promise((resolve, reject) => {
      const socket = tls.connect({
        socket: stream,
        host,
        ...(net.isIP(host) ? {} : { servername: host }),
        secureContext,
        ...(alpn ? { ALPNProtocols: alpn } : {}),
      });
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
      let settled = false;
      const fail = (error: DialError): void => {
        if (settled) return;
        settled = true;
        cancel();
        socket.destroy();
        stream.destroy();
        reject(this.#blame(error));
      };
      const cancel = this.environment.deadlines.after(this.environment.options.dialTimeoutMs, () =>
        fail(
          new DialError(
            'dial-unanswered',
            `no TLS handshake with ${address} within ${this.environment.options.dialTimeoutMs} ms`,
          ),
        ),
      );
      socket.on('error', (error: NodeJS.ErrnoException) => {
        // OpenSSL and verification errors have a code of their own; the rest came from the stream below.
        const isTls = /^ERR_(SSL|TLS)|CERT|SIGNATURE|ISSUER|UNABLE_TO/.test(error.code ?? '');
        fail(
          new DialError(isTls ? 'tls-failure' : 'dial-failed', `${address}: ${error.message}`, {
            cause: error,
          }),
        );
      });
      socket.once('close', () =>
        fail(new DialError('dial-failed', `${address}: closed during the TLS handshake`)),
      );
      socket.once('secureConnect', () => {
        if (settled) return;
        settled = true;
        cancel();
        resolve(socket);
      });
    });
  }

  async #waitForSession(): Promise<void> {
    const { tunnels, deadlines, options } = this.environment;
    for (let attempt = 0; !tunnels.hasCluster(this.cluster.id); attempt++) {
      const waitMs = options.retryDelayMs * (1 + options.random());
      if (attempt === dialTries || !(await deadlines.sleep(waitMs, this.#signal)))
        throw new AgentDisconnectedError();
    }
  }

  #blame(error: DialError): DialError {
    this.reportFailure(error.kind, error.message);
    return error;
  }

  #close(): void {
    this.agent.destroy();
    this.proxyAgent.destroy();
    for (const socket of this.#open) socket.destroy();
  }
}

/** An http.Agent whose connections come from a function; idle ones are closed after 90 s. */
class LinkAgent extends http.Agent {
  readonly #dial: () => Promise<tls.TLSSocket>;

  constructor(dial: () => Promise<tls.TLSSocket>) {
    super({
      keepAlive: true,
      maxFreeSockets: maxIdleConnections,
      scheduling: 'lifo',
      timeout: idleTimeoutMs,
    });
    this.#dial = dial;
  }

  override createConnection(
    _options: http.ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.#dial().then(
      (socket) => {
        socket.setTimeout(idleTimeoutMs);
        callback?.(null, socket);
      },
      // Node's own caller ignores the stream when there is an error.
      (error: Error) => callback?.(error, undefined as never),
    );
  }
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

/** Thousands of clusters often bring the same CA: parsed once. The oldest goes when there are many. */
const contexts = new Map<string, tls.SecureContext>();
const maxContexts = 1_000;

function contextFor(caCert: string): tls.SecureContext {
  let context = contexts.get(caCert);
  if (!context) {
    const pem = Buffer.from(caCert, 'base64').toString('utf8');
    if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Error('no certificate in it');
    context = tls.createSecureContext({ ca: pem, minVersion: 'TLSv1.2' });
    if (contexts.size >= maxContexts) contexts.delete(contexts.keys().next().value ?? '');
    contexts.set(caCert, context);
  }
  return context;
}
