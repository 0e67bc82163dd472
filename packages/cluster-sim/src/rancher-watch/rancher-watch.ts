import { fullJitterDelay } from '@scale-cluster/remotedialer';
import type { RancherClient, RancherCluster } from '@scale-cluster/rancher-client';
import type { Delayer } from '../delayer.js';
import { errorText } from '../errors.js';
import type { Logger } from '../logger.js';

export interface RancherWatchOptions {
  rancher: Pick<RancherClient, 'subscribe' | 'listClusters'>;
  /** Ids of the clusters that should be in Rancher now. */
  expectedIds(): Iterable<string>;
  /** A cluster as Rancher has it now. Called for foreign clusters too, and may be called often. */
  onSeen(seen: RancherCluster): void;
  /** The cluster may be gone: it left, or a complete list lacks it. Only a look at its id can tell. */
  onMissing(id: string): void;
  delayer: Delayer;
  random: () => number;
  logger: Logger;
  /** How often everything is listed although nothing seems wrong, milliseconds. @default 900000 */
  relistMs?: number;
}

const backoff = { initialMs: 1_000, maxMs: 30_000 };

/**
 * Follows the clusters in Rancher: changes through one subscription, and a complete list after each (re)connect,
 * because a subscription has no resume. Nothing here ever decides that a cluster is gone.
 */
export class RancherWatch {
  readonly #abort = new AbortController();
  #subscribed = false;
  #listing = false;
  #listAgain = false;
  #failures = 0;

  constructor(private readonly options: RancherWatchOptions) {}

  get subscribed(): boolean {
    return this.#subscribed;
  }

  start(): void {
    const { rancher, logger } = this.options;
    rancher.subscribe({
      resourceTypes: ['cluster'],
      signal: this.#abort.signal,
      onEvent: ({ name, cluster }) => {
        if (name === 'remove') this.options.onMissing(cluster.id);
        else this.options.onSeen(cluster);
      },
      onConnected: () => {
        this.#subscribed = true;
        logger.info({}, 'subscribed to the clusters of Rancher');
        void this.#relist();
      },
      onDisconnected: (error) => {
        this.#subscribed = false;
        if (!this.#abort.signal.aborted) {
          logger.warn(
            { error: error === undefined ? '' : errorText(error) },
            'lost the subscription to Rancher',
          );
        }
      },
    });
  }

  close(): void {
    this.#abort.abort();
    this.options.delayer.cancel('rancher-watch/relist');
  }

  async #relist(): Promise<void> {
    if (this.#listing) {
      this.#listAgain = true;
      return;
    }
    this.#listing = true;
    const { rancher, logger, random, delayer, relistMs = 900_000 } = this.options;
    let nextMs = relistMs;
    try {
      // Those that come while the list is read may be missing in it for that reason alone.
      const expected = [...this.options.expectedIds()];
      const listed = await rancher.listClusters();
      if (this.#abort.signal.aborted) return;
      this.#failures = 0;
      const present = new Set(listed.map((cluster) => cluster.id));
      for (const cluster of listed) this.options.onSeen(cluster);
      for (const id of expected) if (!present.has(id)) this.options.onMissing(id);
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      nextMs = Math.max(500, fullJitterDelay(this.#failures++, backoff, random));
      logger.warn({ error: errorText(error), retryInMs: nextMs }, 'could not list the clusters of Rancher');
    } finally {
      this.#listing = false;
    }
    if (this.#listAgain) {
      this.#listAgain = false;
      nextMs = 0;
    }
    delayer.cancel('rancher-watch/relist');
    delayer.delay('rancher-watch/relist', nextMs, () => void this.#relist());
  }
}
