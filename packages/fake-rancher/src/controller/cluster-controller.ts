import { setMaxListeners } from 'node:events';
import { messageOf } from '../errors.js';
import { KubeClient } from '../kube/client.js';
import { paths } from '../kube/paths.js';
import type { AgentParams, ManagementCluster } from '../model/cluster.js';
import type { Semaphore } from '../semaphore.js';
import { ClusterLink, type LinkEnvironment } from '../tunnels/cluster-link.js';
import { cleanUp } from './cleanup.js';
import { deployAgent } from './deploy.js';
import { Impersonator } from './impersonation.js';
import { NamespaceController } from './namespaces.js';
import { readNodeStats } from './node-stats.js';
import { detectProvider } from './provider.js';
import { Reflector } from './reflector.js';
import { writeRoleTemplates } from './role-templates.js';
import { readVersion } from './version.js';
import { watchSpecs } from './watch-list.js';

/** Rancher's caches must have their initial state within this time (clustermanager `doStart`). */
const syncTimeoutMs = 10 * 60_000;
/** The API probe calls a cluster unavailable at its third failure. */
const failuresUntilUnavailable = 3;
/** Quiet period of clusterstats before nodes are counted again. */
const nodeStatsDelayMs = 10_000;
const healthTries = 3;

export interface ControllerEnvironment extends LinkEnvironment {
  readonly starts: Semaphore;
  readonly applies: Semaphore;
  /** Name of the one user of this server. */
  readonly administrator: string;
  readonly manifest: { url: string; caChecksum: string; installUuid: string };
  readonly systemToken: (cluster: ManagementCluster) => string;
}

/** Does to one cluster, through its tunnel, what Rancher's per-cluster controllers do, for one set of params. */
export class ClusterController {
  readonly cluster: ManagementCluster;
  readonly params: AgentParams;
  readonly link: ClusterLink;
  readonly impersonator: Impersonator;
  /** When the next health check is due, ms on the clock of Date.now; undefined until the caches are filled. */
  healthDueAt: number | undefined;

  readonly #environment: ControllerEnvironment;
  readonly #client: KubeClient;
  readonly #ending = new AbortController();
  readonly #reflectors = new Map<string, Reflector>();
  #statsWanted = false;
  #detecting = false;

