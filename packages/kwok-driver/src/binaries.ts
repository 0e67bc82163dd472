import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BinaryMissingError } from './errors.js';

/** The programs that a KWOK cluster of the binary runtime is made of, and those that steer it. */
export const binaryNames = [
  'kwokctl',
  'kubectl',
  'kwok',
  'etcd',
  'etcdctl',
  'etcdutl',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
] as const;

export type BinaryName = (typeof binaryNames)[number];

export interface BinariesOptions {
  /** Exact paths (the settings `KwokctlPath`, `KubectlPath`, …). They win and must exist. */
  paths?: Partial<Record<BinaryName, string>>;
  /**
   * Folders looked through after PATH, first match wins.
   *
   * @default the folder in `KUBE_BINARIES`, then the nearest `tools/kube-binaries/bin` above this file
   */
  folders?: readonly string[];
  /** @default process.env */
  env?: NodeJS.ProcessEnv;
}

/**
 * Finds programs: the given path, else PATH, else the folders. Looks on the disk at each call, so a binary that has
 * been built meanwhile is found.
 */
export class Binaries {
  readonly #paths: Partial<Record<BinaryName, string>>;
  readonly #folders: readonly string[];
  readonly #searchPath: readonly string[];

  constructor(options: BinariesOptions = {}) {
    const env = options.env ?? process.env;
    this.#paths = options.paths ?? {};
    this.#folders = options.folders ?? defaultFolders(env);
    this.#searchPath = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  }

  /** The absolute path of a program, or undefined. A given path that can't be executed is undefined, too. */
  find(name: BinaryName): string | undefined {
    const given = this.#paths[name];
    if (given !== undefined && given !== '') return isExecutable(given) ? resolve(given) : undefined;
    const folder = [...this.#searchPath, ...this.#folders].find((one) => isExecutable(join(one, name)));
    return folder === undefined ? undefined : resolve(folder, name);
  }

  /**
   * The absolute path of a program.
   *
   * @throws BinaryMissingError which says where it was looked for and what to do
   */
  path(name: BinaryName): string {
    const found = this.find(name);
    if (found !== undefined) return found;
    const given = this.#paths[name];
    throw new BinaryMissingError(
      name,
      given !== undefined && given !== ''
        ? `${name}: ${given} can't be executed; correct the path given for ${name}`
        : `${name} is neither on the PATH nor in ${this.#folders.join(', ') || 'any other folder'}; ` +
            `install it, give its path, or build it (tools/kube-binaries/build.sh) and set KUBE_BINARIES`,
    );
  }

  /** Those of `names` that can't be found. */
  missing(names: readonly BinaryName[]): BinaryName[] {
    return names.filter((name) => this.find(name) === undefined);
  }

  /**
   * What kwokctl must have in its environment to use our kubectl: it takes the one on the PATH first, then
   * `KWOK_KUBECTL_BINARY`, and would download it otherwise (kwok `pkg/kwokctl/runtime/cluster_tools.go`).
   */
  environment(): Record<string, string> {
    const kubectl = this.find('kubectl');
    const named = kubectl !== undefined && basename(kubectl) === 'kubectl' ? [dirname(kubectl)] : [];
    const path = [...named, ...this.#searchPath].join(delimiter);
    return kubectl === undefined ? { PATH: path } : { PATH: path, KWOK_KUBECTL_BINARY: kubectl };
  }
}

function defaultFolders(env: NodeJS.ProcessEnv): string[] {
  const given = env['KUBE_BINARIES'];
  const built = findAbove(dirname(fileURLToPath(import.meta.url)), join('tools', 'kube-binaries', 'bin'));
  return [given, built].filter((folder): folder is string => folder !== undefined && folder !== '');
}

function findAbove(start: string, relative: string): string | undefined {
  const candidate = join(start, relative);
  if (existsSync(candidate)) return candidate;
  const parent = dirname(start);
  return parent === start ? undefined : findAbove(parent, relative);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
