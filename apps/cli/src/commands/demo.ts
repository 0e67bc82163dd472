import { once } from 'node:events';
import { Option, type Command } from 'commander';
import { cliError } from '../errors.js';
import { seconds, terminalOf, wholeNumber, withJson, type CommonOptions } from './common.js';

interface DemoCommandOptions extends CommonOptions {
  readonly count: number;
  readonly timeout: number;
  readonly keep?: boolean;
  readonly home?: string;
}

export function addDemo(program: Command): void {
  const command = program
    .command('demo')
    .description('show it all on this machine: a small Rancher, the agent, and clusters until all are active')
    .option('--count <n>', 'how many clusters', wholeNumber(1), 100)
    .addOption(
      new Option('--timeout <seconds>', 'fail if not all are active by then')
        .argParser(seconds)
        .default(120_000, '120'),
    )
    .option('--keep', 'stay up afterwards, until Ctrl-C')
    .option('--home <dir>', "folder of the agent's files, kept at the end (default: a temporary one)");
  withJson(command).action(async ({ count, timeout, keep = false, home, ...common }: DemoCommandOptions) => {
    const terminal = terminalOf(common);
    // Loaded here, not above: the other commands start faster without the whole agent.
    const { runDemo } = await import('../demo/demo.js');
    const { printDemo, printNextSteps } = await import('../demo/report.js');
    const interrupted = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

    const options = {
      count,
      timeoutMs: timeout,
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
  });
}
