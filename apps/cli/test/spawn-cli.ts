import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** What a command has printed and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A running command line. */
export interface RunningCli {
  readonly child: ChildProcessWithoutNullStreams;
  readonly output: { out: string; err: string };
  readonly ended: Promise<Outcome>;
  /** Resolves when stdout holds `text`. */
  printed(text: string): Promise<void>;
}

/** Starts the command line from its sources, as a process of its own, with no settings of this user. */
export function startCli(args: readonly string[], env: Record<string, string> = {}): RunningCli {
  const child = spawn(
    process.execPath,
    ['--conditions=@scale-cluster/source', '--import', 'tsx', main, ...args],
    {
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
    },
  );
  child.stdin.end();
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }));
  onTestFinished(() => {
    if (child.exitCode === null) child.kill('SIGKILL');
  });
  const printed = async (text: string): Promise<void> => {
    while (!output.out.includes(text)) {
      if (child.exitCode !== null)
        throw new Error(`ended with ${child.exitCode}: ${output.out}${output.err}`);
      await Promise.race([once(child.stdout, 'data'), ended]);
    }
  };
  return { child, output, ended, printed };
}

/** Runs the command line to its end. */
export function cli(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return startCli(args, env).ended;
}
