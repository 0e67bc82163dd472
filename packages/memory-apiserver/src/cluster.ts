import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RequestHandler, RequestReport } from './http/handler.js';
import type { ListenOptions, LocalServer } from './listen.js';
import type { KeyPairPem } from './pki/certificates.js';
import type { ClusterApi } from './registry/api.js';
import type { Registry } from './registry/registry.js';
import type { UserInfo } from './registry/user.js';
import type { ResourceCatalog } from './schema/resource.js';
import type { ClusterSnapshot } from './snapshot.js';
import { restoreSnapshot, takeSnapshot } from './snapshot.js';

/** One simulated cluster: a Kubernetes API in memory. */
export interface Cluster {
  readonly name: string;
  readonly uid: string;
  /** The API for code in the same process; synchronous, without authentication. */
  readonly api: ClusterApi;
  /** What it serves, its custom resources included. */
  readonly catalog: ResourceCatalog;
  /** The API over HTTP: give it to any node:http or node:https server. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** {@link handle} as a function of its own: `http.createServer(cluster.handler)`. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /**
   * The `upgrade` event of that server: exec, attach and port-forward go on in a WebSocket or in SPDY. A server
   * without a listener for it answers them as plain requests, which is to refuse them.
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Accepts a bearer token from now on. */
  allowToken(token: string, user: UserInfo): void;
  /** Accepts a token given before no longer; tokens of service accounts end with their account or Secret. */
  revokeToken(token: string): void;
  /** All objects, those of the base included. */
  objectCount(): number;
  /** Open watches over HTTP. */
  watchCount(): number;
  /**
   * Serves this cluster by HTTPS on a port of its own, with a certificate of {@link ApiServer.authority}, for its
   * administrator's kubectl. Rejects when the port can't be listened on or the kubeconfig can't be written.
   */
  listen(options?: ListenOptions): Promise<LocalServer>;
  /** All objects as they are now. */
  snapshot(): ClusterSnapshot;
  /**
   * Brings the objects of a snapshot back, of this cluster or another, and removes all others. What differs is written
   * without admission: UIDs and times are the snapshot's, resourceVersions are new, and watchers see what changes.
   * Throws ApiError for an object of a kind that isn't served, before anything but CRDs has changed.
   */
  restore(snapshot: ClusterSnapshot): void;
  /** Called after each request has been answered; for a watch, when it ends. */
  onRequest: ((report: RequestReport) => void) | undefined;
  /** Ends all watches and drops what the cluster holds. */
  close(): void;
}

/** Built by ApiServer.createCluster. */
export class MemoryCluster implements Cluster {
  onRequest: ((report: RequestReport) => void) | undefined;

  constructor(
    readonly name: string,
    readonly uid: string,
    private readonly registry: Registry,
    private readonly requests: RequestHandler,
    private readonly authority: () => KeyPairPem,
    private readonly onClose: (cluster: MemoryCluster) => void,
  ) {}

  get api(): ClusterApi {
    return this.registry;
  }

  get catalog(): ResourceCatalog {
    return this.registry.context.catalog;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.requests.handle(request, response, this.onRequest);
  }

  /** Made at need: thousands of clusters never hand it out. */
  get handler(): (request: IncomingMessage, response: ServerResponse) => void {
    return (request, response) => this.handle(request, response);
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.requests.handleUpgrade(request, { socket, head }, this.onRequest);
  }

  allowToken(token: string, user: UserInfo): void {
    this.registry.authenticator.allow(token, user);
  }

  revokeToken(token: string): void {
    this.registry.authenticator.revoke(token);
  }

  objectCount(): number {
    return this.registry.context.store.objectCount();
  }

  watchCount(): number {
    return this.requests.watchCount;
  }

  async listen(options?: ListenOptions): Promise<LocalServer> {
    // node:https is only loaded by those who need it.
    const { listen } = await import('./listen.js');
    return listen(this, this.authority(), options);
  }

  snapshot(): ClusterSnapshot {
    return takeSnapshot(this.registry.context);
  }

  restore(snapshot: ClusterSnapshot): void {
    restoreSnapshot(this.registry.context, snapshot);
  }

  close(): void {
    this.requests.close();
    this.onClose(this);
  }
}
