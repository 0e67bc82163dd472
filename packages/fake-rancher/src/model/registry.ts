import { EventEmitter } from 'node:events';
import { ApiError } from '../errors.js';
import { randomName } from '../random.js';
import { ManagementCluster, type NewCluster, type RegistrationToken } from './cluster.js';

/**
 * All clusters of this Rancher, with the indexes by which they are found.
 *
 * Events: `change` (cluster) after anything that the API shows; `remove` (cluster) when it is gone.
 */
export class Registry extends EventEmitter<{ change: [ManagementCluster]; remove: [ManagementCluster] }> {
  readonly #byId = new Map<string, ManagementCluster>();
  readonly #byName = new Map<string, ManagementCluster>();
  readonly #byToken = new Map<string, { cluster: ManagementCluster; token: RegistrationToken }>();

  constructor() {
    super();
    this.setMaxListeners(0); // one listener per subscriber
  }

  /**
   * Adds a cluster. Names are unique without regard to case among clusters that are not being removed (rancher
   * api/norman/store/cluster `canUseClusterName`); undefined when the name is taken.
   */
  create(request: NewCluster): ManagementCluster | undefined {
    const key = request.name.toLowerCase();
    if (this.#byName.has(key)) return undefined;
    const id = this.#newId(request.via);
    const cluster = new ManagementCluster(id, request, Date.now());
    cluster.onChange = () => {
      if (cluster.published && !cluster.gone) this.emit('change', cluster);
    };
    this.#byId.set(id, cluster);
    this.#byName.set(key, cluster);
    return cluster;
  }

  /** A management cluster that exists; unpublished ones do not yet. */
  get(id: string): ManagementCluster | undefined {
    const cluster = this.#byId.get(id);
    return cluster?.published ? cluster : undefined;
  }

  /** Like {@link get}, but a missing one is norman's 404. */
  need(id: string): ManagementCluster {
    const cluster = this.get(id);
    if (!cluster) throw new ApiError(404, 'NotFound', `clusters.management.cattle.io "${id}" not found`);
    return cluster;
  }

  /** Published clusters in the order of their creation. */
  list(): ManagementCluster[] {
    return [...this.#byId.values()].filter((cluster) => cluster.published);
  }

  /** Every provisioning cluster, also those without a management cluster so far. */
  listProvisioning(): ManagementCluster[] {
    return [...this.#byId.values()];
  }

  findProvisioning(workspace: string, name: string): ManagementCluster | undefined {
    const byName = this.#byName.get(name.toLowerCase());
    const matches = (cluster: ManagementCluster): boolean =>
      cluster.workspace === workspace && cluster.provisioningName === name;
    if (byName && matches(byName)) return byName;
    return [...this.#byId.values()].find(matches);
  }

  /** Gives a cluster a new token; an older one of that name keeps working for `graceMs`. */
  addToken(cluster: ManagementCluster, name: string, graceMs = 0): RegistrationToken {
    const old = cluster.currentToken(name);
    if (old) old.expiresAt = Date.now() + graceMs;
    const token: RegistrationToken = { name, value: randomName(54) };
    cluster.tokens.push(token);
    this.#byToken.set(token.value, { cluster, token });
    return token;
  }

  /** The cluster that a registration token opens; undefined for unknown and expired ones. */
  clusterByToken(value: string): ManagementCluster | undefined {
    const entry = this.#byToken.get(value);
    if (!entry) return undefined;
    const { expiresAt } = entry.token;
    return expiresAt !== undefined && Date.now() > expiresAt ? undefined : entry.cluster;
  }

  /** Marks a cluster as being removed: its name is free again. False when it already was. */
  beginRemoval(cluster: ManagementCluster): boolean {
    if (cluster.removedAt !== undefined) return false;
    cluster.removedAt = Date.now();
    if (this.#byName.get(cluster.name.toLowerCase()) === cluster)
      this.#byName.delete(cluster.name.toLowerCase());
    cluster.onChange();
    return true;
  }

  /** Forgets a cluster for good, its tokens included. */
  forget(cluster: ManagementCluster): void {
    cluster.gone = true;
    this.#byId.delete(cluster.id);
    for (const token of cluster.tokens) this.#byToken.delete(token.value);
    this.emit('remove', cluster);
  }

  #newId(via: NewCluster['via']): string {
    for (;;) {
      const id = via === 'provisioning' ? `c-m-${randomName(8)}` : `c-${randomName(5)}`;
      if (!this.#byId.has(id)) return id;
    }
  }
}
