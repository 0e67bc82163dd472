import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { errorText, FleetClosedError, FleetError } from '../../errors.js';
import { Limiter } from '../../reconcile/limiter.js';
import type { Pki } from '../../pki/pki.js';
import type { Settings } from '../../settings/schema.js';
import type { TemplateSet } from '../../template/template-set.js';
import type { BackendContext } from '../backend-context.js';
import type { Backend, BackendCluster, BackendPhase, BackendStatus, ProvisionRequest } from '../backend.js';
import type { ClusterNote } from './cluster-note.js';
import { DedicatedCluster } from './dedicated-cluster.js';
import { KwokClusters, kwokName, type KwokClustersOptions } from './kwok-clusters.js';
import { populate, renderObjects } from './populate.js';

export interface KwokDedicatedOptions extends Pick<
  BackendContext,
  'now' | 'random' | 'logger' | 'onRequest'
> {
  settings: KwokClustersOptions['settings'] & Pick<Settings, 'kwokConcurrentCreates'>;
  templates: Pick<TemplateSet, 'get'>;
  pki: Pick<Pki, 'caCert'>;
  /** Lets faults into a cluster's requests; see `ApiProxyOptions.admit`. */
  admit?: (cluster: string, request: IncomingMessage) => Promise<void> | undefined;
  /** How often all clusters' processes are looked at. @default 5000 */
  checkIntervalMs?: number;
}

interface Attached {
  request: ProvisionRequest;
  note: ClusterNote;
  cluster: DedicatedCluster;
  view: BackendCluster;
}

/** What died of a cluster is started again not more often. */
const repairPauseMs = 5_000;
const readyWithinMs = 60_000;
const readyPollMs = 100;

/** A real etcd, kube-apiserver and KWOK for each cluster, made by kwokctl. */
export class KwokDedicatedBackend implements Backend {
  readonly kind = 'kwok-dedicated';
  readonly #kwok: KwokClusters;
  readonly #limiter: Limiter;
  readonly #clusters = new Map<string, Attached>();
  /** What is done last for each kwokctl cluster: nothing happens to one at the same time. */
  readonly #lines = new Map<string, Promise<unknown>>();
  readonly #repairs = new Set<string>();
  /** Why clusters can't be brought up at the moment, by uid. */
  readonly #failures = new Map<string, string>();
  readonly #abort = new AbortController();
  #status: BackendStatus;

  constructor(private readonly options: KwokDedicatedOptions) {
    const { settings, logger, random, now } = options;
    this.#kwok = new KwokClusters({ settings, random, logger, signal: this.#abort.signal });
    this.#limiter = new Limiter(settings.kwokConcurrentCreates);
    this.#status = { phase: 'starting', message: '', since: now() };
  }

  status(): BackendStatus {
    const { running, waiting } = this.#limiter;
    if (this.#status.phase !== 'ready' || running === 0) return this.#status;
    return { ...this.#status, message: `being made or started: ${running}, waiting: ${waiting}` };
  }

  /**
   * Takes over the clusters that still run. Stopped and half-made ones are left to {@link provision}; those that nobody
   * asks for are removed in the background.
   */
  async adopt(
    requests: readonly ProvisionRequest[],
    onAdopted: (cluster: BackendCluster) => void,
  ): Promise<void> {
    const wanted = new Set(requests.map(({ uid }) => kwokName(uid)));
    for (const name of await this.#kwok.present()) {
      if (!wanted.has(name)) this.#removeLeftover(name);
      else await this.#kwok.keepPorts(name);
    }
    this.#be('ready');
    void this.#lookAfter();
    await Promise.all(
      requests.map(async (request) => {
        try {
          const cluster = await this.#inLine(kwokName(request.uid), () => this.#takeOver(request));
          if (cluster !== undefined) onAdopted(cluster);
        } catch (error) {
          this.options.logger.warn(
            { cluster: request.name, error: errorText(error) },
            'running cluster could not be taken over yet',
          );
        }
      }),
    );
  }

  async provision(request: ProvisionRequest): Promise<BackendCluster> {
    try {
      const cluster = await this.#inLine(kwokName(request.uid), async () => {
        const present = this.#clusters.get(request.uid)?.view;
        return present ?? this.#limiter.run(() => this.#bringUp(request));
      });
      this.#settle(request.uid);
      return cluster;
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#settle(request.uid, `${request.name}: ${errorText(error)}`);
      throw error;
    }
  }

