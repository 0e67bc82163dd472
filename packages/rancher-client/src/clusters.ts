import type { CreatedVia, RancherCluster } from './cluster.js';
import { parseCluster } from './cluster.js';
import { readCollection } from './collection.js';
import { NotFoundError, RancherError, UnexpectedAnswerError } from './errors.js';
import type { RancherHttp } from './http.js';
import type { ResolvedOptions } from './options.js';
import { waitFor } from './wait.js';

export interface CreateClusterRequest {
  /** RFC 1123 label for the provisioning API; also the display name. */
  name: string;
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
  /**
   * - `provisioning`: `POST /v1/provisioning.cattle.io.clusters`, as Rancher's UI does.
   * - `management`: `POST /v3/clusters`; on Rancher 2.15 such a cluster costs Rancher a write each second.
   * - `auto`: the former, or the latter where the former doesn't exist (404, 405).
   *
   * @default 'auto'
   */
  via?: 'auto' | CreatedVia;
  signal?: AbortSignal;
}

interface ProvisioningCluster {
  annotations: Record<string, string>;
  clusterName: string | undefined;
  deleting: boolean;
}

const provisioningPath = '/v1/provisioning.cattle.io.clusters';

/** Creates, finds and deletes imported clusters over both of Rancher's APIs. */
export class Clusters {
  constructor(
    private readonly http: RancherHttp,
    private readonly options: ResolvedOptions,
  ) {}

  async create(request: CreateClusterRequest): Promise<RancherCluster> {
    if (request.via === 'management') return this.#createManagement(request);
    try {
      return await this.#createProvisioning(request);
    } catch (error) {
      if (request.via === 'provisioning' || !isMissingRoute(error)) throw error;
      return this.#createManagement(request);
    }
  }

  async adopt(
    name: string,
    annotation: { key: string; value: string },
    signal?: AbortSignal,
  ): Promise<RancherCluster | undefined> {
    const ours = (item: { annotations: Record<string, string> }): boolean =>
      item.annotations[annotation.key] === annotation.value;
    const named = await this.list({ name }, signal);
    const found = named.find((cluster) => ours(cluster) && cluster.removed !== true);
    if (found !== undefined) return found;
    // The management cluster may not have been made yet, or not carry the annotation yet.
    const provisioning = await this.#findProvisioning(name, signal);
    if (provisioning === undefined || provisioning.deleting || !ours(provisioning)) return undefined;
    return this.#waitForManagement(name, signal);
  }

  async get(id: string, signal?: AbortSignal): Promise<RancherCluster | undefined> {
    const path = `/v3/clusters/${encodeURIComponent(id)}`;
    const value = await unlessNotFound(this.http.getJson(path, { signal }));
    return value === undefined ? undefined : required(`GET ${path}`, value);
  }

  async list(filter: ClusterFilter = {}, signal?: AbortSignal): Promise<RancherCluster[]> {
    const query = new URLSearchParams({ limit: String(this.options.pageSize) });
    if (filter.name !== undefined) query.set('name', filter.name);
    if (filter.namePrefix !== undefined) query.set('name_prefix', filter.namePrefix);
    const items = await readCollection(this.http, `/v3/clusters?${query.toString()}`, signal);
    return items.map((item) => required('GET /v3/clusters', item));
  }

  async delete(cluster: { id: string; name: string; via: CreatedVia }, signal?: AbortSignal): Promise<void> {
    if (cluster.via === 'provisioning') {
      // Names can be used again: only the object that stands for this very cluster is deleted by its name.
      const provisioning = await this.#findProvisioning(cluster.name, signal);
      if (provisioning?.clusterName === cluster.id) {
        await unlessNotFound(this.http.send('DELETE', this.#provisioningObject(cluster.name), { signal }));
        return;
      }
    }
    await unlessNotFound(
      this.http.send('DELETE', `/v3/clusters/${encodeURIComponent(cluster.id)}`, { signal }),
    );
  }

  async #createManagement(request: CreateClusterRequest): Promise<RancherCluster> {
    const { name, annotations, labels, signal } = request;
    const body = { type: 'cluster', name, annotations, labels };
    return required('POST /v3/clusters', await this.http.json('POST', '/v3/clusters', { body, signal }));
  }

  async #createProvisioning(request: CreateClusterRequest): Promise<RancherCluster> {
    const { name, annotations, labels, signal } = request;
    const body = {
      type: 'provisioning.cattle.io.cluster',
      metadata: { namespace: this.options.workspace, name, annotations, labels },
      spec: {},
    };
    await this.http.send('POST', provisioningPath, { body, signal });
    return this.#waitForManagement(name, signal);
  }

  /** The management cluster of a provisioning cluster; Rancher makes it about 2 s later. */
  #waitForManagement(name: string, signal: AbortSignal | undefined): Promise<RancherCluster> {
    return waitFor(
      `the management cluster of "${name}"`,
      async () => {
        const provisioning = await this.#findProvisioning(name, signal);
        if (provisioning === undefined) {
          throw new NotFoundError('NotFound', `The provisioning cluster "${name}" was deleted meanwhile.`, {
            status: 404,
          });
        }
        return provisioning.clusterName === undefined
          ? undefined
          : this.get(provisioning.clusterName, signal);
      },
      this.options,
      this.http.closedSignal,
      signal,
    );
  }

  async #findProvisioning(name: string, signal?: AbortSignal): Promise<ProvisioningCluster | undefined> {
    const value = await unlessNotFound(this.http.getJson(this.#provisioningObject(name), { signal }));
    return value === undefined ? undefined : parseProvisioning(value);
  }

  #provisioningObject(name: string): string {
    return `${provisioningPath}/${encodeURIComponent(this.options.workspace)}/${encodeURIComponent(name)}`;
  }
}

export interface ClusterFilter {
  /** Exact display name. */
  name?: string;
  namePrefix?: string;
}

function parseProvisioning(value: unknown): ProvisioningCluster {
  const raw = value as {
    metadata?: { annotations?: Record<string, string> | null; deletionTimestamp?: string | null };
    status?: { clusterName?: unknown } | null;
  };
  const clusterName = raw.status?.clusterName;
  return {
    annotations: raw.metadata?.annotations ?? {},
    clusterName: typeof clusterName === 'string' && clusterName !== '' ? clusterName : undefined,
    deleting: raw.metadata?.deletionTimestamp != null,
  };
}

/** The route itself is unknown, or refuses the method: an old Rancher, or one without provisioning. */
function isMissingRoute(error: unknown): boolean {
  return (
    error instanceof RancherError &&
    error.request === `POST ${provisioningPath}` &&
    (error.status === 404 || error.status === 405)
  );
}

async function unlessNotFound<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

function required(request: string, value: unknown): RancherCluster {
  const cluster = parseCluster(value);
  if (cluster !== undefined) return cluster;
  throw new UnexpectedAnswerError('ERR_RANCHER_ANSWER', `${request}: the answer is not a cluster.`, {
    request,
  });
}
