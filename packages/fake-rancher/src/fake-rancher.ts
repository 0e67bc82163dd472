import { randomUUID } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { isIP, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Authenticator } from './api/authenticate.js';
import { ClusterProxy } from './api/cluster-proxy.js';
import { clusterRoutes } from './api/clusters.js';
import type { ApiContext } from './api/context.js';
import { refuseUpgrade, unauthorizedBody } from './api/http.js';
import { provisioningRoutes } from './api/provisioning.js';
import { registrationTokenRoutes } from './api/registration-tokens.js';
import { Router } from './api/router.js';
import { settingsRoutes } from './api/settings.js';
import { Subscriptions } from './api/subscribe.js';
import { Controllers } from './controller/controllers.js';
import { Deadlines } from './deadlines.js';
import type { Condition } from './model/conditions.js';
import type { ManagementCluster, Stage } from './model/cluster.js';
import { Registry } from './model/registry.js';
import { Violations, type Violation } from './model/violations.js';
import { resolveOptions, type FakeRancherOptions } from './options.js';
import { caChecksum, createServerPki, type ServerPki } from './pki.js';
import { Semaphore } from './semaphore.js';
import { Tunnels } from './tunnels/tunnels.js';

/** Agents send service account tokens and CA bundles in headers. */
const maxHeaderBytes = 128 << 10;

/** What can be seen of one cluster from outside. */
export interface FakeCluster {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly transitioning: 'yes' | 'no' | 'error';
  readonly message: string;
  /** Active in the strict sense: state, transitioning and all four decisive conditions. */
  readonly active: boolean;
  readonly conditions: Condition[];
  /** When each stage was first reached, ms since 1970. */
  readonly stages: Readonly<Partial<Record<Stage, number>>>;
  readonly nodeCount: number;
  readonly tunnels: { readonly cluster: boolean; readonly steve: boolean };
}

