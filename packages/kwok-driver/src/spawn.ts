import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { type Command, formatCommand } from './command.js';
import {
  BinaryMissingError,
  CommandAbortedError,
  CommandError,
  type CommandErrorOptions,
  CommandTimeoutError,
} from './errors.js';

export interface SpawnOptions {
  /** Ends the command: SIGINT, and SIGKILL when it is still there after `forceKillAfterMs`. */
  signal?: AbortSignal | undefined;
  /** Longest time the command may take, in milliseconds; then it is ended like by `signal`. */
  timeoutMs: number;
  /** Grace after SIGINT in milliseconds. */
  forceKillAfterMs: number;
}

export interface Output {
  stdout: string;
  stderr: string;
}

const maxTailChars = 4000;

/**
 * Runs a command to its end. The only place, with `spawnLines`, where this package starts a process.
 *
 * @throws BinaryMissingError, CommandTimeoutError, CommandAbortedError, CommandError
 */
export async function spawn(command: Command, options: SpawnOptions): Promise<Output> {
  const result = await start(command, options, true);
  throwIfFailed(command, options, result);
  return { stdout: result.stdout, stderr: result.stderr };
}

/**
 * Yields the lines of a command's stdout as they come. Leaving the loop ends the command; so does `signal`, which
 * ends the loop without an error, as it is the way to stop following.
 *
 * @throws as `spawn`, but CommandAbortedError
 */
export async function* spawnLines(
  command: Command,
  options: Omit<SpawnOptions, 'timeoutMs'>,
): AsyncGenerator<string, void, undefined> {
  const left = new AbortController();
  const signal = options.signal === undefined ? left.signal : AbortSignal.any([options.signal, left.signal]);
  const forever = { ...options, signal, timeoutMs: 0 };
  const running = start(command, forever, false);
  const ended = running.then((result) => result);
  // Node calls it unhandled if nobody listens while lines are read; it is awaited below.
  ended.catch(() => undefined);
  try {
    for await (const line of createInterface({ input: running.stdout })) yield line;
    const result = await ended;
    if (!result.isCanceled) throwIfFailed(command, forever, result);
  } finally {
    left.abort();
    await ended;
  }
}

/** `buffer: false` keeps no output of a command that may write for days. */
function start(command: Command, options: SpawnOptions, buffer: boolean) {
  return execa(command.file, command.args, {
    env: command.env,
    extendEnv: false,
    reject: false,
    buffer: { stdout: buffer, stderr: true },
    maxBuffer: { stdout: 256 * 1024 * 1024, stderr: 4 * 1024 * 1024 },
    stripFinalNewline: false,
    timeout: options.timeoutMs,
    killSignal: 'SIGINT',
    forceKillAfterDelay: options.forceKillAfterMs,
    ...(command.input === undefined ? { stdin: 'ignore' as const } : { input: command.input }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
}

type Result = Awaited<ReturnType<typeof start>>;

function throwIfFailed(command: Command, options: SpawnOptions, result: Result): void {
  if (!result.failed) return;
  const line = formatCommand(command);
  const about: CommandErrorOptions = {
    command: line,
    exitCode: result.exitCode,
    stderrTail: (result.stderr ?? '').slice(-maxTailChars),
    cause: result.cause,
  };
  if (result.code === 'ENOENT' || result.code === 'EACCES') {
    throw new BinaryMissingError(command.file, `${command.file} can't be executed (${result.code})`, {
      cause: result.cause,
    });
  }
  if (result.isCanceled) throw new CommandAbortedError(`aborted: ${line}`, about);
  if (result.timedOut)
    throw new CommandTimeoutError(`not done within ${options.timeoutMs} ms: ${line}`, about);
  const how =
    result.exitCode === undefined ? (result.signal ?? 'not started') : `exit code ${result.exitCode}`;
  throw new CommandError(`${how}: ${line}: ${lastLine(about.stderrTail ?? '')}`, about);
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.slice(0, 500) || 'nothing on stderr';
}
