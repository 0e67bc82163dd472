import { mkdir, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  AlreadyExistsError,
  isActive,
  type RancherClient,
  type RancherCluster,
} from '@scale-cluster/rancher-client';
import type { AgentManifests } from '../agent-doings/agent-manifests.js';
import { agentUser, ClusterTokens, localUser } from '../agent-doings/identity.js';
import { splitImportManifest } from '../agent-doings/import-manifest.js';
import type { ClusterRequest } from '../backend/backend-set.js';
import type { ManagedCluster } from '../cluster/managed-cluster.js';
import type { Delayer } from '../delayer.js';
import { errorText, FleetError } from '../errors.js';
import type { HostedCluster, Registration } from '../host/hosted-cluster.js';
import type { Logger } from '../logger.js';
import type { OwnPace } from '../own-pace.js';
import { Ramp } from '../ramp/ramp.js';
import { Turns } from '../ramp/turns.js';
import type { Settings } from '../settings/schema.js';
import type { StateStore } from '../state/state-store.js';
import type { StageName } from '../views.js';
import { Limiter } from './limiter.js';
import type { Action } from './plan.js';

/** Key of the annotation by which a cluster in Rancher is known to be ours. */
export const uidAnnotation = 'scale-cluster-agent.io/cluster-uid';

/** The parts of Rancher's API that steps use. */
export type RancherApi = Pick<
  RancherClient,
  | 'adoptCluster'
  | 'createCluster'
  | 'deleteCluster'
  | 'getCluster'
  | 'importManifest'
  | 'registrationToken'
  | 'setting'
  | 'trust'
>;

/** Where the live halves of clusters are. */
export interface ClusterHosts {
  /** Makes the cluster's API, or gives the one that is there. */
  provision(request: ClusterRequest): Promise<HostedCluster>;
  /** Ends the cluster, and removes its API with everything that was stored in it. */
  remove(cluster: Pick<ClusterRequest, 'backend' | 'uid'>): Promise<void>;
}

export interface ExecutorOptions {
  settings: Settings;
  rancher: RancherApi;
  hosts: ClusterHosts;
  state: StateStore;
  agentManifests: Pick<AgentManifests, 'add'>;
  /** What this process can follow. */
  paces: { readonly creation: Pick<OwnPace, 'perSec'>; readonly deletion: Pick<OwnPace, 'perSec'> };
  delayer: Delayer;
  now: () => number;
  random: () => number;
  logger: Logger;
  onStage(cluster: ManagedCluster, stage: StageName): void;
  /** It has got its turn in the line of those to be created. */
  onProgress(cluster: ManagedCluster): void;
  /** Rancher has told about a cluster. */
  onRancher(cluster: ManagedCluster, seen: RancherCluster): void;
  onRemoved(cluster: ManagedCluster): void;
  /** Something changed outside of a step. */
  wake(cluster: ManagedCluster): void;
}

/** Requests at a time towards Rancher for everything but creates. */
const concurrentReads = 12;
/** Pace of asking whether a deletion is done. */
const removalPollMs = { first: 1_000, most: 10_000 };
const tokenRetryMs = 10 * 60_000;

/** Does the steps that `plan` asks for. Each leaves its result in the cluster, so that `plan` sees it. */
export class Executor {
  readonly ramp: Ramp;
  /** For deletions: Rancher cleans up in each cluster, through its tunnels. */
  readonly deletions: Turns;
  readonly #reads = new Limiter(concurrentReads);
  readonly #actions: Record<Action, (cluster: ManagedCluster) => Promise<number | undefined>>;