  constructor(cluster: ManagementCluster, params: AgentParams, environment: ControllerEnvironment) {
    this.cluster = cluster;
    this.params = params;
    this.#environment = environment;
    // Every watch and every wait listens to it.
    setMaxListeners(0, this.#ending.signal);
    this.link = new ClusterLink(cluster, params, environment, this.#ending.signal);
    this.#client = new KubeClient(this.link);
    for (const spec of watchSpecs)
      this.#reflectors.set(spec.key, new Reflector(this.#client, spec, this.#ending.signal));
    this.impersonator = new Impersonator(this.#client, this.#reflector('impersonators'));
  }

  /** Ends all work and all connections. */
  stop(): void {
    this.#ending.abort();
  }

  /** Takes the cluster from its first tunnel to AgentDeployed, and keeps the watches going. Never rejects. */
  async run(): Promise<void> {
    try {
      this.cluster.mark('provisioned');
      this.cluster.setAll({
        Pending: { status: 'True' },
        Provisioned: { status: 'True' },
        ...(this.cluster.conditions.is('Updated', 'True')
          ? {}
          : { Updated: { status: 'Unknown', message: 'waiting for full cluster configuration' } }),
      });
      if (!(await this.#environment.starts.run(() => this.#start()))) return;
      this.healthDueAt = Date.now() + this.#options.checkIntervalMs;
      const nodes = this.#reflector('nodes');
      if (!(await nodes.waitFor((items) => items.size > 0))) return;
      nodes.onChange = () => this.#scheduleStats();
      await this.#retrying(() => readNodeStats(this.#client));
      this.cluster.mark('updated');
      this.cluster.set('Updated', { status: 'True' });
      await this.#retrying(() => writeRoleTemplates(this.#client, this.#environment.administrator));
      this.cluster.set('GlobalAdminsSynced', { status: 'True' });
      await new NamespaceController(this.#client, this.#reflector('namespaces')).start();
      while (!this.#signal.aborted && !this.cluster.conditions.is('AgentDeployed', 'True')) {
        const done = await deployAgent(this.#client, {
          impersonator: this.impersonator,
          applies: this.#environment.applies,
          signal: this.#signal,
          manifest: this.#environment.manifest,
          systemToken: () => this.#environment.systemToken(this.cluster),
        });
        if (!done) await this.#pause();
      }
    } catch (error) {
      // Only a fault of this program comes here; the cluster stays where it is, and the log tells why.
      this.#options.logger.error(
        { cluster: this.cluster.id, error: messageOf(error) },
        'cluster controller failed',
      );
    }
  }

  /** Provider detection, after a change of the cluster object; one at a time. */
  async detect(): Promise<void> {
    if (
      this.#detecting ||
      this.cluster.provider !== '' ||
      this.healthDueAt === undefined ||
      this.#signal.aborted
    )
      return;
    this.#detecting = true;
    try {
      await detectProvider(this.#client);
    } catch {
      // Judged where it failed; the next change brings the next try.
    } finally {
      this.#detecting = false;
    }
  }

  /** `GET /readyz`, 3 tries 5 s apart; sets Ready (managementuser/healthsyncer). */
  async checkHealth(): Promise<void> {
    let failure: unknown;
    for (let attempt = 0; attempt < healthTries; attempt++) {
      if (attempt > 0 && !(await this.#pause())) return;
      try {
        await this.#client.request({ path: '/readyz' });
        if (this.#signal.aborted || !this.cluster.conditions.is('Connected', 'True')) return;
        this.cluster.mark('ready');
        return this.cluster.setAll({ Ready: { status: 'True' }, Waiting: { status: 'True' } });
      } catch (error) {
        failure = error;
      }
    }
    if (this.#signal.aborted || !this.cluster.conditions.is('Connected', 'True')) return;
    const message = `Failed to communicate with API server during health check: ${messageOf(failure)}`;
    this.cluster.set('Ready', { status: 'False', reason: 'ComponentStatusFetchingFailure', message });
  }

  /** The cleanup Job of a deletion. Never rejects. */
  cleanUp(): Promise<void> {
    return cleanUp(this.#client, this.#signal);
  }

  get #options(): ControllerEnvironment['options'] {
    return this.#environment.options;
  }

  get #signal(): AbortSignal {
    return this.#ending.signal;
  }

  #reflector(key: string): Reflector {
    const reflector = this.#reflectors.get(key);
    if (!reflector) throw new TypeError(`no watch is called ${key}`);
    return reflector;
  }

  /** Waits for the API, learns the version and fills the caches; false when the controller was stopped. */
  async #start(): Promise<boolean> {
    if (!(await this.#waitForApi())) return false;
    this.cluster.mark('apiUp');
    await this.#retrying(() => readVersion(this.#client));
    // Whether this is k3s is probed by its own group; 404 is the normal answer elsewhere.
    await this.#retrying(() => this.#client.get('/apis/k3s.cattle.io/v1', { allow: [404] }));
    for (const reflector of this.#reflectors.values()) void reflector.run();
    const timedOut = this.#environment.deadlines
      .sleep(syncTimeoutMs, this.#signal)
      .then((late) => ({ late }));
    const all = Promise.all([...this.#reflectors.values()].map((reflector) => reflector.synced)).then(() => ({
      late: undefined,
    }));
    const { late } = await Promise.race([all, timedOut]);
    if (late === undefined) {
      this.cluster.mark('synced');
      return true;
    }
    if (late) {
      this.#environment.violations.report(
        'sync-timeout',
        this.cluster.id,
        `caches not filled within ${syncTimeoutMs} ms`,
      );
      this.cluster.set('Ready', { status: 'False', reason: 'Error', message: 'failed to sync caches' });
    }
    return false;
  }

  /** Rancher's probe before the start: namespace kube-system; not found is good enough. */
  async #waitForApi(): Promise<boolean> {
    for (let failures = 0; !this.#signal.aborted;) {
      try {
        await this.#client.get(`${paths.namespaces}/kube-system`, { allow: [404] });
        return true;
      } catch (error) {
        if (++failures === failuresUntilUnavailable && !this.#signal.aborted)
          this.cluster.set('Ready', {
            status: 'False',
            reason: 'ClusterNotReady',
            message: `cluster API is not reachable: ${messageOf(error)}`,
          });
        await this.#pause();
      }
    }
    return false;
  }

  #scheduleStats(): void {
    if (this.#statsWanted) return;
    this.#statsWanted = true;
    this.#environment.deadlines.after(nodeStatsDelayMs, () => {
      this.#statsWanted = false;
      if (!this.#signal.aborted) readNodeStats(this.#client).catch(() => {}); // judged where it failed
    });
  }

  /** Runs `task` until it succeeds or the controller is stopped. */
  async #retrying(task: () => Promise<unknown>): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        await task();
        return;
      } catch (error) {
        this.#options.logger.debug({ cluster: this.cluster.id, error: messageOf(error) }, 'will try again');
        await this.#pause();
      }
    }
  }

  #pause(): Promise<boolean> {
    return this.#environment.deadlines.sleep(this.#options.retryDelayMs, this.#signal);
  }
}
