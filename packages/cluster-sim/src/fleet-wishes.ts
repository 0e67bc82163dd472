import { randomUUID } from 'node:crypto';
import { resolveChoice, type ClusterChoice, type ResolvedChoice } from './cluster/choice.js';
import type { ClusterSet } from './cluster/cluster-set.js';
import { ManagedCluster } from './cluster/managed-cluster.js';
import {
  ClusterExistsError,
  ClusterNotFoundError,
  errorText,
  FleetClosedError,
  FleetError,
} from './errors.js';
import type { FleetParts } from './fleet-parts.js';
import { checkClusterName } from './names.js';
import type { CapacityGate } from './preflight/capacity-gate.js';
import type { Settings } from './settings/schema.js';
import type { ClusterRecord } from './state/record.js';
import type { BulkResult } from './views.js';

export interface FleetWishesOptions {
  settings: Settings;
  parts: Pick<FleetParts, 'state' | 'templates'>;
  clusters: ClusterSet;
  capacity: CapacityGate;
  now: () => number;
  /** Has the reconciler look at the cluster; with `urgent` before its next try is due. */
  wake: (cluster: ManagedCluster, urgent?: boolean) => void;
}

/** Which clusters there should be. What is wished is on disk before a call resolves, and comes true by the reconciler. */
export class FleetWishes {
  #closed = false;

  constructor(private readonly options: FleetWishesOptions) {}

  /** Takes no more of them. */
  close(): void {
    this.#closed = true;
  }

  /** See Fleet. */
  async createMany(names: readonly string[], choice: ClusterChoice): Promise<BulkResult[]> {
    const { settings, parts, clusters, capacity, wake } = this.options;
    const resolved = resolveChoice(choice, settings.backend, parts.templates);
    if (!this.#closed) capacity.admit(resolved.backend, names.length);
    const results = names.map((name): BulkResult & { cluster?: ManagedCluster } => {
      try {
        return { name, cluster: this.#record(name, resolved) };
      } catch (error) {
        return { name, error: asFleetError(error) };
      }
    });
    const added = results.flatMap(({ cluster }) => cluster ?? []);
    if (added.length > 0) {
      try {
        await parts.state.save();
      } catch (error) {
        // Not durable is not accepted: it must not come to life either.
        for (const { name } of added) {
          clusters.delete(name);
          void parts.state.remove(name).catch(() => undefined);
        }
        return results.map(({ name, error: own }) => ({ name, error: own ?? asFleetError(error) }));
      }
      for (const cluster of added) {
        clusters.announce(cluster, 'created');
        wake(cluster);
      }
    }
    return results.map(({ name, error }) => (error === undefined ? { name } : { name, error }));
  }

  /** See Fleet. */
  async deleteMany(names: readonly string[]): Promise<BulkResult[]> {
    const { parts, clusters, wake } = this.options;
    const found = names.map((name) => ({ name, cluster: this.#closed ? undefined : clusters.get(name) }));
    const marked = found.flatMap(({ cluster }) => cluster ?? []);
    for (const { record } of marked) {
      record.deleting = true;
      parts.state.putLazily(record);
    }
    let failure: FleetError | undefined;
    if (marked.length > 0) {
      await parts.state.save().catch((error: unknown) => (failure = asFleetError(error)));
    }
    for (const cluster of marked) {
      if (failure !== undefined) {
        delete cluster.record.deleting;
        parts.state.putLazily(cluster.record);
      } else {
        clusters.announce(cluster, 'deleting');
        wake(cluster, true);
      }
    }
    return found.map(({ name, cluster }) => {
      const error = cluster === undefined ? this.#absent(name) : failure;
      return error === undefined ? { name } : { name, error };
    });
  }

  #record(name: string, { nameLimit, ...choice }: ResolvedChoice): ManagedCluster {
    const { parts, clusters, now } = this.options;
    if (this.#closed) throw new FleetClosedError();
    checkClusterName(name, nameLimit.length, nameLimit.why);
    const existing = clusters.get(name);
    if (existing !== undefined) throw new ClusterExistsError(name, existing.record.deleting === true);
    const createdAt = now();
    const record: ClusterRecord = { name, uid: randomUUID(), createdAt, ...choice, stages: {} };
    const cluster = new ManagedCluster(record, createdAt, false);
    clusters.add(cluster);
    parts.state.putLazily(record);
    return cluster;
  }

  #absent(name: string): FleetError {
    return this.#closed ? new FleetClosedError() : new ClusterNotFoundError(name);
  }
}

function asFleetError(error: unknown): FleetError {
  return error instanceof FleetError
    ? error
    : new FleetError('ERR_FLEET_INTERNAL', errorText(error), 500, { cause: error });
}
