import { type Binaries, type BinaryName } from './binaries.js';
import { childEnvironment, type Command, formatCommand, refuseSecretArguments } from './command.js';
import { BinaryVersionError } from './errors.js';
import { type Output, spawn, spawnLines } from './spawn.js';
import { formatVersion, isOlder, parseVersion, type Version } from './version.js';

/** Options of each call that runs a command. */
export interface CallOptions {
  /** Aborting sends SIGINT, and SIGKILL after `forceKillAfterMs`. */
  signal?: AbortSignal;
  /** Longest time for this call in milliseconds. @default the `timeoutMs` of the constructor */
  timeoutMs?: number;
}

export interface RunnerOptions {
  /** Where the programs are. @default new Binaries() */
  binaries?: Binaries;
  /**
   * Run only what changes nothing (version, list, get, logs); calls that change something return the command that
   * would have run.
   *
   * @default false
   */
  dryRun?: boolean;
  /** Hears of each command line before it runs, or instead of it in a dry run. It never holds a secret. */
  onCommand?: (commandLine: string) => void;
  /** Longest time for a command in milliseconds; creating and starting add their wait. @default 60_000 */
  timeoutMs?: number;
  /** Time between SIGINT and SIGKILL in milliseconds. @default 5_000 */
  forceKillAfterMs?: number;
  /** Where the environment of the commands is taken from, and PATH. @default process.env */
  env?: NodeJS.ProcessEnv;
}

/** What a command that changes something leaves. */
export interface CommandResult extends Output {
  /** The command line, quoted for a shell. */
  command: string;
  /** False in a dry run. */
  ran: boolean;
}

/** One program: its path and version found on first use, its environment, its dry run. */
export class Runner {
  readonly dryRun: boolean;
  readonly timeoutMs: number;
  readonly #options: RunnerOptions;
  #version: Promise<Version> | undefined;

  constructor(
    readonly program: BinaryName,
    private readonly requirement: { versionArgs: readonly string[]; minimum: Version },
    readonly binaries: Binaries,
    options: RunnerOptions,
    private readonly extraEnv: Readonly<Record<string, string>> = {},
  ) {
    this.#options = options;
    this.dryRun = options.dryRun ?? false;
    this.timeoutMs = options.timeoutMs ?? 60_000;
  }

  /**
   * The program's version, asked for once.
   *
   * @throws BinaryMissingError, BinaryVersionError
   */
  version(): Promise<Version> {
    this.#version ??= this.#readVersion().catch((error: unknown) => {
      // Whoever installs the right one now needn't start anew.
      this.#version = undefined;
      throw error;
    });
    return this.#version;
  }

  /** Runs a command that changes nothing, in a dry run as well. */
  async read(args: readonly string[], call: CallOptions = {}): Promise<Output> {
    await this.version();
    return this.#spawn(this.#command(args), call);
  }

  /** Runs a command that changes something, or says what it would be. */
  async change(args: readonly string[], call: CallOptions = {}, input?: string): Promise<CommandResult> {
    const command = this.#command(args, input);
    const line = formatCommand(command);
    if (this.dryRun) {
      this.#options.onCommand?.(line);
      return { command: line, ran: false, stdout: '', stderr: '' };
    }
    await this.version();
    return { command: line, ran: true, ...(await this.#spawn(command, call)) };
  }

  /** The lines of a command's stdout as they come, until the loop is left or `signal` aborts. */
  async *lines(args: readonly string[], signal?: AbortSignal): AsyncGenerator<string, void, undefined> {
    await this.version();
    const command = this.#command(args);
    this.#options.onCommand?.(formatCommand(command));
    yield* spawnLines(command, { signal, forceKillAfterMs: this.#forceKillAfterMs });
  }

  get #forceKillAfterMs(): number {
    return this.#options.forceKillAfterMs ?? 5000;
  }

  #command(args: readonly string[], input?: string): Command {
    refuseSecretArguments(args);
    const env = childEnvironment(this.#options.env ?? process.env, {
      ...this.binaries.environment(),
      ...this.extraEnv,
    });
    return { file: this.binaries.path(this.program), args, env, ...(input === undefined ? {} : { input }) };
  }

  #spawn(command: Command, { signal, timeoutMs }: CallOptions): Promise<Output> {
    this.#options.onCommand?.(formatCommand(command));
    const forceKillAfterMs = this.#forceKillAfterMs;
    return spawn(command, { signal, timeoutMs: timeoutMs ?? this.timeoutMs, forceKillAfterMs });
  }

  async #readVersion(): Promise<Version> {
    const { versionArgs, minimum } = this.requirement;
    const command = this.#command(versionArgs);
    const { stdout } = await this.#spawn(command, {});
    const version = parseVersion(stdout);
    if (version === undefined) {
      const said = JSON.stringify(stdout.slice(0, 100));
      throw new BinaryVersionError(this.program, `${command.file} tells no version but ${said}`);
    }
    // Built from source without a stamp: v0.0.0-master. Nothing is known of it, so nothing is held against it.
    const unstamped = version.every((part) => part === 0);
    if (!unstamped && isOlder(version, minimum)) {
      throw new BinaryVersionError(
        this.program,
        `${this.program} ${formatVersion(version)} (${command.file}) is older than ${formatVersion(minimum)}; ` +
          `upgrade it or give the path of a newer one`,
      );
    }
    return version;
  }
}
