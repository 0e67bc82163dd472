import type { IncomingMessage } from 'node:http';
import type { Logger } from '../../logger.js';
import { errorText } from '../../errors.js';
import type { BackendCluster, ProvisionRequest, RequestInfo } from '../backend.js';
import { ApiConnection, type ApiCredentials } from '../http-objects/api-connection.js';
import { CatalogFollower } from '../http-objects/catalog-follower.js';
import { HttpObjects } from '../http-objects/http-objects.js';
import { clusterAddress } from '../memory-backend.js';
import { ApiProxy } from '../proxy/api-proxy.js';
import { SmallControllers } from './small-controllers.js';

export interface DedicatedClusterOptions {
  request: ProvisionRequest;
  credentials: ApiCredentials;
  /** PEM of the CA that the tunnels' end shows; not the kube-apiserver's own. */
  caCert: string;
  /** The cluster has no controller manager: a few things are done for it. */
  smallControllers: boolean;
  now: () => number;
  random: () => number;
  logger: Logger;
  onRequest: (request: RequestInfo) => void;
  onUnreachable: () => void;
  admit?: (request: IncomingMessage) => Promise<void> | undefined;
}

/** Objects are counted again when somebody asks and the last count is older. */
const countEveryMs = 60_000;

/** What is open towards one kube-apiserver. */
export class DedicatedCluster {
  readonly objects: HttpObjects;
  readonly #connection: ApiConnection;
  readonly #proxy: ApiProxy;
  #watch: { close(): void } | undefined;
  #controllers: SmallControllers | undefined;
  readonly #catalog: CatalogFollower;
  #version = '';
  #count = 0;
  #countedAt = -Infinity;

  constructor(private readonly options: DedicatedClusterOptions) {
    const { credentials, request, random, onRequest, onUnreachable, admit } = options;
    this.#connection = new ApiConnection(credentials);
    this.objects = new HttpObjects({ connection: this.#connection, random });
    this.#catalog = new CatalogFollower({ refresh: () => this.objects.refreshCatalog() });
    this.#proxy = new ApiProxy({
      credentials,
      tokens: request.tokens,
      onRequest,
      onUnreachable,
      ...(admit === undefined ? {} : { admit }),
    });
  }

  /** Whether the kube-apiserver says that it is ready. */
  isReady(): Promise<boolean> {
    return this.#connection.isOk('/readyz');
  }

  /**
   * Whether the controller manager has begun to work: its root CA publisher writes this one (Kubernetes'
   * `pkg/controller/certificates/rootcacertpublisher`). In a real cluster it works long before that is imported, and
   * Rancher waits only seconds for the token of an impersonation account. Throws ApiError.
   */
  async isControlled(): Promise<boolean> {
    return (await this.objects.find('configmaps', 'default', 'kube-root-ca.crt')) !== undefined;
  }

  /** Learns what it serves and begins to follow it. Throws ApiError. */
  async open(): Promise<void> {
    const version = await this.#connection.json<{ gitVersion: string }>({ path: '/version' });
    this.#version = version.gitVersion;
    await this.objects.refreshCatalog();
    this.#watch = this.objects.watch(
      'customresourcedefinitions.apiextensions.k8s.io',
      { since: 'now' },
      () => void this.#catalog.follow(),
    );
    if (this.options.smallControllers) {
      const { logger, request } = this.options;
      this.#controllers = new SmallControllers({
        objects: this.objects,
        connection: this.#connection,
        onError: (error) =>
          logger.debug({ cluster: request.name, error: errorText(error) }, 'small controller failed'),
      });
    }
  }

  /** What the fleet sees of it. */
  view(): BackendCluster {
    const { request, caCert } = this.options;
    return {
      name: request.name,
      uid: request.uid,
      address: clusterAddress,
      caCert,
      version: this.#version,
      objects: this.objects,
      catalog: this.objects.catalog,
      discovered: () => this.#catalog.follow(),
      hasPodTotals: false,
      handle: (incoming, response) => this.#proxy.handle(incoming, response),
      handleUpgrade: (incoming, socket, head) => this.#proxy.handleUpgrade(incoming, socket, head),
      objectCount: () => this.#objectCount(),
    };
  }

  async close(): Promise<void> {
    this.#catalog.close();
    this.#watch?.close();
    this.#controllers?.close();
    this.objects.close();
    this.#proxy.close();
    await this.#connection.close();
  }

  #objectCount(): number {
    const { now } = this.options;
    if (now() - this.#countedAt >= countEveryMs) {
      this.#countedAt = now();
      this.#countObjects().catch(() => undefined);
    }
    return this.#count;
  }

  /** One kind after the other: this is a figure for people, and the server has better things to do. */
  async #countObjects(): Promise<void> {
    const storages = new Set(
      this.objects.catalog.all().flatMap((row) => (row.verbs.includes('list') ? row.storage : [])),
    );
    let count = 0;
    for (const storage of storages) count += await this.objects.count(storage);
    this.#count = count;
  }
}
