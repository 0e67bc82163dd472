import { existsSync } from 'node:fs';
import { readdir, readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterPorts } from './create-cluster.js';
import { OptionsError } from './errors.js';
import { findPortInUse } from './kwokctl-errors.js';
import { findCommands, hasProc, isPidInUse, kill, waitUntilEnded } from './process-state.js';

/** A component's process that was found running. */
export interface ComponentProcess {
  component: string;
  pid: number;
}

const portOptions: Readonly<Record<string, keyof ClusterPorts>> = {
  kubeApiserverPort: 'kubeApiserver',
  etcdPort: 'etcd',
  etcdPeerPort: 'etcdPeer',
  kwokControllerPort: 'kwokController',
  kubeControllerManagerPort: 'kubeControllerManager',
  kubeSchedulerPort: 'kubeScheduler',
};

/** Names kwokctl makes a folder of; nothing that could leave the clusters' folder. */
const namePattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** @throws OptionsError when `name` isn't a lowercase DNS label */
export function checkClusterName(name: string): void {
  if (!namePattern.test(name)) {
    throw new OptionsError(
      `cluster name ${JSON.stringify(name)}: up to 63 lowercase letters, digits and inner hyphens`,
    );
  }
}

/**
 * What kwokctl's binary runtime keeps of a cluster on the disk: `<workDir>/clusters/<name>` with `kwok.yaml`,
 * `kubeconfig.yaml`, `pids`, `logs`, `pki`, `etcd` (kwok `pkg/kwokctl/runtime/{cluster,exec}.go`).
 */
export class ClusterFolder {
  readonly path: string;
  readonly #workDir: string;

  constructor(
    workDir: string,
    readonly name: string,
  ) {
    checkClusterName(name);
    this.#workDir = workDir;
    this.path = join(workDir, 'clusters', name);
  }

  /** Its kubeconfig, which names certificate files in this folder. */
  get kubeconfigPath(): string {
    return join(this.path, 'kubeconfig.yaml');
  }

  /** `half` is a folder without `kwok.yaml`: a creation or deletion that was cut off, unknown to kwokctl. */
  get state(): 'absent' | 'half' | 'present' {
    if (!existsSync(this.path)) return 'absent';
    return existsSync(join(this.path, 'kwok.yaml')) ? 'present' : 'half';
  }

  /** The ports in `kwok.yaml`, those that kwokctl chose included; none for an unknown cluster. */
  async ports(): Promise<ClusterPorts> {
    const config = await readFile(join(this.path, 'kwok.yaml'), 'utf8').catch(() => '');
    const ports: ClusterPorts = {};
    for (const [, option, port] of config.matchAll(/^ {2}(\w+Port): (\d+)$/gm)) {
      const key = portOptions[option!];
      if (key !== undefined) ports[key] = Number(port);
    }
    return ports;
  }

  /** The API server's URL in the kubeconfig; undefined for an unknown cluster. */
  async server(): Promise<string | undefined> {
    const kubeconfig = await readFile(this.kubeconfigPath, 'utf8').catch(() => '');
    return /^\s*server: (\S+)$/m.exec(kubeconfig)?.[1];
  }

  /**
   * The processes that pid files name and that really are this cluster's. kwokctl itself trusts the number alone,
   * and takes for running what is another program by now, or a zombie that nobody reaps (agent as PID 1).
   */
  async processes(): Promise<ComponentProcess[]> {
    const found = await Promise.all(
      (await this.#pidFiles()).map(async ({ component, pid }) => ({
        component,
        pid,
        own: await this.#owns(pid),
      })),
    );
    return found.filter(({ own }) => own).map(({ component, pid }) => ({ component, pid }));
  }

  /** Removes pid files whose process isn't this cluster's, so that kwokctl neither trusts nor kills it. */
  async discardStalePids(): Promise<void> {
    for (const { pid, path } of await this.#pidFiles()) {
      if (!(await this.#owns(pid))) await rm(path, { force: true });
    }
  }

  /** Kills a kwokctl that is busy with the cluster though whoever started it is gone: it would bring up more. */
  async endOrphans(): Promise<void> {
    const pids = await findCommands(this.#workDir, this.name);
    pids.forEach(kill);
    await waitUntilEnded(pids, this.name);
  }

  /** Kills what still runs and removes the folder. For clusters that kwokctl doesn't know, in state `half`. */
  async destroy(): Promise<void> {
    const pids = (await this.processes()).map(({ pid }) => pid);
    pids.forEach(kill);
    await waitUntilEnded(pids, this.name);
    await rm(this.path, { recursive: true, force: true });
  }

  /** The port and component of a component that couldn't listen, according to the end of its log. */
  async findPortInUse(): Promise<{ port: number; component: string } | undefined> {
    for (const file of await list(join(this.path, 'logs'), '.log')) {
      const log = await readFile(join(this.path, 'logs', file), 'utf8').catch(() => '');
      const port = findPortInUse(log.slice(-20_000));
      if (port !== undefined) return { port, component: file.slice(0, -'.log'.length) };
    }
    return undefined;
  }

  async #pidFiles(): Promise<{ component: string; pid: number; path: string }[]> {
    const folder = join(this.path, 'pids');
    return Promise.all(
      (await list(folder, '.pid')).map(async (file) => {
        const path = join(folder, file);
        const content = await readFile(path, 'utf8').catch(() => '');
        return { component: file.slice(0, -'.pid'.length), pid: Number.parseInt(content, 10), path };
      }),
    );
  }

  /** kwokctl starts components in the cluster's folder; where there is no /proc only the number can be asked. */
  async #owns(pid: number): Promise<boolean> {
    if (!Number.isInteger(pid) || pid <= 1) return false;
    if (!hasProc) return isPidInUse(pid);
    try {
      const [folder, cwd] = await Promise.all([realpath(this.path), readlink(`/proc/${pid}/cwd`)]);
      return folder === cwd;
    } catch {
      return false;
    }
  }
}

async function list(folder: string, ending: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => []);
  return files.filter((file) => file.endsWith(ending)).sort();
}
