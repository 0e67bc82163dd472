import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Binaries } from './binaries.js';
import { ClusterFolder, type ComponentProcess } from './cluster-folder.js';
import {
  checkCreateOptions,
  type ClusterPorts,
  createClusterArgs,
  createClusterConfig,
  type CreateClusterOptions,
  defaultWaitMs,
  requestedPorts,
} from './create-cluster.js';
import { ClusterExistsError, ClusterNotFoundError, PortInUseError } from './errors.js';
import { findSilentFailure, mapKwokctlError, saysClusterIsUnknown } from './kwokctl-errors.js';
import { becomesFree, isPortFree } from './ports.js';
import { waitUntilEnded } from './process-state.js';
import { type CallOptions, type CommandResult, Runner, type RunnerOptions } from './runner.js';
import { formatVersion } from './version.js';

export interface KwokctlDriverOptions extends RunnerOptions {
  /** kwokctl's own folder (`KWOK_WORKDIR`): clusters and downloads. @default $KWOK_WORKDIR, else ~/.kwok */
  workDir?: string;
}

export interface ComponentStatus {
  /** `etcd`, `kube-apiserver`, `kwok-controller`, … */
  name: string;
  status: 'running' | 'stopped';
  /** Its process, when it is running. */
  pid: number | undefined;
}

export interface ScaleOptions {
  /** A built-in kind, or the name of a KwokctlResource of the cluster's configuration. */
  resource: 'node' | 'pod' | (string & {});
  /** How many there shall be; those beyond are deleted. */
  replicas: number;
  /** What the objects' names begin with. @default the resource */
  name?: string;
  /** For namespaced kinds. @default default */
  namespace?: string;
  /** Parameters of the resource's template: `.nodeName="node-0"`. */
  params?: readonly string[];
  /** Digits in the objects' names. @default 6 */
  serialLength?: number;
}

export interface KubeconfigOptions {
  /** `host` or `host:port` in place of 127.0.0.1. */
  host?: string;
  /** User and groups of the client certificate, which kwokctl signs for each call. @default kwok-admin */
  user?: string;
  /** @default system:masters */
  groups?: readonly string[];
}

export interface SnapshotOptions {
  /** `etcd` needs etcdctl or etcdutl; `k8s` is a YAML file of the common kinds. @default etcd */
  format?: 'etcd' | 'k8s';
  /** Kinds, for `k8s` only. @default kwokctl's list */
  filter?: readonly string[];
}

/** Room for what a command does beside waiting for readiness: starting processes, first downloads. */
const startMarginMs = 180_000;

/** How long the port of a component that was killed just now may stay taken. */
const killGraceMs = 3000;

/**
 * KWOK clusters of the binary runtime, by `kwokctl`: a command is a process, so use it for clusters, not for single
 * objects. Calls for different clusters may run at the same time; those for one cluster are the caller's to order.
 *
 * All calls throw the errors of `errors.ts`; those about a cluster throw ClusterNotFoundError when there is none.
 */
export class KwokctlDriver {
  /** Absolute path of kwokctl's folder. */
  readonly workDir: string;
  readonly binaries: Binaries;
  readonly #runner: Runner;

  constructor(options: KwokctlDriverOptions = {}) {
    const env = options.env ?? process.env;
    this.binaries = options.binaries ?? new Binaries({ env });
    this.workDir = resolve(options.workDir ?? env['KWOK_WORKDIR'] ?? join(homedir(), '.kwok'));
    // v0.7.0 is the oldest with the flags used here: `--disable`, `--etcd-binary` and `--kube-audit-policy`.
    const requirement = { versionArgs: ['--version'], minimum: [0, 7, 0] as const };
    this.#runner = new Runner('kwokctl', requirement, this.binaries, options, { KWOK_WORKDIR: this.workDir });
  }