  async remove(uid: string): Promise<void> {
    const name = kwokName(uid);
    await this.#inLine(name, async () => {
      await this.#detach(uid);
      await this.#kwok.destroy(name);
    });
    this.#settle(uid);
  }

  /** Clusters run on, so that the next start finds them as they are; creations that are under way are given up. */
  async close(): Promise<void> {
    this.#abort.abort(new FleetClosedError());
    await Promise.allSettled(this.#lines.values());
    const running = this.#clusters.size;
    await Promise.all([...this.#clusters.keys()].map((uid) => this.#detach(uid)));
    if (running > 0)
      this.options.logger.info({ clusters: running }, 'KWOK clusters run on until the next start');
  }

  #removeLeftover(name: string): void {
    const { logger } = this.options;
    logger.warn({ kwokCluster: name }, 'removing a KWOK cluster that a crashed run left');
    this.#inLine(name, () => this.#kwok.destroy(name)).catch((error: unknown) => {
      logger.error({ kwokCluster: name, error: errorText(error) }, 'KWOK cluster could not be removed');
    });
  }

  /** One that runs in full and is ready, else undefined. */
  async #takeOver(request: ProvisionRequest): Promise<BackendCluster | undefined> {
    const name = kwokName(request.uid);
    const note = await this.#kwok.note(name);
    if (note?.populated !== true || !(await this.#kwok.runsInFull(name, note))) return undefined;
    const cluster = await this.#connect(request, note);
    if (!(await cluster.isReady())) {
      await cluster.close();
      return undefined;
    }
    return this.#attach(request, note, cluster);
  }

  async #bringUp(request: ProvisionRequest): Promise<BackendCluster> {
    if (this.#abort.signal.aborted) throw new FleetClosedError();
    const { logger } = this.options;
    const name = kwokName(request.uid);
    const template = this.options.templates.get(request.template);
    let note = await this.#kwok.note(name);
    if (note === undefined) {
      note = await this.#kwok.create(name, request, template);
    } else if (!(await this.#kwok.runsInFull(name, note))) {
      logger.info({ cluster: request.name, kwokCluster: name }, 'starting a stopped KWOK cluster');
      await this.#kwok.start(name);
    }
    const cluster = await this.#connect(request, note);
    try {
      await this.#until(() => cluster.isReady(), 'the kube-apiserver does not get ready');
      if (!note.populated) {
        await cluster.objects.refreshCatalog();
        const refusals = await populate(cluster.objects, renderObjects(template.objects, request.name));
        for (const refusal of refusals)
          logger.warn({ cluster: request.name, ...refusal }, 'object of the template was refused');
        if (note.controllerManager)
          await this.#until(
            () => cluster.isControlled(),
            'the kube-controller-manager does not begin to work',
          );
        await this.#kwok.writeNote(name, { ...note, populated: true });
      }
      return await this.#attach(request, note, cluster);
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  async #connect(request: ProvisionRequest, note: ClusterNote): Promise<DedicatedCluster> {
    const { pki, now, random, logger, onRequest, admit } = this.options;
    return new DedicatedCluster({
      request,
      credentials: await this.#kwok.credentials(kwokName(request.uid)),
      caCert: pki.caCert,
      smallControllers: !note.controllerManager,
      now,
      random,
      logger,
      onRequest,
      onUnreachable: () => this.#repair(request),
      ...(admit === undefined ? {} : { admit: (incoming) => admit(request.name, incoming) }),
    });
  }

  async #attach(
    request: ProvisionRequest,
    note: ClusterNote,
    cluster: DedicatedCluster,
  ): Promise<BackendCluster> {
    await cluster.open();
    const view = cluster.view();
    this.#clusters.set(request.uid, { request, note, cluster, view });
    return view;
  }

  async #detach(uid: string): Promise<void> {
    const attached = this.#clusters.get(uid);
    this.#clusters.delete(uid);
    await attached?.cluster.close();
  }

  async #until(condition: () => Promise<boolean>, failure: string): Promise<void> {
    for (let waited = 0; waited < readyWithinMs; waited += readyPollMs) {
      if (await condition()) return;
      await delay(readyPollMs, undefined, { signal: this.#abort.signal });
    }
    throw new FleetError('ERR_FLEET_KWOK_NOT_READY', failure, 500);
  }

  /** Finds dead components that no request meets, such as a scheduler: one loop for all clusters. */
  async #lookAfter(): Promise<void> {
    const { checkIntervalMs = 5_000 } = this.options;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await delay(checkIntervalMs, undefined, { signal, ref: false }).catch(() => undefined);
      for (const { request, note } of [...this.#clusters.values()]) {
        if (signal.aborted) return;
        if (!(await this.#kwok.runsInFull(kwokName(request.uid), note))) this.#repair(request);
      }
    }
  }

  /** Starts what died of a cluster. A request that finds no kube-apiserver tells at once: Rancher asks all the time. */
  #repair(request: ProvisionRequest): void {
    const { logger } = this.options;
    const { uid } = request;
    if (this.#repairs.has(uid) || this.#abort.signal.aborted) return;
    this.#repairs.add(uid);
    const name = kwokName(uid);
    this.#inLine(name, async () => {
      const note = await this.#kwok.note(name);
      if (!this.#clusters.has(uid) || note === undefined || (await this.#kwok.runsInFull(name, note))) return;
      logger.warn({ cluster: request.name, kwokCluster: name }, 'a KWOK component died, starting it again');
      this.#be('repairing', `starting what died of cluster ${request.name}`);
      await this.#kwok.start(name);
      this.#settle(uid);
      logger.info({ cluster: request.name, kwokCluster: name }, 'KWOK cluster runs again');
    })
      .catch((error: unknown) => {
        if (this.#abort.signal.aborted) return;
        this.#settle(uid, `${request.name}: ${errorText(error)}`);
        logger.error(
          { cluster: request.name, error: errorText(error) },
          'KWOK cluster could not be repaired yet',
        );
      })
      .then(() => delay(repairPauseMs, undefined, { signal: this.#abort.signal, ref: false }))
      .catch(() => undefined)
      .finally(() => this.#repairs.delete(uid));
  }

  /** A cluster came up or went (no failure), or didn't come up. */
  #settle(uid: string, failure?: string): void {
    if (failure === undefined) this.#failures.delete(uid);
    else this.#failures.set(uid, failure);
    const [first] = this.#failures.values();
    if (first === undefined) this.#be('ready');
    else this.#be('failed', first);
  }

  #be(phase: BackendPhase, message = ''): void {
    if (this.#status.phase === phase && this.#status.message === message) return;
    const { since } = this.#status;
    this.#status = { phase, message, since: this.#status.phase === phase ? since : this.options.now() };
  }

  /** Runs after what was begun before for this kwokctl cluster. */
  async #inLine<T>(name: string, task: () => Promise<T>): Promise<T> {
    const before = this.#lines.get(name) ?? Promise.resolve();
    const own = before.then(task, task);
    this.#lines.set(name, own);
    try {
      return await own;
    } finally {
      if (this.#lines.get(name) === own) this.#lines.delete(name);
    }
  }
}
