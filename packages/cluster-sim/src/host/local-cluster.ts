import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { HandshakeError, type Connection } from '@scale-cluster/remotedialer';
import { AgentControllers, type Delayer } from '../agent-doings/agent-controllers.js';
import { ensureAgentToken, ensureAggregationSecret } from '../agent-doings/agent-objects.js';
import { agentNamespace, ClusterTokens } from '../agent-doings/identity.js';
import {
  applyImportManifest,
  credentialsSecretName,
  parseImportManifest,
} from '../agent-doings/import-manifest.js';
import type { BackendCluster } from '../backend/backend.js';
import { ChurnedObjects } from '../churn/churned-objects.js';
import { churnKinds, churnNames, type ChurnName } from '../churn/kinds.js';
import { errorText } from '../errors.js';
import { silentLogger, type Logger } from '../logger.js';
import type { SteveCluster } from '../steve/types.js';
import { describeCluster, type ClusterContents } from '../template/describe.js';
import { ClusterTunnels, type TunnelKind } from '../tunnels/cluster-tunnels.js';
import {
  tunnelsUp,
  type HostedCluster,
  type HostEvents,
  type Registration,
  type TunnelOpening,
  type TunnelsState,
} from './hosted-cluster.js';

/** What all clusters of a thread share. */
export interface LocalClusterContext {
  /** Without a slash at the end. */
  rancherURL: string;
  /** Tokens of clusters are derived from it. */
  secret: string;
  delayer: Delayer;
  events: HostEvents;
  /** Resolves when a cluster that was connected before may connect again. */
  turn: () => Promise<void>;
  serveCluster: (connection: Connection, cluster: BackendCluster) => void;
  serveSteve: (connection: Connection, cluster: SteveCluster) => void;
  now: () => number;
  random: () => number;
  logger: Logger;
}

/** The live half of a cluster in this thread. */
export class LocalCluster implements HostedCluster {
  readonly name: string;
  readonly uid: string;
  readonly sharesAgent: boolean;
  readonly #tokens: ClusterTokens;
  readonly #churned = new Map<ChurnName, ChurnedObjects>();
  #controllers: AgentControllers | undefined;
  #tunnels: ClusterTunnels | undefined;
  #registrationToken = '';

  constructor(
    readonly backend: BackendCluster,
    private readonly context: LocalClusterContext,
  ) {
    this.name = backend.name;
    this.uid = backend.uid;
    this.sharesAgent = backend.sharesAgent === true;
    this.#tokens = new ClusterTokens(context.secret, backend.uid);
  }

  get tunnels(): TunnelsState | undefined {
    return this.#tunnels?.state;
  }

  async hasAgent(credentials?: string): Promise<boolean> {
    const { objects } = this.backend;
    const has = async (storage: string, name: string): Promise<boolean> =>
      (await objects.find(storage, agentNamespace, name)) !== undefined;
    return (
      (await has('deployments.apps', 'cattle-cluster-agent')) &&
      (credentials === undefined || (await has('secrets', credentialsSecretName(credentials))))
    );
  }

  async installAgent(registration: Registration, manifest?: string): Promise<void> {
    const { delayer, logger } = this.context;
    const { objects, hasPodTotals, caCert } = this.backend;
    if (manifest !== undefined) await applyImportManifest(objects, parseImportManifest(manifest));
    await ensureAgentToken(objects, this.#tokens, caCert);
    await this.register(registration);
    this.#controllers ??= new AgentControllers({
      objects,
      hasPodTotals,
      uid: this.uid,
      delayer,
      onError: (error) =>
        logger.warn({ cluster: this.name, error: errorText(error) }, 'agent controller failed'),
    });
  }

  async register({ token, caCert, caChecksum }: Registration): Promise<void> {
    this.#registrationToken = token;
    await ensureAggregationSecret(this.backend.objects, {
      rancherURL: this.context.rancherURL,
      registrationToken: token,
      caCert,
      caChecksum,
    });
  }

  async openTunnels({ token }: Registration, { rancherId, tls, firstTime }: TunnelOpening): Promise<void> {
    if (this.#tunnels !== undefined) return;
    const { backend, context } = this;
    const { agentToken } = this.#tokens;
    this.#registrationToken = token;
    const steve = this.#steveCluster(rancherId, agentToken);
    let isFirst = firstTime;
    this.#tunnels = new ClusterTunnels({
      rancherURL: context.rancherURL,
      tls,
      // New clusters are paced by their creation in Rancher.
      turn: () => (isFirst ? Promise.resolve() : context.turn()),
      registrationToken: () => this.#registrationToken,
      params: { address: backend.address, token: agentToken, caCert: backend.caCert },
      firstTime: () => isFirst,
      serveCluster: (connection) => context.serveCluster(connection, backend),
      serveSteve: (connection) => context.serveSteve(connection, steve),
      onChange: () => {
        if (tunnelsUp(this.tunnels)) isFirst = false;
        context.events.onTunnels(this.uid);
      },
      onConnections: () => context.events.onConnections?.(this.uid),
      onAttemptFailed: (kind, error, retryInMs) => this.#attemptFailed(kind, error, retryInMs),
      now: context.now,
      random: context.random,
      // Said by the fleet, with the name of the cluster.
      logger: silentLogger,
    });
    this.#tunnels.start();
  }

  describe(now: number): Promise<ClusterContents> {
    return describeCluster(this.backend.objects, now);
  }

  churn(name: ChurnName, now: number): Promise<boolean> {
    return this.#churnedObjects(name).step(now);
  }

  async clearChurn(): Promise<void> {
    await Promise.all(churnNames.map((name) => this.#churnedObjects(name).clear()));
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.backend.handle(request, response);
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.backend.handleUpgrade(request, socket, head);
  }

  /** Ends the tunnels properly, and what works in the cluster; its objects stay. */
  async stop(): Promise<void> {
    this.#controllers?.close();
    this.#controllers = undefined;
    const tunnels = this.#tunnels;
    this.#tunnels = undefined;
    await tunnels?.close();
  }

  #steveCluster(rancherId: string | undefined, agentToken: string): SteveCluster {
    const { name, version, objects, catalog, discovered } = this.backend;
    return {
      name,
      version,
      objects,
      catalog,
      ...(discovered === undefined ? {} : { discovered }),
      ...(rancherId === undefined ? {} : { rancherId }),
      handle: (request, response) => {
        // The agent asks the API by its own account, as whoever Rancher says (Impersonate-* headers).
        request.headers.authorization = `Bearer ${agentToken}`;
        this.backend.handle(request, response);
      },
    };
  }

  #attemptFailed(kind: TunnelKind, error: Error, retryInMs: number): void {
    const status = error instanceof HandshakeError ? error.status : undefined;
    this.context.events.onAttemptFailed(this.uid, { kind, message: errorText(error), status, retryInMs });
  }

  #churnedObjects(name: ChurnName): ChurnedObjects {
    let objects = this.#churned.get(name);
    if (objects === undefined)
      this.#churned.set(name, (objects = new ChurnedObjects(churnKinds[name], this.backend.objects)));
    return objects;
  }
}
