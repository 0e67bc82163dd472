import type { ManagedCluster } from '../cluster/managed-cluster.js';
import type { Delayer } from '../delayer.js';
import { errorText } from '../errors.js';
import type { Logger } from '../logger.js';
import type { ChurnView } from '../views.js';
import { churnNames, type ChurnName, type ChurnRates } from './kinds.js';

export interface ChurnOptions {
  rates: ChurnRates;
  /** All clusters, always in the same order. */
  clusters: () => readonly ManagedCluster[];
  delayer: Pick<Delayer, 'delay'>;
  now: () => number;
  /** The cluster has objects of churn now, or none any more. */
  onChurned: (cluster: ManagedCluster, churned: boolean) => void;
  logger: Logger;
}

const tickMs = 100;
/** What was not done in time is left out beyond this: a pause must not be followed by a burst. */
const longestDebtSec = 1;

/**
 * Has objects come and go in the Active clusters, in turn and evenly over time, at rates that count for the whole fleet
 * however many clusters there are. One timer for all. Without any rate it clears away what an earlier run has left.
 */
export class Churn {
  readonly #due: ChurnRates = { pods: 0, namespaces: 0, rbac: 0, events: 0 };
  readonly #cursor: Record<ChurnName, number> = { pods: 0, namespaces: 0, rbac: 0, events: 0 };
  readonly #perSec: number;
  #tickedAt: number;
  #writes = 0;
  #failures = 0;
  #toldOfOthers = false;

  constructor(private readonly options: ChurnOptions) {
    this.#perSec = churnNames.reduce((sum, name) => sum + options.rates[name], 0);
    this.#tickedAt = options.now();
  }

  get view(): ChurnView {
    return { perSec: this.#perSec, writes: this.#writes, failures: this.#failures };
  }

  start(): void {
    if (this.#perSec > 0) this.#tick();
    else this.#clear();
  }

  #tick(): void {
    const { rates, now, delayer } = this.options;
    const elapsedSec = Math.max(0, now() - this.#tickedAt) / 1000;
    this.#tickedAt = now();
    for (const name of churnNames) {
      const rate = rates[name];
      if (rate === 0) continue;
      this.#due[name] = Math.min(this.#due[name] + rate * elapsedSec, Math.max(1, rate * longestDebtSec));
      for (; this.#due[name] >= 1; this.#due[name] -= 1) this.#change(name);
    }
    delayer.delay('churn', tickMs, () => this.#tick());
  }

  /** One write in the cluster whose turn it is. */
  #change(name: ChurnName): void {
    const { logger, now, onChurned } = this.options;
    const cluster = this.#nextCluster(name);
    if (cluster === undefined) return;
    if (cluster.record.churned !== true) onChurned(cluster, true);
    cluster.hosted?.churn(name, now()).then(
      (done) => (this.#writes += done ? 1 : 0),
      (error: unknown) => {
        this.#failures += 1;
        logger.debug({ cluster: cluster.name, churn: name, error: errorText(error) }, 'churn failed');
      },
    );
  }

  #nextCluster(name: ChurnName): ManagedCluster | undefined {
    const clusters = this.options.clusters();
    for (let seen = 0; seen < clusters.length; seen++) {
      const cluster = clusters[this.#cursor[name]++ % clusters.length];
      if (cluster === undefined || cluster.phase !== 'active' || cluster.hosted === undefined) continue;
      if (cluster.record.backend !== 'kwok-dedicated') return cluster;
      this.#tellOfOthers();
    }
    return undefined;
  }

  #tellOfOthers(): void {
    if (this.#toldOfOthers) return;
    this.#toldOfOthers = true;
    this.options.logger.info(
      {},
      'churn leaves out clusters of kwok-dedicated: their APIs are other processes',
    );
  }

  /** One cluster per tick, until none has anything left. */
  #clear(): void {
    const { clusters, delayer, onChurned, logger } = this.options;
    const left = clusters().filter(({ record }) => record.churned === true);
    if (left.length === 0) return;
    const next = left.find(({ phase, hosted }) => phase === 'active' && hosted !== undefined);
    (next?.hosted?.clearChurn() ?? Promise.resolve())
      .then(() => {
        if (next !== undefined) onChurned(next, false);
      })
      .catch((error: unknown) =>
        logger.debug({ cluster: next?.name, error: errorText(error) }, 'churn could not be cleared away'),
      )
      .finally(() => delayer.delay('churn', next === undefined ? 1_000 : tickMs, () => this.#clear()));
  }
}
