import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { ApiServer, type Cluster, type ClusterBase } from '@scale-cluster/memory-apiserver';
import { TunnelClient, type Connection } from '@scale-cluster/remotedialer';
import type { FakeRancher } from '../../src/index.js';
import { createServerPki, type ServerPki } from '../../src/pki.js';
import { ask, until } from './api-client.js';

export const address = '10.43.0.1:443';
const serviceAccountToken = 'service-account-token-of-the-agent';

/** What a test may do to the requests of Rancher; true when it has answered. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface TestClusterOptions {
  name: string;
  via?: 'provisioning' | 'management';
  /** Same value in two clusters: same uids. */
  uid?: string;
  nodes?: number;
  version?: string;
  intercept?: Intercept;
  /** Answers what is dialled over the steve tunnel; true when it has. */
  interceptSteve?: Intercept;
  /** Takes upgrade requests to the API server. */
  upgrade?: (request: IncomingMessage, socket: Duplex) => void;
  /** PKI of the API server. @default one with a certificate for the agent's address */
  pki?: ServerPki;
  /** Connects as this cluster instead of registering a new one. */
  like?: TestCluster;
  /** Changes what the agent sends. */
  params?: Partial<{ address: string; token: string; caCert: string }>;
}

/** Certificates cost time: one set serves all tests of a file. */
let sharedPki: Promise<ServerPki> | undefined;
const goodPki = (): Promise<ServerPki> => (sharedPki ??= createServerPki(['10.43.0.1']));

/** A cluster with a real Kubernetes API (in memory) and an agent with both tunnels. */
export class TestCluster {
  /** The id that Rancher gave. */
  id = '';
  registrationToken = '';
  readonly api: Cluster;
  readonly #apiServer: ApiServer;
  readonly #rancher: FakeRancher;
  readonly #options: TestClusterOptions;
  readonly #tunnels: TunnelClient[] = [];
  readonly #connections = new Set<Connection>();

  private constructor(
    rancher: FakeRancher,
    options: TestClusterOptions,
    apiServer: ApiServer,
    base: ClusterBase,
    caCert: string,
  ) {
    this.#rancher = rancher;
    this.#options = options;
    this.#apiServer = apiServer;
    const tokens = {
      [serviceAccountToken]: {
        username: 'system:serviceaccount:cattle-system:cattle',
        groups: ['system:masters'],
      },
    };
    this.api = apiServer.createCluster({
      name: options.name,
      uid: options.uid ?? options.name,
      base,
      tokens,
      caCert,
    });
  }

  /** Registers a cluster by the normal import flow and connects both tunnels. */
  static async start(rancher: FakeRancher, options: TestClusterOptions): Promise<TestCluster> {
    const pki = options.pki ?? (await goodPki());
    const apiServer = new ApiServer({ version: options.version ?? 'v1.31.2' });
    const base = apiServer.createBase(
      Array.from({ length: options.nodes ?? 1 }, (_, index) => node(`node-${index}`)),
    );
    const cluster = new TestCluster(rancher, options, apiServer, base, pki.caCert);
    await cluster.#register();
    await cluster.#connect(pki);
    return cluster;
  }

  /** Connections that Rancher has open in the tunnels. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Ends both tunnels like an agent that was killed. */
  kill(): void {
    for (const tunnel of this.#tunnels.splice(0)) tunnel.destroy();
  }

  async stop(): Promise<void> {
    this.kill();
    for (const connection of this.#connections) connection.destroy();
    this.api.close();
    await this.#apiServer.close();
  }

  async #register(): Promise<void> {
    const { name, like } = this.#options;
    if (like) {
      this.id = like.id;
      this.registrationToken = like.registrationToken;
      return;
    }
    if (this.#options.via === 'provisioning') {
      const path = '/v1/provisioning.cattle.io.clusters';
      await ask(this.#rancher, 'POST', path, {
        body: { metadata: { namespace: 'fleet-default', name }, spec: {} },
      });
      const made = await until(
        () => ask(this.#rancher, 'GET', `${path}/fleet-default/${name}`),
        ({ json }) => json.status.clusterName !== undefined,
      );
      this.id = made.json.status.clusterName as string;
    } else {
      const made = await ask(this.#rancher, 'POST', '/v3/clusters', { body: { type: 'cluster', name } });
      this.id = made.json.id as string;
    }
    const tokens = await until(
      () => ask(this.#rancher, 'GET', `/v3/clusterregistrationtokens?clusterId=${this.id}`),
      ({ json }) => json.data.length > 0,
    );
    this.registrationToken = tokens.json.data[0].token as string;
  }

  async #connect(pki: ServerPki): Promise<void> {
    const kube = this.#server(
      (request, response) => this.api.handle(request, response),
      this.#options.intercept,
    );
    kube.on('upgrade', (request, socket) => this.#options.upgrade?.(request, socket));
    const steve = this.#server((_request, response) => response.end('pong'), this.#options.interceptSteve);
    const secureContext = tls.createSecureContext({ key: pki.key, cert: pki.cert });
    const params = {
      address,
      token: serviceAccountToken,
      caCert: Buffer.from(pki.caCert).toString('base64'),
      ...this.#options.params,
    };
    const cluster = this.#tunnel(
      '/v3/connect/register',
      () => ({
        'X-API-Tunnel-Token': this.registrationToken,
        'X-API-Tunnel-Params': Buffer.from(JSON.stringify({ cluster: params })).toString('base64'),
      }),
      (connection) => {
        const socket = new tls.TLSSocket(connection, {
          isServer: true,
          secureContext,
          ALPNProtocols: ['http/1.1'],
        });
        socket.on('error', () => socket.destroy());
        kube.emit('connection', socket);
      },
    );
    const agent = this.#tunnel(
      '/v3/connect',
      () => ({ Authorization: `Bearer stv-cluster-${this.registrationToken}` }),
      (connection) => steve.emit('connection', connection),
    );
    await Promise.all([cluster, agent]);
  }

  #server(
    handle: Intercept | ((request: IncomingMessage, response: ServerResponse) => void),
    intercept: Intercept | undefined,
  ): http.Server {
    return http.createServer((request, response) => {
      if (!intercept?.(request, response)) handle(request, response);
    });
  }

  async #tunnel(
    path: string,
    headers: () => Record<string, string>,
    serve: (connection: Connection) => void,
  ): Promise<void> {
    const client = new TunnelClient({
      endpoint: () => ({ url: this.#rancher.url.replace(/^http/, 'ws') + path, headers: headers() }),
      tls: { ca: this.#rancher.caCert },
      backoff: { initialMs: 20, maxMs: 100 },
      onConnect: (connection) => {
        this.#connections.add(connection);
        connection.once('close', () => this.#connections.delete(connection));
        serve(connection);
      },
    });
    this.#tunnels.push(client);
    const connected = new Promise<void>((resolve) => client.once('connected', resolve));
    client.start();
    await connected;
  }
}

function node(name: string): {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  status: object;
} {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    status: {
      capacity: { cpu: '4', memory: '8Gi', pods: '110' },
      allocatable: { cpu: '3800m', memory: '7Gi', pods: '110' },
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}