  constructor(private readonly options: ExecutorOptions) {
    const { settings, paces, delayer, now, logger } = options;
    this.ramp = new Ramp({
      concurrent: settings.concurrentCreates,
      perSec: settings.createsPerSec,
      maxActivations: settings.maxConcurrentActivations,
      ownPace: paces.creation,
      delayer,
      now,
      logger,
    });
    this.deletions = new Turns({ key: 'deletions', perSec: () => paces.deletion.perSec, delayer, now });
    this.#actions = {
      register: (cluster) => this.#register(cluster),
      'find-in-rancher': (cluster) => this.#find(cluster),
      'read-token': (cluster) => this.#readToken(cluster),
      provision: (cluster) => this.#provision(cluster),
      'install-agent': (cluster) => this.#installAgent(cluster),
      'open-tunnels': (cluster) => this.#openTunnels(cluster),
      'check-rancher': (cluster) => this.#checkRancher(cluster),
      'delete-in-rancher': (cluster) => this.#deleteInRancher(cluster),
      'tear-down': (cluster) => this.#tearDown(cluster),
    };
  }

  execute(cluster: ManagedCluster, action: Action): Promise<number | undefined> {
    return this.#actions[action](cluster);
  }

  /** Asks Rancher how the cluster is, outside of any step. */
  async look(cluster: ManagedCluster): Promise<void> {
    const id = cluster.record.rancherId;
    if (id === undefined) return;
    const seen = await this.#see(id);
    if (seen !== undefined) return this.options.onRancher(cluster, seen);
    cluster.inRancher = 'gone';
    this.options.wake(cluster);
  }

  /**
   * The cluster, or undefined when Rancher itself says 404. An ingress without Rancher behind it says 404 to everything:
   * only if another resource is there at the same time, the cluster is really gone.
   */
  #see(id: string): Promise<RancherCluster | undefined> {
    const { rancher } = this.options;
    return this.#reads.run(async () => {
      const seen = await rancher.getCluster(id);
      if (seen === undefined) await rancher.setting('cacerts');
      return seen;
    });
  }

  async #register(cluster: ManagedCluster): Promise<undefined> {
    const { rancher, settings } = this.options;
    const annotation = { key: uidAnnotation, value: cluster.uid };
    const request = {
      name: cluster.name,
      annotations: { [annotation.key]: annotation.value },
      via: settings.createVia,
    };
    await this.ramp.run(cluster.uid, async () => {
      // The wish may have gone while it waited for its turn.
      if (cluster.record.deleting === true) return;
      cluster.registering = true;
      cluster.registrationUncertain = true;
      this.options.onProgress(cluster);
      try {
        this.#registered(cluster, await rancher.createCluster(request));
      } catch (error) {
        if (!(error instanceof AlreadyExistsError)) throw error;
        const ours = await rancher.adoptCluster(cluster.name, annotation);
        if (ours === undefined) throw new NameTakenError(cluster.name);
        this.#registered(cluster, ours);
      } finally {
        cluster.registering = false;
      }
    });
    return undefined;
  }

  #registered(cluster: ManagedCluster, seen: RancherCluster): void {
    cluster.record.rancherId = seen.id;
    cluster.record.via = seen.via ?? 'management';
    // No need to wait for the disk: after a crash the annotation leads back to it.
    this.options.onStage(cluster, 'registered');
    this.options.onRancher(cluster, seen);
  }

  async #find(cluster: ManagedCluster): Promise<undefined> {
    const { rancher } = this.options;
    const found = await this.#reads.run(() =>
      rancher.adoptCluster(cluster.name, { key: uidAnnotation, value: cluster.uid }),
    );
    if (found !== undefined) this.#registered(cluster, found);
    cluster.registrationUncertain = false;
    return undefined;
  }

  async #readToken(cluster: ManagedCluster): Promise<undefined> {
    const { rancher } = this.options;
    const { record } = cluster;
    const fresh = cluster.tokenStale;
    const answer = await this.#reads.run(() => rancher.registrationToken(record.rancherId ?? '', { fresh }));
    cluster.tokenStale = false;
    record.token = answer.token;
    const expiresAt = answer.expiresAt === undefined ? NaN : Date.parse(answer.expiresAt);
    if (Number.isFinite(expiresAt)) record.tokenExpiresAt = expiresAt;
    else delete record.tokenExpiresAt;
    this.options.onStage(cluster, 'token');
    this.scheduleTokenRefresh(cluster);
    // Open sessions stay: the new token counts from the next connect on.
    if (cluster.hosted !== undefined && cluster.agentInstalled)
      await cluster.hosted.register(await this.#registration(cluster));
    return undefined;
  }

  /** Has the token read again shortly before it ends; a rotated one is then in place before any reconnect needs it. */
  scheduleTokenRefresh(cluster: ManagedCluster): void {
    const { tokenExpiresAt } = cluster.record;
    if (tokenExpiresAt === undefined) return;
    const { delayer, now, random } = this.options;
    const left = tokenExpiresAt - now();
    // Rancher rotates at the end of the life, so one that is nearly over is looked at again and again.
    const delay = Math.max(tokenRetryMs * (0.5 + random() / 2), left * (0.85 + random() * 0.1));
    delayer.delay(`${cluster.uid}/token`, delay, () => {
      cluster.tokenStale = true;
      this.options.wake(cluster);
    });
  }

  async #provision(cluster: ManagedCluster): Promise<undefined> {
    if (cluster.record.stages.provisioned === undefined) await this.#shareAgent(cluster);
    this.attach(cluster, await this.options.hosts.provision(this.clusterRequest(cluster)));
    return undefined;
  }

  /** Has a new cluster begin with what Rancher's agent makes in every cluster: then it costs nothing per cluster. */
  async #shareAgent(cluster: ManagedCluster): Promise<void> {
    const { record } = cluster;
    if (record.backend !== 'memory' || record.deleting === true) return;
    const split = splitImportManifest(await this.#readManifest(cluster));
    cluster.ownManifest = split?.own;
    const manifest = split && (await this.options.agentManifests.add(split.shared));
    if (manifest !== undefined) record.agent = { manifest, credentials: split?.credentials ?? '' };
  }

  async #readManifest(cluster: ManagedCluster): Promise<string> {
    const { token = '', rancherId = '' } = cluster.record;
    if (cluster.manifest === undefined) {
      cluster.manifest = await this.#reads.run(() => this.options.rancher.importManifest(token, rancherId));
      await this.#keepManifest(cluster.name, cluster.manifest);
    }
    return cluster.manifest;
  }

  /** What the backend is given for this cluster, at each start the same. */
  clusterRequest(cluster: ManagedCluster): ClusterRequest {
    const { name, uid, record } = cluster;
    const tokens = new ClusterTokens(this.options.state.secret, uid);
    return {
      name,
      uid,
      createdAt: record.createdAt,
      backend: record.backend,
      template: record.template,
      ...(record.agent === undefined ? {} : { agent: record.agent }),
      tokens: { [tokens.agentToken]: agentUser, [tokens.localToken]: localUser },
    };
  }

  attach(cluster: ManagedCluster, hosted: HostedCluster): void {
    cluster.hosted = hosted;
    // It would come on top of what is then installed by writes.
    if (!hosted.sharesAgent) delete cluster.record.agent;
    this.options.onStage(cluster, 'provisioned');
  }

  async #installAgent(cluster: ManagedCluster): Promise<undefined> {
    const { hosted, record } = cluster;
    if (hosted === undefined) return undefined;
    const manifest = (await hosted.hasAgent(record.agent?.credentials))
      ? undefined
      : await this.#readManifest(cluster);
    // What it shares with others is there already.
    const own =
      manifest === undefined || record.agent === undefined
        ? undefined
        : (cluster.ownManifest ?? splitImportManifest(manifest)?.own);
    await hosted.installAgent(await this.#registration(cluster), own ?? manifest);
    cluster.manifest = undefined;
    cluster.ownManifest = undefined;
    cluster.agentInstalled = true;
    return undefined;
  }

  async #registration({ record }: ManagedCluster): Promise<Registration> {
    const { ca, caChecksum } = await this.options.rancher.trust();
    return { token: record.token ?? '', caCert: ca ?? '', caChecksum };
  }

  async #openTunnels(cluster: ManagedCluster): Promise<undefined> {
    const { ca, rejectUnauthorized } = await this.options.rancher.trust();
    const { rancherId, stages } = cluster.record;
    await cluster.hosted?.openTunnels(await this.#registration(cluster), {
      rancherId,
      tls: { rejectUnauthorized, ...(ca === undefined ? {} : { ca }) },
      firstTime: stages.tunnels === undefined,
    });
    return undefined;
  }

  async #checkRancher(cluster: ManagedCluster): Promise<number | undefined> {
    const { now } = this.options;
    const id = cluster.record.rancherId ?? '';
    const seen = await this.#see(id);
    if (seen === undefined) {
      cluster.inRancher = 'gone';
      return undefined;
    }
    if (seen.removed !== true) {
      // A deletion that Rancher has taken over is not visible at once: the object behind it is marked a little later.
      const justAsked =
        cluster.inRancher === 'removing' && now() - (cluster.removingSince ?? 0) < removalPollMs.most;
      if (!justAsked) cluster.inRancher = 'present';
      this.options.onRancher(cluster, seen);
      return cluster.inRancher === 'present' ? undefined : removalPollMs.first;
    }
    this.options.onRancher(cluster, seen);
    cluster.inRancher = 'removing';
    cluster.removingSince ??= now();
    const waited = now() - cluster.removingSince;
    return Math.min(removalPollMs.most, Math.max(removalPollMs.first, waited / 4));
  }

  async #deleteInRancher(cluster: ManagedCluster): Promise<number> {
    const { rancherId: id = '', via = 'management' } = cluster.record;
    await this.deletions.turn();
    await this.#reads.run(() => this.options.rancher.deleteCluster({ id, name: cluster.name, via }));
    cluster.inRancher = 'removing';
    cluster.removingSince = this.options.now();
    return removalPollMs.first;
  }

  async #tearDown(cluster: ManagedCluster): Promise<undefined> {
    const { hosts, delayer, state } = this.options;
    for (const what of ['token', 'refused', 'look']) delayer.cancel(`${cluster.uid}/${what}`);
    await hosts.remove(cluster.record);
    cluster.hosted = undefined;
    await unlink(this.#manifestPath(cluster.name)).catch(() => undefined);
    await state.remove(cluster.name);
    this.ramp.settled(cluster.uid);
    this.options.onRemoved(cluster);
    return undefined;
  }

  /** For people who want to see what Rancher sent; it holds the registration token. */
  async #keepManifest(name: string, yaml: string): Promise<void> {
    const path = this.#manifestPath(name);
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(path, yaml, { mode: 0o600 });
    } catch (error) {
      this.options.logger.warn({ path, error: errorText(error) }, 'import manifest could not be kept');
    }
  }

  #manifestPath(name: string): string {
    return join(this.options.settings.home, 'debug-yaml', `${name}.yaml`);
  }
}

/** Rancher has a cluster of this name that isn't ours; it is tried again, as the other one may go away. */
export class NameTakenError extends FleetError {
  override readonly name = 'NameTakenError';
  constructor(cluster: string) {
    super(
      'ERR_FLEET_NAME_TAKEN',
      `Rancher has another cluster named '${cluster}', which this agent did not create`,
      409,
    );
  }
}

/** What is kept of a cluster that Rancher has told about. */
export function observationOf(seen: RancherCluster): {
  state: string;
  transitioning: 'yes' | 'no' | 'error';
  message: string;
  connected: boolean;
  active: boolean;
} {
  return {
    state: seen.state,
    transitioning: seen.transitioning,
    message: seen.transitioningMessage.slice(0, 500),
    connected: seen.conditions.some((one) => one.type === 'Connected' && one.status === 'True'),
    active: isActive(seen),
  };
}
