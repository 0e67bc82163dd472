import { once } from 'node:events';
import type { BackendKind } from '@scale-cluster/cluster-sim';
import { Option, type Command } from 'commander';
import { backendKinds } from '../api/clusters.js';
import { cliError } from '../errors.js';
import { seconds, terminalOf, wholeNumber, withJson, type CommonOptions } from './common.js';

interface DemoCommandOptions extends CommonOptions {
  readonly backend: BackendKind;
  readonly count?: number;
  readonly timeout?: number;
  readonly keep?: boolean;
  readonly home?: string;
}

/** What a usual machine brings up while somebody watches. */
const usual: Readonly<Record<BackendKind, { count: number; timeoutMs: number }>> = {
  memory: { count: 100, timeoutMs: 120_000 },
  'kwok-shared': { count: 20, timeoutMs: 600_000 },
  'kwok-dedicated': { count: 3, timeoutMs: 600_000 },
};

export function addDemo(program: Command): void {
  const command = program
    .command('demo')
    .description('show it all on this machine: a small Rancher, the agent, and clusters until all are active')
    .addOption(
      new Option(
        '--backend <kind>',
        'where the Kubernetes APIs live; the kwok backends need programs of their own',
      )
        .choices([...backendKinds])
        .default('memory'),
    )
    .option(
      '--count <n>',
      'how many clusters (default: 100; kwok-shared 20, kwok-dedicated 3)',
      wholeNumber(1),
    )
    .addOption(
      new Option(
        '--timeout <seconds>',
        'fail if not all are active by then (default: 120, with a kwok backend 600)',
      ).argParser(seconds),
    )
    .option('--keep', 'stay up afterwards, until Ctrl-C')
    .option('--home <dir>', "folder of the agent's files, kept at the end (default: a temporary one)");
  withJson(command).action(
    async ({ backend, count, timeout, keep = false, home, ...common }: DemoCommandOptions) => {
      const terminal = terminalOf(common);
      // Loaded here, not above: the other commands start faster without the whole agent.
      const { runDemo } = await import('../demo/demo.js');
      const { printDemo, printNextSteps } = await import('../demo/report.js');
      const interrupted = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

      const options = {
        backend,
        count: count ?? usual[backend].count,
        timeoutMs: timeout ?? usual[backend].timeoutMs,
        keep,
        signal: interrupted.signal,
        ...(home === undefined ? {} : { home }),
      };
      let shown = false;
      await runDemo(options, terminal, async (result) => {
        shown = true;
        if (terminal.json) terminal.printJson(result, !keep);
        else printDemo(terminal, result);
        if (keep) {
          if (!terminal.json) printNextSteps(terminal, result);
          if (!interrupted.signal.aborted) await once(interrupted.signal, 'abort');
        } else if (!terminal.json) {
          terminal.print("\nWant to look around? Add --keep: 'npm run demo -- --keep'");
        }
      });
      if (!shown) throw cliError('ERR_CLI_CANCELLED', 'the demo was interrupted');
    },
  );
}