  /** kwokctl's version: `v0.8.0`. */
  async version(): Promise<string> {
    return formatVersion(await this.#runner.version());
  }

  /**
   * Creates a cluster, starts it and waits until it is ready. Unless `keepOnFailure`, nothing is left of one that
   * fails, is aborted, or takes too long.
   *
   * @throws ClusterExistsError, PortInUseError (before anything is started, for ports that were given),
   *   ClusterNotReadyError, OptionsError
   */
  async create(options: CreateClusterOptions, call: CallOptions = {}): Promise<CommandResult> {
    const folder = this.#folder(options.name);
    checkCreateOptions(options);
    if (folder.state === 'present') throw new ClusterExistsError(options.name);
    if (!this.#runner.dryRun) {
      if (folder.state === 'half') {
        await folder.endOrphans();
        await folder.destroy();
      }
      await checkPortsFree(options.name, requestedPorts(options.ports), 0);
    }
    return withConfigFile(
      this.#runner.dryRun ? undefined : createClusterConfig(options, this.binaries),
      (own) =>
        this.#start(
          options.name,
          createClusterArgs(options, this.binaries, [...own, ...(options.configs ?? [])]),
          { ...call, timeoutMs: call.timeoutMs ?? (options.waitMs ?? defaultWaitMs) + startMarginMs },
          options.keepOnFailure !== true,
        ),
    );
  }

  /**
   * Starts what doesn't run of a cluster (all of it after `stop`, or components that died) and waits until it is ready.
   *
   * @throws ClusterNotReadyError, PortInUseError
   */
  async start(name: string, call: CallOptions & { waitMs?: number } = {}): Promise<CommandResult> {
    const waitMs = call.waitMs ?? defaultWaitMs;
    if (!this.#runner.dryRun) {
      const folder = this.#folder(name);
      await folder.endOrphans();
      await folder.discardStalePids();
      // kwokctl would wait minutes for a component that can't listen.
      const { etcd, etcdPeer, kubeApiserver } = await folder.ports();
      const running = new Set((await folder.processes()).map(({ component }) => component));
      const needed = requestedPorts({ etcd, etcdPeer, kubeApiserver });
      await checkPortsFree(
        name,
        needed.filter(({ component }) => !running.has(component)),
        killGraceMs,
      );
    }
    const args = ['start', 'cluster', '--name', name, '--wait', `${Math.ceil(waitMs / 1000)}s`];
    return this.#start(name, args, { ...call, timeoutMs: call.timeoutMs ?? waitMs + startMarginMs }, false);
  }

  /** Kills the cluster's processes and waits until they are gone; its data stays. */
  async stop(name: string, call: CallOptions = {}): Promise<CommandResult> {
    return this.#kill(name, ['stop', 'cluster', '--name', name], call);
  }

