import type { CreatedVia, RancherCluster } from './cluster.js';
import type { ClusterFilter, CreateClusterRequest } from './clusters.js';
import { Clusters } from './clusters.js';
import { RancherHttp, settingValue } from './http.js';
import type { RancherClientOptions } from './options.js';
import { resolveOptions } from './options.js';
import type { RegistrationToken } from './registration-tokens.js';
import { manifestPath, RegistrationTokens } from './registration-tokens.js';
import type { SubscribeOptions } from './subscription.js';
import { runSubscription } from './subscription.js';
import type { Trust } from './trust.js';

/** A call that can be given up. */
export interface CallOptions {
  signal?: AbortSignal;
}

/**
 * Rancher's API for importing clusters, for one server and one token. Safe to use from many places at once: requests
 * beyond `maxConnections` wait in line.
 *
 * Every call throws {@link RancherError}s. 429, 5xx and lost connections have been retried before that, with full
 * jitter; other answers are never retried. An aborted `signal` rejects with its reason.
 */
export class RancherClient {
  /** Without a slash at the end. */
  readonly url: string;
  readonly #options;
  readonly #http: RancherHttp;
  readonly #clusters: Clusters;
  readonly #tokens: RegistrationTokens;

  /** @throws OptionsError */
  constructor(options: RancherClientOptions) {
    this.#options = resolveOptions(options);
    this.url = this.#options.url;
    this.#http = new RancherHttp(this.#options);
    this.#clusters = new Clusters(this.#http, this.#options);
    this.#tokens = new RegistrationTokens(this.#http, this.#options);
  }

  /**
   * How to verify this Rancher, for other connections to it as well (the `wss` of the tunnels). Found out once, at the
   * first call of any method.
   */
  trust(): Promise<Trust> {
    return this.#http.trust();
  }

  /**
   * Creates an imported cluster and waits until its management id is known.
   *
   * @throws AlreadyExistsError if the name is taken, perhaps by an earlier try of this very call: then ask
   *   {@link adoptCluster} with the annotation given here
   */
  createCluster(request: CreateClusterRequest): Promise<RancherCluster> {
    return this.#clusters.create(request);
  }

  /** The cluster of this name if it carries our annotation and isn't being deleted; undefined if there is none. */
  adoptCluster(
    name: string,
    annotation: { key: string; value: string },
    options: CallOptions = {},
  ): Promise<RancherCluster | undefined> {
    return this.#clusters.adopt(name, annotation, options.signal);
  }

  /** Undefined only when Rancher says 404; every other failure throws. */
  getCluster(id: string, options: CallOptions = {}): Promise<RancherCluster | undefined> {
    return this.#clusters.get(id, options.signal);
  }

  /** All clusters that match, over all pages. Throws rather than answer a part of them. */
  listClusters(filter: ClusterFilter = {}, options: CallOptions = {}): Promise<RancherCluster[]> {
    return this.#clusters.list(filter, options.signal);
  }

  /** Asks Rancher to delete the cluster; it is gone when {@link getCluster} says undefined. 404 is success. */
  deleteCluster(
    cluster: { id: string; name: string; via: CreatedVia },
    options: CallOptions = {},
  ): Promise<void> {
    return this.#clusters.delete(cluster, options.signal);
  }

  /**
   * The token by which the cluster's agent registers; waits for it, and makes one if Rancher doesn't. Read anew at each
   * call.
   *
   * @param options.fresh after a refused token: takes none that has expired, but waits for the rotated one
   */
  registrationToken(
    clusterId: string,
    options: CallOptions & { fresh?: boolean } = {},
  ): Promise<RegistrationToken> {
    return this.#tokens.read(clusterId, options);
  }

  /** The YAML that `kubectl apply` would be given to import the cluster. */
  async importManifest(token: string, clusterId: string, options: CallOptions = {}): Promise<string> {
    const answer = await this.#http.send('GET', manifestPath(token, clusterId), {
      signal: options.signal,
      authenticated: false,
      secrets: [token],
    });
    return answer.text;
  }

  /** The value of a setting (`server-url`, `cacerts`, `server-version`, …), `''` if it is empty. */
  async setting(name: string, options: CallOptions = {}): Promise<string> {
    return settingValue(await this.#http.getJson(`/v3/settings/${encodeURIComponent(name)}`, options));
  }

  /** Follows changes of clusters until `signal` is aborted, reconnecting for ever. Throws nothing. */
  subscribe(options: SubscribeOptions): void {
    void runSubscription(this.#http, this.#options, options);
  }

  /** Ends all requests, waits and subscriptions; calls after it reject. */
  close(): Promise<void> {
    return this.#http.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
