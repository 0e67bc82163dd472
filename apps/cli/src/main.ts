#!/usr/bin/env node
import { CommanderError } from 'commander';
import { CliError } from './errors.js';
import { buildProgram } from './program.js';

/** A failure as both kinds of readers need it. */
interface Failure {
  readonly error: string;
  readonly code: string;
  readonly hint?: string;
  readonly exitCode: number;
}

async function main(args: readonly string[]): Promise<number> {
  try {
    await buildProgram().parseAsync(args, { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    // Help and version end by a throw, too; they have been printed.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const { exitCode, ...failure } = await failureOf(error, args.length === 0);
    if (args.includes('--json')) process.stderr.write(`${JSON.stringify(failure)}\n`);
    else
      process.stderr.write(
        `scale-cluster: ${failure.error}\n${failure.hint === undefined ? '' : `  ${failure.hint}\n`}`,
      );
    return exitCode;
  }
}

async function failureOf(error: unknown, bare: boolean): Promise<Failure> {
  if (error instanceof CliError) {
    const { message, code, hint, exitCode } = error;
    return { error: message, code, exitCode, ...(hint === undefined ? {} : { hint }) };
  }
  if (error instanceof CommanderError) {
    // `(outputHelp)` is commander's message when no command was given; the help has been printed.
    if (bare) return { error: 'no command given', code: 'ERR_CLI_USAGE', exitCode: 2 };
    const [message = '', hint] = error.message.replace(/^error: /, '').split('\n');
    return {
      error: message,
      code: 'ERR_CLI_USAGE',
      hint: hint?.replace(/^\((.*)\)$/, '$1') ?? "see 'scale-cluster --help'",
      exitCode: 2,
    };
  }
  const { exitCodeOf, sentenceOf } = await import('@scale-cluster/agent');
  const code = (error as { code?: unknown } | null)?.code;
  return {
    error: sentenceOf(error),
    code: typeof code === 'string' ? code : 'ERR_CLI_INTERNAL',
    exitCode: exitCodeOf(error),
  };
}

// Whoever reads our output may stop early (`| head`): that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await main(process.argv.slice(2));