  /**
   * Kills the cluster's processes and removes all of it, half-made ones as well.
   *
   * @throws ClusterNotFoundError unless `ignoreNotFound`
   */
  async delete(
    name: string,
    call: CallOptions & { ignoreNotFound?: boolean; kubeconfig?: string } = {},
  ): Promise<CommandResult> {
    const folder = this.#folder(name);
    // kwokctl insists on a kubeconfig to remove the context from; by default one that doesn't exist.
    const kubeconfig = call.kubeconfig ?? join(this.workDir, 'no-kubeconfig');
    const args = ['delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig];
    const found = folder.state !== 'absent';
    if (!this.#runner.dryRun) await folder.endOrphans();
    // kwokctl doesn't know it and so would leave its processes.
    if (folder.state === 'half' && !this.#runner.dryRun) await folder.destroy();
    const result = await this.#kill(name, args, call);
    if (!result.ran) return result;
    // kwokctl exits with 0 for a cluster it doesn't know: none at all, or one that is only half there.
    const unknown = !found && saysClusterIsUnknown(result.stderr);
    if (unknown && call.ignoreNotFound !== true) throw new ClusterNotFoundError(name);
    await folder.destroy();
    return result;
  }

  /** Names of the clusters in the work folder, running or not. */
  async list(call: CallOptions = {}): Promise<string[]> {
    const { stdout } = await this.#read(undefined, ['get', 'clusters'], call);
    return lines(stdout);
  }

  /** What is on the disk of a cluster: `half` is one whose creation or deletion was cut off. Starts no process. */
  state(name: string): 'absent' | 'half' | 'present' {
    return this.#folder(name).state;
  }

  /** The cluster's ports, those that kwokctl chose included; none for an unknown cluster. Starts no process. */
  async ports(name: string): Promise<ClusterPorts> {
    return this.#folder(name).ports();
  }

  /** The API server's URL, `https://127.0.0.1:6443`; undefined for an unknown cluster. Starts no process. */
  async server(name: string): Promise<string | undefined> {
    return this.#folder(name).server();
  }

  /** The cluster's components and whether they run: really, not by the pid file alone. */
  async components(name: string, call: CallOptions = {}): Promise<ComponentStatus[]> {
    const { stdout } = await this.#read(name, ['get', 'components', '--name', name], call);
    const running = new Map((await this.processes(name)).map(({ component, pid }) => [component, pid]));
    return lines(stdout).map((component) => {
      const pid = running.get(component);
      return { name: component, status: pid === undefined ? 'stopped' : 'running', pid };
    });
  }

  /** The cluster's running processes, read from the disk; starts no process. Empty for an unknown cluster. */
  async processes(name: string): Promise<ComponentProcess[]> {
    return this.#folder(name).processes();
  }

  /** Makes and deletes simple nodes or pods until there are `replicas` of them. */
  async scale(name: string, options: ScaleOptions, call: CallOptions = {}): Promise<CommandResult> {
    const args = ['scale', options.resource, ...(options.name === undefined ? [] : [options.name])];
    args.push('--name', name, '--replicas', String(options.replicas));
    if (options.namespace !== undefined) args.push('--namespace', options.namespace);
    if (options.serialLength !== undefined) args.push('--serial-length', String(options.serialLength));
    for (const param of options.params ?? []) args.push('--param', param);
    return this.#change(name, args, call);
  }

  /** A kubeconfig with certificate and key inside: keep it secret. */
  async kubeconfig(name: string, options: KubeconfigOptions & CallOptions = {}): Promise<string> {
    const args = ['get', 'kubeconfig', '--name', name];
    if (options.host !== undefined) args.push('--host', options.host);
    if (options.user !== undefined) args.push('--user', options.user);
    for (const group of options.groups ?? []) args.push('--group', group);
    return (await this.#read(name, args, options)).stdout;
  }

  /** The kubeconfig file that kwokctl keeps while the cluster exists; it names certificate files. */
  kubeconfigPath(name: string): string {
    return this.#folder(name).kubeconfigPath;
  }

  /** All of a component's log, or of `audit`. */
  async logs(name: string, component: string, call: CallOptions = {}): Promise<string> {
    return (await this.#read(name, ['logs', component, '--name', name], call)).stdout;
  }

  /** Lines of a component's log from its beginning, as they come, until the loop is left or `signal` aborts. */
  async *followLogs(
    name: string,
    component: string,
    signal?: AbortSignal,
  ): AsyncGenerator<string, void, undefined> {
    this.#folder(name);
    try {
      yield* this.#runner.lines(['logs', component, '--name', name, '--follow'], signal);
    } catch (error) {
      throw mapKwokctlError(error, name);
    }
  }

  /** Saves the cluster's objects to `path`, which must not exist yet. */
  async saveSnapshot(
    name: string,
    path: string,
    options: SnapshotOptions & CallOptions = {},
  ): Promise<CommandResult> {
    return this.#change(name, ['snapshot', 'save', '--name', name, ...snapshotArgs(path, options)], options);
  }

  /** Replaces (`etcd`) or adds to (`k8s`) the cluster's objects from `path`. */
  async restoreSnapshot(
    name: string,
    path: string,
    options: SnapshotOptions & CallOptions = {},
  ): Promise<CommandResult> {
    return this.#change(
      name,
      ['snapshot', 'restore', '--name', name, ...snapshotArgs(path, options)],
      options,
    );
  }

  /** Saves the objects of any cluster, real ones too, as YAML to `path`. Secrets' values are part of it. */
  async exportSnapshot(
    options: { kubeconfig: string; path: string; filter?: readonly string[] } & CallOptions,
  ): Promise<CommandResult> {
    const { kubeconfig, path, filter } = options;
    const args = ['snapshot', 'export', '--kubeconfig', kubeconfig, '--path', path];
    if (filter !== undefined) args.push('--filter', filter.join(','));
    return this.#change(undefined, args, options);
  }

  /** Runs etcdctl against the cluster's etcd. */
  async etcdctl(name: string, args: readonly string[], call: CallOptions = {}): Promise<CommandResult> {
    return this.#change(name, ['--name', name, 'etcdctl', ...args], call);
  }

  /** Runs kubectl in the cluster; `Kubectl` is the typed way. */
  async kubectl(
    name: string,
    args: readonly string[],
    call: CallOptions & { input?: string } = {},
  ): Promise<CommandResult> {
    return this.#change(name, ['--name', name, 'kubectl', ...args], call, call.input);
  }

  #folder(name: string): ClusterFolder {
    return new ClusterFolder(this.workDir, name);
  }

  async #read(name: string | undefined, args: readonly string[], call: CallOptions) {
    if (name !== undefined) this.#folder(name);
    return this.#runner.read(args, call).catch((error: unknown) => {
      throw mapKwokctlError(error, name);
    });
  }

