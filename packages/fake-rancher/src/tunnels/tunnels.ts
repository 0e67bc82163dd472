import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { TunnelServer, type Connection } from '@scale-cluster/remotedialer';
import { messageOf } from '../errors.js';
import type { AgentParams, ManagementCluster } from '../model/cluster.js';
import type { Registry } from '../model/registry.js';
import type { Violations } from '../model/violations.js';
import type { Logger } from '../options.js';
import { sendText } from '../api/http.js';
import { authorizeTunnel, stevePrefix } from './authorizer.js';

/** Errors this soon after the loss of a tunnel are blamed on that loss, ms. */
const lossWindowMs = 5_000;

/**
 * Both tunnels of all clusters.
 *
 * Events: `clusterTunnel` (cluster) and `steveTunnel` (cluster) when a session can be dialled.
 */
export class Tunnels extends EventEmitter<{
  clusterTunnel: [ManagementCluster];
  steveTunnel: [ManagementCluster];
}> {
  readonly #server: TunnelServer;
  readonly #registry: Registry;
  readonly #violations: Violations;
  readonly #lostAt = new Map<string, number>();
  /** When this server itself cut the sessions of a key: their ends are nobody's fault. */
  readonly #cutAt = new Map<string, number>();
  #closed = false;

  constructor(registry: Registry, violations: Violations, logger: Logger) {
    super();
    this.#registry = registry;
    this.#violations = violations;
    this.#server = new TunnelServer({ authorize: (request) => this.#authorize(request), logger });
    this.#server.on('session', (key: string) => this.#onSession(key));
    this.#server.on('sessionEnd', (key: string, _id: unknown, error?: Error) =>
      this.#onSessionEnd(key, error),
    );
  }

  /** `/v3/connect` and `/v3/connect/register`: for clusters they are the same (mcmauthorizer `Authorize`). */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head);
  }

  /** The answer to a tunnel request that is no WebSocket. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    try {
      if (!authorizeTunnel(request, this.#registry)) return sendText(response, 401, 'failed authentication');
    } catch (error) {
      return sendText(response, 400, messageOf(error));
    }
    sendText(
      response,
      400,
      "websocket: the client is not using the websocket protocol: 'upgrade' token not found in 'Connection' header",
    );
  }

  hasCluster(id: string): boolean {
    return this.#server.hasSession(id);
  }

  hasSteve(id: string): boolean {
    return this.#server.hasSession(stevePrefix + id);
  }

  /** Opens a stream to the cluster's API server. Throws when there is no session. */
  dialCluster(id: string, address: string): Connection {
    return this.#server.dial(id, 'tcp', address);
  }

  /** Opens a stream to what the agent serves in process. Throws when there is no session. */
  dialSteve(id: string, address: string): Connection {
    return this.#server.dial(stevePrefix + id, 'tcp', address);
  }

  /** Whether an error of a cluster just now may be due to the loss of its tunnel. */
  recentlyLost(id: string): boolean {
    return this.#closed || !this.hasCluster(id) || Date.now() - (this.#lostAt.get(id) ?? 0) < lossWindowMs;
  }

  /** Like {@link recentlyLost} for the steve tunnel. */
  steveRecentlyLost(id: string): boolean {
    const key = stevePrefix + id;
    return (
      this.#closed ||
      !this.#server.hasSession(key) ||
      Date.now() - (this.#lostAt.get(key) ?? 0) < lossWindowMs
    );
  }

  /** Cuts TCP under tunnels of a cluster without a goodbye; answers how many. */
  cut(id: string, which: 'cluster' | 'steve' | 'both'): number {
    const keys = which === 'both' ? [id, stevePrefix + id] : [which === 'cluster' ? id : stevePrefix + id];
    return keys.reduce((cut, key) => {
      this.#cutAt.set(key, Date.now());
      this.#lostAt.set(key, Date.now());
      return cut + this.#server.disconnect(key, 'cut');
    }, 0);
  }

  /** Drops what is kept about a cluster that is gone. */
  forget(id: string): void {
    for (const key of [id, stevePrefix + id]) {
      this.#lostAt.delete(key);
      this.#cutAt.delete(key);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#server.close();
  }

  #authorize(request: IncomingMessage): { clientKey: string } | null {
    const admission = authorizeTunnel(request, this.#registry);
    if (admission?.params) this.#accept(admission.cluster, admission.params);
    return admission && { clientKey: admission.clientKey };
  }

  /** Keeps what the agent sent; a change of any part restarts all controllers of that cluster in Rancher. */
  #accept(cluster: ManagementCluster, params: AgentParams): void {
    const old = cluster.params;
    if (old) {
      const changed = (['address', 'token', 'caCert'] as const).filter((part) => old[part] !== params[part]);
      if (changed.length === 0) return;
      this.#violations.report(
        'params-changed',
        cluster.id,
        `other than at the last connect: ${changed.join(', ')}`,
      );
    }
    cluster.params = params;
  }

  #onSession(key: string): void {
    const steve = key.startsWith(stevePrefix);
    const cluster = this.#registry.get(steve ? key.slice(stevePrefix.length) : key);
    if (!cluster || cluster.removedAt !== undefined) return;
    cluster.mark(steve ? 'steve' : 'tunnel');
    this.emit(steve ? 'steveTunnel' : 'clusterTunnel', cluster);
  }

  #onSessionEnd(key: string, error: Error | undefined): void {
    const now = Date.now();
    const ours = this.#closed || now - (this.#cutAt.get(key) ?? 0) < lossWindowMs;
    const steve = key.startsWith(stevePrefix);
    const cluster = this.#registry.get(steve ? key.slice(stevePrefix.length) : key);
    if (!cluster) return;
    this.#lostAt.set(key, now);
    if (!ours && cluster.removedAt === undefined) {
      const which = steve ? 'steve' : 'cluster';
      this.#violations.report(
        'tunnel-lost',
        cluster.id,
        `${which} tunnel ended: ${error ? error.message : 'closed by the agent'}`,
      );
    }
  }
}
