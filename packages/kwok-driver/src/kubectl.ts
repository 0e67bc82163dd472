import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Binaries } from './binaries.js';
import { CommandError } from './errors.js';
import { type CallOptions, type CommandResult, Runner, type RunnerOptions } from './runner.js';
import { formatVersion } from './version.js';

export interface KubectlOptions extends RunnerOptions {
  /** The kubeconfig file: server and credentials. Required, so that no command ever meets the user's own cluster. */
  kubeconfig: string;
  /** A context of it. @default its current context */
  context?: string;
}

/** The fields of a Kubernetes object that all kinds have. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata?: { name?: string; namespace?: string; [field: string]: unknown };
  [field: string]: unknown;
}

export interface ApplyOptions extends CallOptions {
  /** Owner of the fields. @default kwok-driver */
  fieldManager?: string;
  /** Take fields over from other owners. @default false */
  force?: boolean;
  /** For objects that name no namespace. */
  namespace?: string;
}

export interface GetOptions extends CallOptions {
  namespace?: string;
  /** @default false */
  allNamespaces?: boolean;
  /** A label selector. */
  selector?: string;
  fieldSelector?: string;
}

export interface PatchOptions extends CallOptions {
  namespace?: string;
  /** @default merge */
  type?: 'merge' | 'json' | 'strategic';
}

export interface WaitOptions extends CallOptions {
  /** `condition=Ready`, `delete`, `create`, `jsonpath={.status.phase}=Running`. */
  for: string;
  namespace?: string;
  selector?: string;
  /** Longest wait in milliseconds. @default 60_000 */
  waitMs?: number;
}

/**
 * `kubectl` against one API server, for what a person would do by hand. Each call is a process: for many objects use
 * a client library.
 */
export class Kubectl {
  readonly #runner: Runner;
  readonly #target: readonly string[];

  constructor(options: KubectlOptions) {
    const binaries = options.binaries ?? new Binaries(options.env === undefined ? {} : { env: options.env });
    // `kubectl patch --subresource` came with 1.24.
    const requirement = {
      versionArgs: ['version', '--client', '--output=json'],
      minimum: [1, 24, 0] as const,
    };
    this.#runner = new Runner('kubectl', requirement, binaries, options);
    this.#target = [
      ...['--kubeconfig', options.kubeconfig],
      ...(options.context === undefined ? [] : ['--context', options.context]),
    ];
  }

  /** kubectl's own version: `v1.34.4`. */
  async version(): Promise<string> {
    return formatVersion(await this.#runner.version());
  }

  /** The API server's version: `v1.34.4`. */
  async serverVersion(call: CallOptions = {}): Promise<string> {
    const { stdout } = await this.#runner.read([...this.#target, 'get', '--raw', '/version'], call);
    return (JSON.parse(stdout) as { gitVersion: string }).gitVersion;
  }

  /** Server-side apply of YAML or JSON documents, which go through stdin. */
  async apply(manifest: string, options: ApplyOptions = {}): Promise<CommandResult> {
    const args = [...this.#target, 'apply', '--server-side', '--filename', '-'];
    args.push('--field-manager', options.fieldManager ?? 'kwok-driver');
    if (options.force === true) args.push('--force-conflicts');
    if (options.namespace !== undefined) args.push('--namespace', options.namespace);
    return this.#runner.change(args, options, manifest);
  }

  /** One object, or undefined when there is none of that name. */
  async get<T extends KubernetesObject = KubernetesObject>(
    resource: string,
    name: string,
    options: GetOptions = {},
  ): Promise<T | undefined> {
    const args = [...this.#target, 'get', resource, name, '--ignore-not-found', '--output', 'json'];
    const { stdout } = await this.#runner.read([...args, ...selection(options)], options);
    return stdout.trim() === '' ? undefined : (JSON.parse(stdout) as T);
  }

  /** All objects of a resource that the options select. */
  async list<T extends KubernetesObject = KubernetesObject>(
    resource: string,
    options: GetOptions = {},
  ): Promise<T[]> {
    const args = [...this.#target, 'get', resource, '--output', 'json', ...selection(options)];
    const { stdout } = await this.#runner.read(args, options);
    return (JSON.parse(stdout) as { items: T[] }).items;
  }

  /** Patches the status subresource. The patch goes through a file that only this user can read. */
  async patchStatus(
    resource: string,
    name: string,
    patch: unknown,
    options: PatchOptions = {},
  ): Promise<CommandResult> {
    const folder = await mkdtemp(join(tmpdir(), 'kwok-driver-'));
    try {
      // Not stdin: kubectl opens `--patch-file`, and Node's stdin pipes are sockets, which can't be opened by name.
      const file = join(folder, 'patch.json');
      await writeFile(file, JSON.stringify(patch), { mode: 0o600 });
      const args = [...this.#target, 'patch', resource, name, '--subresource', 'status'];
      args.push('--type', options.type ?? 'merge', '--patch-file', file, ...selection(options));
      return await this.#runner.change(args, options);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /**
   * Waits until the objects are as `for` says.
   *
   * @param target `node/node-0`, or a resource with `selector`
   * @returns false when they weren't after `waitMs`
   * @throws CommandError when there is no such object
   */
  async wait(target: string, options: WaitOptions): Promise<boolean> {
    const waitMs = options.waitMs ?? 60_000;
    const args = [...this.#target, 'wait', target, `--for=${options.for}`, `--timeout=${waitMs / 1000}s`];
    const call = { ...options, timeoutMs: options.timeoutMs ?? waitMs + this.#runner.timeoutMs };
    try {
      await this.#runner.read([...args, ...selection(options)], call);
      return true;
    } catch (error) {
      const late =
        error instanceof CommandError && /timed out waiting for the condition/.test(error.stderrTail);
      if (late) return false;
      throw error;
    }
  }

  /** Runs any other kubectl command; secrets among `args` are refused. */
  async run(args: readonly string[], call: CallOptions & { input?: string } = {}): Promise<CommandResult> {
    return this.#runner.change([...this.#target, ...args], call, call.input);
  }
}

function selection(options: GetOptions): string[] {
  return [
    ...(options.namespace === undefined ? [] : ['--namespace', options.namespace]),
    ...(options.allNamespaces === true ? ['--all-namespaces'] : []),
    ...(options.selector === undefined ? [] : ['--selector', options.selector]),
    ...(options.fieldSelector === undefined ? [] : ['--field-selector', options.fieldSelector]),
  ];
}
