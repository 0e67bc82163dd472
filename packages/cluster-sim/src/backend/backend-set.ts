import { errorText, FleetClosedError } from '../errors.js';
import type { Logger } from '../logger.js';
import { backendKinds, type BackendKind } from './backend-kinds.js';
import type { Backend, BackendCluster, BackendStatus, ProvisionRequest } from './backend.js';

/** A cluster of a fleet that mixes backends and templates. */
export interface ClusterRequest extends ProvisionRequest {
  backend: BackendKind;
}

export interface BackendSetOptions {
  /** Makes a backend; called when the first cluster needs it. Clusters of other kinds are not for this set. */
  create: Readonly<Partial<Record<BackendKind, () => Backend>>>;
  /** Whether a crashed run left something that its backend removes as soon as it runs; asked where no cluster needs it. */
  hasLeftovers?: Readonly<Partial<Record<BackendKind, () => Promise<boolean>>>>;
  now: () => number;
  logger: Logger;
}

interface Running {
  backend: Backend;
  adopted: Promise<void>;
}

/** The backends of a fleet, each of them only when a cluster needs it; none waits for another. */
export class BackendSet {
  readonly #running = new Map<BackendKind, Running>();
  readonly #openedAt: number;
  /** Resolves when it is known which clusters exist from before. */
  readonly #begun: Promise<void>;
  #begin = (): void => undefined;
  #closed = false;

  constructor(private readonly options: BackendSetOptions) {
    this.#openedAt = options.now();
    this.#begun = new Promise((resolve) => (this.#begin = resolve));
  }

  /**
   * Begins to bring up the APIs of clusters that existed before a restart; once. What can't be brought back is left to
   * {@link provision}.
   */
  adopt(requests: readonly ClusterRequest[], onAdopted: (cluster: BackendCluster) => void): void {
    for (const kind of backendKinds) {
      const own = requests.filter(({ backend }) => backend === kind);
      if (own.length > 0) this.#start(kind, own, onAdopted);
      else void this.#clear(kind);
    }
    this.#begin();
  }

  /** Resolves when all clusters of the kind that existed before a restart are back, or given up. */
  async adopted(kind: BackendKind): Promise<void> {
    await this.#begun;
    await this.#running.get(kind)?.adopted;
  }

  /** Makes the cluster's API, or gives the one that is there. Rejects with TemplateError and what backends throw. */
  async provision(request: ClusterRequest): Promise<BackendCluster> {
    return (await this.#ready(request.backend)).provision(request);
  }

  /** Removes the API and everything that was stored in it. */
  async remove({ backend, uid }: Pick<ClusterRequest, 'backend' | 'uid'>): Promise<void> {
    await this.#begun;
    // What isn't running has no cluster: it was begun for every cluster that it could have.
    if (this.#running.has(backend)) await (await this.#ready(backend)).remove(uid);
  }

  /** Of all kinds, in a fixed order. */
  statuses(): Record<BackendKind, BackendStatus> {
    return Object.fromEntries(
      backendKinds.map((kind) => [
        kind,
        this.#running.get(kind)?.backend.status() ?? { phase: 'idle', message: '', since: this.#openedAt },
      ]),
    ) as Record<BackendKind, BackendStatus>;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#begin();
    await Promise.all([...this.#running.values()].map(({ backend }) => backend.close()));
  }

  /** The backend with its clusters of before the restart. */
  async #ready(kind: BackendKind): Promise<Backend> {
    await this.#begun;
    if (this.#closed) throw new FleetClosedError();
    const { backend, adopted } = this.#running.get(kind) ?? this.#start(kind, [], () => undefined);
    await adopted;
    return backend;
  }

  /** Runs a backend that nobody needs if there is something for it to remove. */
  async #clear(kind: BackendKind): Promise<void> {
    const isNeeded = (await this.options.hasLeftovers?.[kind]?.()) === true;
    if (isNeeded && !this.#closed && !this.#running.has(kind)) this.#start(kind, [], () => undefined);
  }

  #start(
    kind: BackendKind,
    requests: readonly ProvisionRequest[],
    onAdopted: (cluster: BackendCluster) => void,
  ): Running {
    const backend = this.options.create[kind]?.();
    if (backend === undefined) throw new TypeError(`clusters of ${kind} are not made here`);
    const adopted = backend.adopt(requests, onAdopted).catch((error: unknown) => {
      if (this.#closed) return;
      // Clusters that could not be brought back are made anew, with what their template has.
      this.options.logger.error(
        { backend: kind, error: errorText(error) },
        'clusters of before the restart could not all be brought back',
      );
    });
    const running = { backend, adopted };
    this.#running.set(kind, running);
    return running;
  }
}
