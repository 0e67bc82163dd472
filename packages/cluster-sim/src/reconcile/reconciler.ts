import { fullJitterDelay } from '@scale-cluster/remotedialer';
import type { ManagedCluster } from '../cluster/managed-cluster.js';
import type { Delayer } from '../delayer.js';
import { errorText } from '../errors.js';
import { plan, type Action } from './plan.js';

export interface ReconcilerOptions {
  /**
   * Does one step. Resolves with milliseconds to wait before the next look at this cluster, or with undefined to look
   * at once; rejects when the step failed and shall be tried again.
   */
  execute(cluster: ManagedCluster, action: Action): Promise<number | undefined>;
  /** After every step and failure: phase, events and metrics follow from the cluster. */
  onStep(cluster: ManagedCluster): void;
  onFailure(cluster: ManagedCluster, action: Action, error: unknown): void;
  delayer: Delayer;
  now: () => number;
  random: () => number;
  /** Range of the delays between tries of a failing step. @default 1 s to 60 s */
  backoff?: { initialMs: number; maxMs: number };
}

/** Even by the luckiest draw, a failed step waits so long. */
const leastDelayMs = 250;

/**
 * Brings every cluster from what is observed to what is desired, one step at a time per cluster and all clusters side
 * by side. A failing step is tried for ever, with growing, jittered delays; it never holds up other clusters.
 */
export class Reconciler {
  /** Clusters that changed while a step of theirs ran, and whether urgently. */
  readonly #again = new Map<ManagedCluster, boolean>();
  readonly #backoff;
  #closed = false;

  constructor(private readonly options: ReconcilerOptions) {
    this.#backoff = options.backoff ?? { initialMs: 1_000, maxMs: 60_000 };
  }

  /**
   * Looks at the cluster soon: something about it has changed. A cluster that waits for a retry keeps waiting, unless
   * the change is `urgent` (a wish of a user, a deletion in Rancher).
   */
  wake(cluster: ManagedCluster, urgent = false): void {
    if (this.#closed) return;
    if (cluster.busy) {
      this.#again.set(cluster, urgent || this.#again.get(cluster) === true);
      return;
    }
    const waitMs = urgent ? 0 : Math.max(0, (cluster.failure?.retryAt ?? 0) - this.options.now());
    this.#later(cluster, waitMs);
  }

  close(): void {
    this.#closed = true;
  }

  #later(cluster: ManagedCluster, delayMs: number): void {
    this.options.delayer.delay(`${cluster.uid}/reconcile`, delayMs, () => {
      if (!cluster.busy && !this.#closed) void this.#run(cluster);
    });
  }

  async #run(cluster: ManagedCluster): Promise<void> {
    cluster.busy = true;
    let waitMs: number | undefined;
    for (;;) {
      const action = plan(cluster.desired, cluster.observed);
      // Nothing left to do: a step that failed before is not needed any more. Tunnels fail and heal by themselves.
      if (action === undefined && cluster.failure?.retryAt !== undefined) cluster.failure = undefined;
      if (action === undefined || this.#closed) break;
      try {
        waitMs = await this.options.execute(cluster, action);
        if (cluster.failure !== undefined && isFailureOf(cluster, action)) cluster.failure = undefined;
      } catch (error) {
        waitMs = this.#failed(cluster, action, error);
      }
      if (this.#closed) return;
      this.options.onStep(cluster);
      if (waitMs !== undefined || action === 'tear-down') break;
    }
    cluster.busy = false;
    const again = this.#again.get(cluster);
    this.#again.delete(cluster);
    this.options.onStep(cluster);
    if (waitMs !== undefined) this.#later(cluster, waitMs);
    // What changed meanwhile may call for another step than the one that waits.
    if (again !== undefined) this.wake(cluster, again);
  }

  #failed(cluster: ManagedCluster, action: Action, error: unknown): number {
    if (this.#closed) return 0;
    const { now, random } = this.options;
    const attempts = isFailureOf(cluster, action) ? (cluster.failure?.attempts ?? 0) : 0;
    const delay = Math.max(leastDelayMs, fullJitterDelay(attempts, this.#backoff, random));
    const at = now();
    cluster.failure = {
      stage: stageOf(action),
      message: errorText(error),
      at,
      attempts: attempts + 1,
      retryAt: at + delay,
    };
    this.options.onFailure(cluster, action, error);
    return delay;
  }
}

function isFailureOf(cluster: ManagedCluster, action: Action): boolean {
  return cluster.failure?.stage === stageOf(action);
}

const stages: Record<Action, string> = {
  register: 'registered',
  'find-in-rancher': 'delete',
  'read-token': 'token',
  provision: 'provisioned',
  'install-agent': 'provisioned',
  'open-tunnels': 'tunnels',
  'check-rancher': 'rancher-watch',
  'delete-in-rancher': 'delete',
  'tear-down': 'delete',
};

/** The name under which failures of a step are shown. */
export function stageOf(action: Action): string {
  return stages[action];
}