export interface FakeRancher {
  /** Without a slash at its end. */
  readonly url: string;
  /** API token of the administrator. */
  readonly token: string;
  /** PEM of the CA under which `url` verifies; '' without TLS. */
  readonly caCert: string;
  /** All clusters, those being removed included. */
  clusters(): FakeCluster[];
  /** What clusters did that real ones would not do, by kind. Empty is good. */
  violations(): Violation[];
  /** Resolves when the clusters satisfy `predicate`; rejects with `signal`'s reason when it aborts first. */
  waitFor(predicate: (clusters: FakeCluster[]) => boolean, signal?: AbortSignal): Promise<FakeCluster[]>;
  /** Cuts TCP under the tunnels of a random share (0 to 1) of the clusters. Answers how many sockets that were. */
  dropTunnels(fraction: number, which?: 'cluster' | 'steve' | 'both'): number;
  /** Answers 503 to everything new for `ms` or until {@link resume}; open tunnels stay. Resolves when it is over. */
  pause(ms: number): Promise<void>;
  /** Ends a pause early. */
  resume(): void;
  /** Gives all registration tokens new values; the old ones work for `graceMs` more. Sessions stay. Answers how many. */
  rotateTokens(graceMs: number): number;
  /** Ends everything. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a small Rancher. Rejects when it cannot listen, or with {@link OptionsError}. */
export async function startFakeRancher(input: FakeRancherOptions = {}): Promise<FakeRancher> {
  const options = resolveOptions(input);
  const pki = options.tls
    ? await createServerPki(certificateHosts(options.host, options.serverUrl))
    : undefined;
  const server = pki
    ? https.createServer({ key: pki.key, cert: pki.cert + pki.caCert, maxHeaderSize: maxHeaderBytes })
    : http.createServer({ maxHeaderSize: maxHeaderBytes });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  const host = isIP(options.host) === 6 ? `[${options.host}]` : options.host;
  return new RunningRancher(options, pki, server, `${pki ? 'https' : 'http'}://${host}:${port}`);
}

function certificateHosts(host: string, serverUrl: string | undefined): string[] {
  const hosts = new Set([host, 'localhost', '127.0.0.1', '::1']);
  if (serverUrl !== undefined) hosts.add(new URL(serverUrl).hostname.replace(/^\[|\]$/g, ''));
  return [...hosts];
}

class RunningRancher implements FakeRancher {
  readonly url: string;
  readonly token: string;
  readonly caCert: string;
  readonly #server: http.Server | https.Server;
  readonly #options: ReturnType<typeof resolveOptions>;
  readonly #deadlines = new Deadlines();
  readonly #registry = new Registry();
  readonly #violations: Violations;
  readonly #tunnels: Tunnels;
  readonly #controllers: Controllers;
  readonly #subscriptions: Subscriptions;
  readonly #proxy: ClusterProxy;
  readonly #router: Router;
  readonly #authenticator: Authenticator;
  #pause: AbortController | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    options: ReturnType<typeof resolveOptions>,
    pki: ServerPki | undefined,
    server: http.Server | https.Server,
    url: string,
  ) {
    this.url = url;
    this.token = options.token;
    this.caCert = pki?.caCert ?? '';
    this.#server = server;
    this.#options = options;
    const { logger } = options;
    this.#violations = new Violations((kind, cluster, detail) =>
      logger.warn({ kind, cluster, detail }, 'violation'),
    );
    this.#authenticator = new Authenticator(options.token);
    this.#router = new Router(this.#authenticator, logger);
    this.#tunnels = new Tunnels(this.#registry, this.#violations, logger);
    const base = (options.serverUrl ?? url).replace(/\/$/, '');
    const checksum = caChecksum(this.caCert);
    const installUuid = randomUUID();
    this.#controllers = new Controllers(this.#registry, {
      options,
      tunnels: this.#tunnels,
      violations: this.#violations,
      deadlines: this.#deadlines,
      starts: new Semaphore(options.maxStarts),
      applies: new Semaphore(options.maxApplies),
      administrator: this.#authenticator.userId,
      manifest: { url: base, caChecksum: checksum, installUuid },
      systemToken: (cluster) =>
        (cluster.currentToken('system') ?? this.#registry.addToken(cluster, 'system')).value,
    });
    const api: ApiContext = {
      router: this.#router,
      registry: this.#registry,
      authenticator: this.#authenticator,
      options,
      deadlines: this.#deadlines,
      base,
      caCert: this.caCert,
      caChecksum: checksum,
      installUuid,
      remove: (cluster) => this.#remove(cluster),
    };
    this.#subscriptions = new Subscriptions(api);
    this.#proxy = new ClusterProxy(api, this.#tunnels, this.#controllers);
    this.#addRoutes(api);
    server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) =>
      this.#onRequest(request, response),
    );
    server.on('upgrade', (request: http.IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#onUpgrade(request, socket, head),
    );
  }

  clusters(): FakeCluster[] {
    return this.#registry.list().map((cluster) => ({
      id: cluster.id,
      name: cluster.name,
      ...cluster.state,
      active: cluster.active,
      conditions: cluster.conditions.list().map((condition) => ({ ...condition })),
      stages: { ...cluster.stages },
      nodeCount: cluster.nodeCount,
      tunnels: { cluster: this.#tunnels.hasCluster(cluster.id), steve: this.#tunnels.hasSteve(cluster.id) },
    }));
  }

  violations(): Violation[] {
    return this.#violations.list();
  }

  waitFor(predicate: (clusters: FakeCluster[]) => boolean, signal?: AbortSignal): Promise<FakeCluster[]> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.#registry.off('change', check);
        this.#registry.off('remove', check);
        signal?.removeEventListener('abort', onAbort);
      };
      const check = (): void => {
        const clusters = this.clusters();
        if (!predicate(clusters)) return;
        done();
        resolve(clusters);
      };
      const onAbort = (): void => {
        done();
        reject(signal?.reason as Error);
      };
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#registry.on('change', check);
      this.#registry.on('remove', check);
      check();
    });
  }

  dropTunnels(fraction: number, which: 'cluster' | 'steve' | 'both' = 'both'): number {
    const chosen = this.#registry.list().filter(() => this.#options.random() < fraction);
    return chosen.reduce((cut, cluster) => cut + this.#tunnels.cut(cluster.id, which), 0);
  }

  async pause(ms: number): Promise<void> {
    this.resume();
    const pause = new AbortController();
    this.#pause = pause;
    await this.#deadlines.sleep(ms, pause.signal);
    if (this.#pause === pause) this.#pause = undefined;
  }

  resume(): void {
    this.#pause?.abort();
    this.#pause = undefined;
  }

  rotateTokens(graceMs: number): number {
    let rotated = 0;
    for (const cluster of this.#registry.list()) {
      for (const { name } of cluster.tokens.filter((token) => token.expiresAt === undefined)) {
        this.#registry.addToken(cluster, name, graceMs);
        rotated++;
      }
    }
    return rotated;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #addRoutes(api: ApiContext): void {
    settingsRoutes(api);
    clusterRoutes(api);
    registrationTokenRoutes(api);
    provisioningRoutes(api);
    for (const path of ['/v3/connect', '/v3/connect/register'])
      this.#router.add(
        'GET',
        path,
        ({ request, response }) => this.#tunnels.handleRequest(request, response),
        { open: true },
      );
    this.#router.add('*', '/k8s/clusters/:id/*', ({ request, response }) =>
      this.#proxy.handle(request, response),
    );
  }

  #onRequest(request: http.IncomingMessage, response: http.ServerResponse): void {
    if (this.#pause) {
      response.writeHead(503, { Connection: 'close', 'Content-Type': 'text/plain' });
      response.end('no available server\n');
      return;
    }
    void this.#router.handle(request, response);
  }

  #onUpgrade(request: http.IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#pause) return refuseUpgrade(socket, 503, 'no available server\n');
    const url = new URL(request.url ?? '/', 'http://rancher.invalid');
    if (url.pathname === '/v3/connect' || url.pathname === '/v3/connect/register')
      return this.#tunnels.handleUpgrade(request, socket, head);
    if (url.pathname.startsWith('/k8s/clusters/'))
      return void this.#proxy.handleUpgrade(request, socket, head);
    if (!this.#authenticator.allows(request))
      return refuseUpgrade(socket, 401, JSON.stringify(unauthorizedBody(url.pathname)), 'application/json');
    if (url.pathname === '/v3/subscribe')
      return this.#subscriptions.handleUpgrade(request, socket, head, url);
    refuseUpgrade(socket, 404, 'not found\n');
  }

  #remove(cluster: ManagementCluster): void {
    if (this.#registry.beginRemoval(cluster)) void this.#controllers.remove(cluster);
  }

  async #close(): Promise<void> {
    this.#controllers.close();
    this.#subscriptions.close();
    this.#deadlines.close();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.#tunnels.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
