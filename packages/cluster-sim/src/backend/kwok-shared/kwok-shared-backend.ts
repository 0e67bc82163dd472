import { join } from 'node:path';
import { KwokctlDriver } from '@scale-cluster/kwok-driver';
import { FleetClosedError, FleetError } from '../../errors.js';
import { Journal } from '../../journal/journal.js';
import type { BackendContext } from '../backend-context.js';
import type { Backend, BackendCluster, BackendStatus, ProvisionRequest } from '../backend.js';
import { auditPolicy, kwokBinaries, kwokFolder } from '../kwok/kwok-settings.js';
import { PortPool } from '../kwok/port-pool.js';
import { MemoryBackend } from '../memory-backend.js';
import { MainCluster } from './main-cluster.js';
import type { MainDriver } from './main-diagnosis.js';
import { Syncer } from './syncer.js';

export interface KwokSharedOptions {
  /** A kubeconfig that gets the context `kwok-<MainClusterName>`. @default none */
  kubeconfig?: string;
  /** @default kwokctl as the settings say */
  driver?: MainDriver;
  /** How often the main cluster is looked at. @default 3000 */
  checkIntervalMs?: number;
}

/** How long a step for one cluster waits for the main cluster before it is given back to be tried again. */
const provisionWaitMs = 60_000;
const removeWaitMs = 20_000;

/**
 * One real cluster in which KWOK runs the nodes and pods of all logical clusters, each of them in a namespace of its
 * own there. The APIs of the logical clusters are in this process, as those of the memory backend; a syncer keeps their
 * nodes and pods equal to those of the main cluster, and none of them sees another's.
 */
export class KwokSharedBackend implements Backend {
  readonly kind = 'kwok-shared';
  readonly #syncer: Syncer;
  readonly #main: MainCluster;
  #memory: MemoryBackend | undefined;
  #journal: Journal | undefined;
  readonly #abort = new AbortController();

  constructor(
    private readonly context: Omit<BackendContext, 'journal'>,
    options: KwokSharedOptions = {},
  ) {
    const { settings, now, random, logger } = context;
    const syncer = new Syncer({ now, random, logger });
    this.#syncer = syncer;
    this.#main = new MainCluster({
      driver:
        options.driver ??
        new KwokctlDriver({
          workDir: kwokFolder(settings),
          binaries: kwokBinaries(settings),
          onCommand: (command) => logger.debug({ command }, 'running'),
        }),
      name: settings.mainClusterName,
      apiPort: settings.mainAPIPort,
      auditPolicy: auditPolicy(settings),
      kubeconfig: options.kubeconfig,
      ports: new PortPool({ random }),
      onReady: (connection) => syncer.connect(connection),
      onAway: () => syncer.disconnect(),
      now,
      logger,
      ...(options.checkIntervalMs === undefined ? {} : { checkIntervalMs: options.checkIntervalMs }),
    });
  }

  status(): BackendStatus {
    return this.#main.status();
  }

  /** Clusters answer before the main cluster does; what is to be done there waits for it. */
  async adopt(
    requests: readonly ProvisionRequest[],
    onAdopted: (cluster: BackendCluster) => void,
  ): Promise<void> {
    const { settings, logger } = this.context;
    this.#syncer.expect(requests.map(({ uid }) => uid));
    this.#main.start();
    this.#journal = await Journal.open({ folder: join(settings.home, 'journal-kwok-shared'), logger });
    this.#memory = new MemoryBackend(
      { ...this.context, journal: this.#journal },
      { kubelet: 'external', onCluster: (cluster) => this.#syncer.attach(cluster) },
    );
    await this.#memory.adopt(requests, onAdopted);
  }

  /**
   * Resolves when the cluster's nodes and pods are in the main cluster. Rejects with FleetError when that takes too long,
   * and says how the main cluster is; the cluster is on its way nevertheless.
   */
  async provision(request: ProvisionRequest): Promise<BackendCluster> {
    if (this.#memory === undefined) throw new FleetClosedError();
    this.#syncer.expect([request.uid]);
    const cluster = await this.#memory.provision(request);
    const timeout = AbortSignal.timeout(provisionWaitMs);
    try {
      await this.#syncer.whenMirrored(request.uid, AbortSignal.any([timeout, this.#abort.signal]));
    } catch {
      if (this.#abort.signal.aborted) throw new FleetClosedError();
      const { phase, message } = this.#main.status();
      const what = phase === 'ready' ? 'has not taken all nodes and pods yet' : `is not ready: ${message}`;
      throw new FleetError('ERR_FLEET_MAIN_CLUSTER', `the main cluster ${what}`, 503);
    }
    return cluster;
  }

  /** What there is in the main cluster goes when it can: at once as a rule, later when it is away. */
  async remove(uid: string): Promise<void> {
    await this.#memory?.remove(uid);
    this.#syncer.detach(uid);
    const timeout = AbortSignal.timeout(removeWaitMs);
    await this.#syncer
      .whenRemoved(uid, AbortSignal.any([timeout, this.#abort.signal]))
      .catch(() => undefined);
  }

  /** The main cluster goes on running, and is taken over by the next start. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#syncer.close();
    await this.#main.close();
    await this.#memory?.close();
    await this.#journal?.close();
  }
}
