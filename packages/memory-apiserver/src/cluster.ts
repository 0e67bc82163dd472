import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler, RequestReport } from './http/handler.js';
import type { ClusterApi } from './registry/api.js';
import type { Registry } from './registry/registry.js';
import type { UserInfo } from './registry/user.js';
import type { ResourceCatalog } from './schema/resource.js';

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
  /** Accepts a bearer token from now on. */
  allowToken(token: string, user: UserInfo): void;
  /** Accepts a token given before no longer; tokens of service accounts end with their account or Secret. */
  revokeToken(token: string): void;
  /** All objects, those of the base included. */
  objectCount(): number;
  /** Open watches over HTTP. */
  watchCount(): number;
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
    private readonly handler: RequestHandler,
    private readonly onClose: (cluster: MemoryCluster) => void,
  ) {}

  get api(): ClusterApi {
    return this.registry;
  }

  get catalog(): ResourceCatalog {
    return this.registry.context.catalog;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.handler.handle(request, response, this.onRequest);
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
    return this.handler.watchCount;
  }

  close(): void {
    this.handler.close();
    this.onClose(this);
  }
}
