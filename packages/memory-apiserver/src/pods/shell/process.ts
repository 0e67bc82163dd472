import type { FileTree } from '../container-files.js';
import type { CommandOutcome } from '../pod-script.js';
import type { Input } from './input.js';

/** Where a process reads and writes. */
export interface Streams {
  readonly input: Input;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** The container that processes run in. */
export interface Machine {
  readonly hostname: string;
  readonly files: FileTree;
  readonly environment: ReadonlyMap<string, string>;
  readonly directory: string;
  /** What the pod script says of command lines. */
  readonly commands: ReadonlyMap<string, CommandOutcome>;
  readonly now: () => number;
  /** Rejects with ProcessKilled or Interrupted. */
  sleep(milliseconds: number): Promise<void>;
  /** Resolves when the client has taken most of what was printed; undefined if it has. */
  drained(): Promise<void> | undefined;
  /** Ends the process from outside. */
  readonly signal: AbortSignal;
  /** Shells that talk with a person show a prompt. */
  readonly tty: boolean;
}

/** A program that isn't there: command not found. */
export class NoSuchProgram extends Error {
  override readonly name = 'NoSuchProgram';
  constructor(readonly program: string) {
    super(`exec: ${JSON.stringify(program)}: executable file not found in $PATH`);
  }
}

/** The process was ended from outside. */
export class ProcessKilled extends Error {
  override readonly name = 'ProcessKilled';
}
