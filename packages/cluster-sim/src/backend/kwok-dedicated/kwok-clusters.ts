import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isStage } from '@scale-cluster/memory-apiserver';
import {
  type ClusterPorts,
  KwokctlDriver,
  type OptionalComponent,
  PortInUseError,
} from '@scale-cluster/kwok-driver';
import type { Logger } from '../../logger.js';
import type { Settings } from '../../settings/schema.js';
import type { Template } from '../../template/load.js';
import type { ProvisionRequest } from '../backend.js';
import type { ApiCredentials } from '../http-objects/api-connection.js';
import { readCredentials } from '../kwok/admin-credentials.js';
import { auditPolicy, kwokBinaries, kwokFolder } from '../kwok/kwok-settings.js';
import { PortPool } from '../kwok/port-pool.js';
import { readNote, removeNote, writeNote, type ClusterNote } from './cluster-note.js';

export interface KwokClustersOptions {
  settings: Pick<
    Settings,
    'home' | 'audit' | 'kwokctlPath' | 'kubectlPath' | 'kubeBinaries' | 'kwokControllerManager'
  >;
  random: () => number;
  logger: Logger;
  /** Aborting gives up creations and starts that are under way. */
  signal: AbortSignal;
}

const prefix = 'sca';
const ownName = new RegExp(`^${prefix}-[0-9a-f]{16}$`);

/** The name kwokctl knows a cluster by: derived from the uid, so nothing has to be stored to find it again. */
export function kwokName(uid: string): string {
  return `${prefix}-${uid.replaceAll('-', '').slice(0, 16)}`;
}

/** Names of our clusters on the disk, whole or half; others in the folder are left alone. */
export async function presentClusters(settings: Pick<Settings, 'home'>): Promise<string[]> {
  const found = await readdir(join(kwokFolder(settings), 'clusters')).catch(() => []);
  return found.filter((name) => ownName.test(name));
}

const components = ['etcd', 'kube-apiserver', 'kwok-controller'] as const;
const managers = ['kube-controller-manager', 'kube-scheduler'] as const;

const portTries = 3;
/** The `kubernetes` service gets the address that Rancher dials in the tunnel. */
const serviceRange = '10.43.0.0/16';

/** The processes, ports and files of clusters, by kwokctl. Calls for one cluster are the caller's to order. */
export class KwokClusters {
  readonly #driver: KwokctlDriver;
  readonly #ports: PortPool;

  constructor(private readonly options: KwokClustersOptions) {
    const { settings, random, logger } = options;
    this.#driver = new KwokctlDriver({
      workDir: kwokFolder(settings),
      binaries: kwokBinaries(settings),
      onCommand: (command) => logger.debug({ command }, 'running'),
    });
    this.#ports = new PortPool({ random });
  }

  /** See {@link presentClusters}. */
  present(): Promise<string[]> {
    return presentClusters(this.options.settings);
  }

  /** Undefined unless the creation came to its end. */
  async note(name: string): Promise<ClusterNote | undefined> {
    return this.#driver.state(name) === 'present' ? readNote(this.#kubeconfig(name)) : undefined;
  }

  async writeNote(name: string, note: ClusterNote): Promise<void> {
    await writeNote(this.#kubeconfig(name), note);
  }

  credentials(name: string): Promise<ApiCredentials> {
    return readCredentials(this.#kubeconfig(name));
  }

  /** Whether all of its components run, really. */
  async runsInFull(name: string, note: ClusterNote): Promise<boolean> {
    const running = new Set((await this.#driver.processes(name)).map(({ component }) => component));
    return [...components, ...(note.controllerManager ? managers : [])].every((one) => running.has(one));
  }

  /** The ports of a cluster that is there, running or not, are nobody else's. */
  async keepPorts(name: string): Promise<void> {
    this.#ports.reserve(numbers(await this.#driver.ports(name)));
  }

  /** Starts what doesn't run of a cluster. Throws KwokDriverError. */
  async start(name: string): Promise<void> {
    await this.#driver.start(name, { signal: this.options.signal });
  }

  /** Makes a cluster in place of what may be there of it. Throws KwokDriverError, and FleetError without free ports. */
  async create(
    name: string,
    request: Pick<ProvisionRequest, 'name' | 'uid'>,
    template: Template,
  ): Promise<ClusterNote> {
    await this.destroy(name);
    const folder = await mkdtemp(join(tmpdir(), 'scale-cluster-'));
    try {
      const stages = template.objects.filter(isStage);
      const file = join(folder, 'stages.yaml');
      await writeFile(file, stages.map((stage) => JSON.stringify(stage)).join('\n---\n'));
      await this.#createOnFreePorts(name, stages.length === 0 ? [] : [file]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    const note = {
      uid: request.uid,
      name: request.name,
      controllerManager: this.options.settings.kwokControllerManager,
      populated: false,
    };
    await this.writeNote(name, note);
    return note;
  }

  /** Kills and removes all of a cluster; the note goes first, so that a half-removed one is known as such. */
  async destroy(name: string): Promise<void> {
    if (this.#driver.state(name) === 'absent') return;
    const ports = numbers(await this.#driver.ports(name));
    await removeNote(this.#kubeconfig(name));
    await this.#driver.delete(name, { ignoreNotFound: true });
    this.#ports.release(ports);
  }

  #kubeconfig(name: string): string {
    return this.#driver.kubeconfigPath(name);
  }

  /** A port that was free when it was tried may be another program's when a component wants it. */
  async #createOnFreePorts(name: string, configs: readonly string[]): Promise<void> {
    for (let left = portTries; ; left -= 1) {
      const ports = await this.#takePorts();
      try {
        return await this.#createOn(name, ports, configs);
      } catch (error) {
        this.#ports.release(numbers(ports));
        if (!(error instanceof PortInUseError) || left <= 1) throw error;
        const { port } = error;
        this.options.logger.info({ kwokCluster: name, port }, 'port was taken meanwhile, trying others');
      }
    }
  }

  async #createOn(name: string, ports: ClusterPorts, configs: readonly string[]): Promise<void> {
    const { settings, signal } = this.options;
    const hasManager = settings.kwokControllerManager;
    const disable: OptionalComponent[] = hasManager ? [] : [...managers];
    const audit = auditPolicy(settings);
    await this.#driver.create(
      {
        name,
        ports,
        disable,
        configs,
        disableQpsLimits: true,
        ...(audit === undefined ? {} : { auditPolicy: audit }),
        extraArgs: {
          'kube-apiserver': {
            'service-cluster-ip-range': serviceRange,
            // Nobody would take off the taint of a new node.
            ...(hasManager ? {} : { 'disable-admission-plugins': 'TaintNodesByCondition' }),
          },
        },
      },
      { signal },
    );
  }

  async #takePorts(): Promise<ClusterPorts> {
    const [kubeApiserver, etcd, etcdPeer, kwokController, kubeControllerManager, kubeScheduler] =
      await this.#ports.take(this.options.settings.kwokControllerManager ? 6 : 4);
    return { kubeApiserver, etcd, etcdPeer, kwokController, kubeControllerManager, kubeScheduler };
  }
}

const numbers = (ports: ClusterPorts): number[] =>
  Object.values(ports).filter((port): port is number => port !== undefined);
