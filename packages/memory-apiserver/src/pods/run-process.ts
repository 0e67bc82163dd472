import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { Input, Interrupted } from './shell/input.js';
import { ProcessKilled, type Machine, type Streams } from './shell/process.js';
import { runProgram } from './shell/shell.js';
import { Terminal, toScreen } from './shell/terminal.js';
import type { SimulatedContainer } from './simulated-container.js';

/** The client's ends of a process's streams. */
export interface ProcessIo {
  readonly stdin: Readable | undefined;
  readonly stdout: Writable | undefined;
  /** With a terminal, errors go where all output goes. */
  readonly stderr: Writable | undefined;
  readonly tty: boolean;
  readonly signal: AbortSignal;
}

/** The exit code of a process that was killed: 128 and SIGKILL. */
const KILLED = 137;
/** Input that waits to be read, characters, before the client has to wait. */
const MAX_UNREAD = 1024 * 1024;

/**
 * Runs a command in the container and resolves with its exit code. Rejects with NoSuchProgram.
 *
 * @param onSleep called before the process begins to wait for time; it may end the process
 */
export async function runProcess(
  container: SimulatedContainer,
  command: readonly string[],
  io: ProcessIo,
  onSleep?: () => void,
): Promise<number> {
  const input = new Input();
  const sleepers = new Set<(error: Error) => void>();
  const wake = (error: Error): void => {
    for (const reject of sleepers) reject(error);
  };
  const machine: Machine = {
    hostname: container.hostname,
    files: container.files,
    environment: container.environment,
    directory: container.container.workingDir ?? '/',
    commands: container.script.commands,
    now: container.now,
    signal: io.signal,
    tty: io.tty,
    sleep: (milliseconds) => {
      onSleep?.();
      return sleep(milliseconds, io.signal, sleepers);
    },
    drained: () => drained(io.stdout),
  };
  const print = (target: Writable | undefined, text: string): void => {
    if (target?.writable === true && text !== '') target.write(io.tty ? toScreen(text) : text);
  };
  const streams: Streams = {
    input,
    out: (text) => print(io.stdout, text),
    err: (text) => print(io.tty ? io.stdout : io.stderr, text),
  };
  const onAbort = (): void => {
    input.end();
    wake(new ProcessKilled('the client has gone'));
  };
  io.signal.addEventListener('abort', onAbort, { once: true });
  readInput(io, input, () => wake(new Interrupted()));
  try {
    const state = { machine, variables: new Map(machine.environment), directory: machine.directory };
    return await runProgram(command, streams, state);
  } catch (error) {
    if (error instanceof Interrupted) return 130;
    if (error instanceof ProcessKilled) return KILLED;
    throw error;
  } finally {
    io.signal.removeEventListener('abort', onAbort);
  }
}

function readInput({ stdin, stdout, tty }: ProcessIo, input: Input, interrupt: () => void): void {
  if (stdin === undefined) {
    input.end();
    return;
  }
  const terminal = tty
    ? new Terminal(
        input,
        (text) => stdout?.writable === true && stdout.write(text),
        () => {
          interrupt();
          input.interrupt();
        },
      )
    : undefined;
  const decoder = new StringDecoder('utf8');
  stdin.on('data', (chunk: Buffer) => {
    if (terminal !== undefined) terminal.type(chunk);
    else input.push(decoder.write(chunk));
    if (input.length > MAX_UNREAD) {
      stdin.pause();
      input.onRead(() => stdin.resume());
    }
  });
  stdin.once('end', () => input.end());
  stdin.once('error', () => input.end());
}

/** At most this long at once: node's timers can't do more. */
const MAX_TIMER_MS = 2 ** 31 - 1;

function sleep(
  milliseconds: number,
  signal: AbortSignal,
  sleepers: Set<(error: Error) => void>,
): Promise<void> {
  if (signal.aborted) return Promise.reject(new ProcessKilled('the client has gone'));
  return new Promise<void>((resolve, reject) => {
    const end = (error?: Error): void => {
      clearTimeout(timer);
      sleepers.delete(end);
      if (error === undefined) resolve();
      else reject(error);
    };
    const timer = setTimeout(end, Math.min(milliseconds, MAX_TIMER_MS));
    sleepers.add(end);
  });
}

function drained(stdout: Writable | undefined): Promise<void> | undefined {
  if (stdout === undefined || !stdout.writableNeedDrain) return undefined;
  return new Promise((resolve) => {
    stdout.once('drain', resolve);
    stdout.once('close', resolve);
  });
}