  async #change(name: string | undefined, args: readonly string[], call: CallOptions, input?: string) {
    if (name !== undefined) this.#folder(name);
    return this.#runner.change(args, call, input).catch((error: unknown) => {
      throw mapKwokctlError(error, name);
    });
  }

  /** Runs `stop` or `delete`, and ends when the cluster's processes have. */
  async #kill(name: string, args: readonly string[], call: CallOptions): Promise<CommandResult> {
    const folder = this.#folder(name);
    if (!this.#runner.dryRun) await folder.discardStalePids();
    const pids = this.#runner.dryRun ? [] : (await folder.processes()).map(({ pid }) => pid);
    const result = await this.#change(name, args, call);
    await waitUntilEnded(pids, name);
    return result;
  }

  /** Runs `create` or `start`: finds failures behind exit code 0, and the port behind a component that died. */
  async #start(
    name: string,
    args: readonly string[],
    call: CallOptions,
    cleanUp: boolean,
  ): Promise<CommandResult> {
    let failure: unknown;
    try {
      const result = await this.#change(name, args, call);
      failure = findSilentFailure(result.stderr, { command: result.command, cluster: name });
      if (failure === undefined) return result;
    } catch (error) {
      failure = error;
    }
    if (failure instanceof ClusterExistsError) throw failure;
    const taken = await this.#findPortTaken(name);
    // Not with the caller's signal, which may be why there is something to clean up.
    if (cleanUp) {
      await this.delete(name, { ignoreNotFound: true }).catch(() => this.#folder(name).destroy());
    }
    if (taken === undefined) throw failure;
    throw new PortInUseError(taken.port, taken.component, { cluster: name, cause: failure });
  }

  /** A port that, by the logs, a component couldn't have and that still is another's: logs keep old complaints. */
  async #findPortTaken(name: string) {
    const folder = this.#folder(name);
    const taken = await folder.findPortInUse();
    if (taken === undefined || (await isPortFree(taken.port))) return undefined;
    const running = await folder.processes();
    return running.some(({ component }) => component === taken.component) ? undefined : taken;
  }
}

async function checkPortsFree(
  cluster: string,
  ports: ReturnType<typeof requestedPorts>,
  graceMs: number,
): Promise<void> {
  for (const { port, component } of ports) {
    if (!(await becomesFree(port, graceMs))) throw new PortInUseError(port, component, { cluster });
  }
}

function snapshotArgs(path: string, { format, filter }: SnapshotOptions): string[] {
  return [
    ...['--path', path, '--format', format ?? 'etcd'],
    ...(filter === undefined ? [] : ['--filter', filter.join(',')]),
  ];
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

async function withConfigFile<T>(
  config: string | undefined,
  use: (files: string[]) => Promise<T>,
): Promise<T> {
  if (config === undefined) return use([]);
  const folder = await mkdtemp(join(tmpdir(), 'kwok-driver-'));
  try {
    const file = join(folder, 'kwok.yaml');
    await writeFile(file, config, { mode: 0o600 });
    return await use([file]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
