import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ApiServer,
  builtinControllers,
  type Cluster,
  type ClusterApi,
} from '@scale-cluster/memory-apiserver';
import { ApiConnection } from '../../../src/backend/http-objects/api-connection.js';

/**
 * An API server that plays the main cluster: without controllers but one that runs pods, as etcd, kube-apiserver and
 * KWOK are.
 */
export class MainClusterInMemory {
  readonly #server = new ApiServer({
    controllers: builtinControllers().filter(({ name }) => name === 'kubelet'),
  });
  readonly #connections: ApiConnection[] = [];
  #cluster: Cluster;
  #http: Server | undefined;
  #port = 0;
  /** Method and path of all requests but those of informers. */
  readonly requests: string[] = [];

  constructor() {
    this.#cluster = this.#create();
  }

  get api(): ClusterApi {
    return this.#cluster.api;
  }

  /** Opens its port, the same each time. */
  async start(): Promise<void> {
    const http = createServer((request, response) => {
      this.#note(request);
      this.#cluster.handle(request, response);
    });
    await new Promise<void>((resolve) => http.listen(this.#port, '127.0.0.1', resolve));
    this.#http = http;
    this.#port = (http.address() as AddressInfo).port;
  }

  /** As if kube-apiserver were killed: no port, no connection, the objects stay. */
  async kill(): Promise<void> {
    const http = this.#http;
    if (http === undefined) return;
    this.#http = undefined;
    await new Promise((resolve) => {
      http.close(resolve);
      http.closeAllConnections();
    });
  }

  /** As if it were made anew: nothing is in it. */
  recreate(): void {
    this.#cluster.close();
    this.#cluster = this.#create();
  }

  connect(): ApiConnection {
    const connection = new ApiConnection({
      server: `http://127.0.0.1:${this.#port}`,
      caCert: '',
      token: 'admin',
    });
    this.#connections.push(connection);
    return connection;
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
    await this.kill();
    await this.#server.close();
  }

  #create(): Cluster {
    const tokens = { admin: { username: 'admin', groups: ['system:masters'] } };
    return this.#server.createCluster({ name: 'main', tokens });
  }

  #note({ method = '', url = '' }: IncomingMessage): void {
    if (!/^\/api\/v1\/(namespaces|nodes|pods)\?.*labelSelector=cluster-id(&|$)/.test(url))
      this.requests.push(`${method} ${url}`);
  }
}
