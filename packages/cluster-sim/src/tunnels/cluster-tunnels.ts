import {
  TunnelClient,
  type Connection,
  type ConnectRequest,
  type Logger,
  type TunnelClientStatus,
  type TunnelTlsOptions,
} from '@scale-cluster/remotedialer';

export type TunnelKind = 'cluster' | 'steve';

export interface ClusterTunnelsOptions {
  /** Without a slash at the end. */
  rancherURL: string;
  tls: TunnelTlsOptions;
  /** Awaited before every attempt. */
  turn: () => Promise<void>;
  /** Asked before every attempt: it may have been rotated. */
  registrationToken: () => string;
  /** What the agent tells Rancher of the cluster; must stay byte-identical for the cluster's life. */
  params: { address: string; token: string; caCert: string };
  /** True until the cluster has been connected once. */
  firstTime: () => boolean;
  serveCluster: (connection: Connection) => void;
  serveSteve: (connection: Connection) => void;
  /** After a tunnel went up or down. */
  onChange: () => void;
  /** After Rancher has opened or closed a connection through one of them. */
  onConnections: () => void;
  onAttemptFailed: (kind: TunnelKind, error: Error, retryInMs: number) => void;
  now: () => number;
  random: () => number;
  logger: Logger;
}

/** State and counters of one tunnel. Plain data. */
export interface TunnelCounters {
  readonly status: TunnelClientStatus;
  /** Times that it was connected. */
  connects: number;
  failures: number;
  /** Virtual connections that Rancher has open through it. */
  connections: number;
  /** Milliseconds since the epoch; undefined while it isn't connected. */
  connectedAt: number | undefined;
}

/**
 * The two tunnels of one cluster, as Rancher's agent holds them: `cluster`, over which Rancher reaches the Kubernetes
 * API, and `steve`, over which it looks whether the agent lives and its explorer asks (facts: rancher-import §3.2, §3.4).
 */
export class ClusterTunnels {
  readonly #clients: Record<TunnelKind, TunnelClient>;
  /** Live: always as it is now. */
  readonly state: Readonly<Record<TunnelKind, Readonly<TunnelCounters>>>;

  constructor(private readonly options: ClusterTunnelsOptions) {
    const counters = {
      cluster: liveCounters(() => this.#clients.cluster),
      steve: liveCounters(() => this.#clients.steve),
    };
    this.state = counters;
    const { address, token, caCert } = options.params;
    // Go's encoding/json writes the fields in this order; the server compares bytes after decoding only.
    const json = JSON.stringify({
      cluster: { address, token, caCert: Buffer.from(caCert).toString('base64') },
    });
    const params = Buffer.from(json).toString('base64');
    this.#clients = {
      cluster: this.#client(
        'cluster',
        counters.cluster,
        (connection, request) => this.#connectCluster(connection, request),
        () => ({
          // The agent registers once and connects from then on.
          path: options.firstTime() ? '/v3/connect/register' : '/v3/connect',
          headers: {
            'X-API-Tunnel-Token': options.registrationToken(),
            'X-API-Tunnel-Params': params,
          },
        }),
      ),
      // Whatever the address: the agent has one in-process server behind this tunnel.
      steve: this.#client(
        'steve',
        counters.steve,
        (connection) => options.serveSteve(connection),
        () => ({
          path: '/v3/connect',
          headers: { Authorization: `Bearer stv-cluster-${options.registrationToken()}` },
        }),
      ),
    };
  }

  /** Begins to connect both and keeps them connected. */
  start(): void {
    this.#clients.cluster.start();
    this.#clients.steve.start();
  }

  /** Ends both for good; Rancher sees proper ends. */
  async close(): Promise<void> {
    await Promise.all([this.#clients.cluster.close(), this.#clients.steve.close()]);
  }

  #connectCluster(connection: Connection, request: ConnectRequest): void {
    const { address } = this.options.params;
    if (request.protocol === 'tcp' && request.address === address) {
      this.options.serveCluster(connection);
      return;
    }
    // Only this connection fails: refusing in another way would end the session (facts: rancher-import §0 item 7).
    connection.destroy(new Error(`dial ${request.protocol} ${request.address}: connect: connection refused`));
  }

  #client(
    kind: TunnelKind,
    counters: TunnelCounters,
    onConnect: (connection: Connection, request: ConnectRequest) => void,
    endpoint: () => { path: string; headers: Record<string, string> },
  ): TunnelClient {
    const { rancherURL, tls, turn, random, logger, onChange, onConnections, onAttemptFailed, now } =
      this.options;
    const base = rancherURL.replace(/^http/, 'ws');
    const client = new TunnelClient({
      endpoint: async () => {
        await turn();
        const { path, headers } = endpoint();
        return { url: `${base}${path}`, headers };
      },
      onConnect: (connection, request) => {
        counters.connections += 1;
        onConnections();
        connection.once('close', () => {
          counters.connections -= 1;
          onConnections();
        });
        onConnect(connection, request);
      },
      tls,
      random,
      logger,
    });
    client.on('connected', () => {
      counters.connects += 1;
      counters.connectedAt = now();
      onChange();
    });
    client.on('disconnected', () => {
      counters.connectedAt = undefined;
      onChange();
    });
    client.on('attemptFailed', (error, retryInMs) => {
      counters.failures += 1;
      onAttemptFailed(kind, error, retryInMs);
    });
    return client;
  }
}

function liveCounters(client: () => TunnelClient): TunnelCounters {
  return {
    get status() {
      return client().status;
    },
    connects: 0,
    failures: 0,
    connections: 0,
    connectedAt: undefined,
  };
}
