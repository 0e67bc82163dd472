import { createInterface } from 'node:readline/promises';
import { Option, type Command } from 'commander';
import { waitForClusters } from '../api/wait.js';
import { clusterNames, deleteClusters } from '../api/clusters.js';
import { cliError, usageError } from '../errors.js';
import { plural } from '../output/format.js';
import { PhaseProgress } from '../output/phase-progress.js';
import { printOutcome, throwOnFailures } from './bulk-outcome.js';
import { connect, seconds, withServer, type RemoteOptions } from './common.js';

interface DeleteOptions extends RemoteOptions {
  readonly prefix?: string;
  readonly all?: boolean;
  readonly yes?: boolean;
  readonly wait?: boolean;
  readonly timeout: number;
}

export function addDelete(program: Command): void {
  const command = program
    .command('delete')
    .description('delete clusters, in Rancher too')
    .argument('[names...]', 'names of the clusters')
    .option('--prefix <prefix>', 'all clusters whose names begin so')
    .option('--all', 'all clusters of the agent')
    .option('-y, --yes', "don't ask")
    .option('--wait', 'wait until they are gone')
    .addOption(
      new Option('--timeout <seconds>', 'how long to wait').argParser(seconds).default(600_000, '600'),
    );
  withServer(command).action(async (given: string[], options: DeleteOptions) => {
    if ([given.length > 0, options.prefix !== undefined, options.all].filter(Boolean).length !== 1) {
      throw usageError('say what to delete: names, or --prefix, or --all, and only one of these');
    }
    const { client, terminal } = connect(options);
    const names = given.length > 0 ? given : await matching(clusterNames(client), options.prefix);
    if (names.length === 0) {
      if (terminal.json) terminal.printJson({ deleted: 0, failed: 0, results: [] });
      else terminal.print('nothing to delete');
      return;
    }
    if (!options.yes) await confirm(names, given.length > 0);

    const outcome = await deleteClusters(client, { names });
    printOutcome(terminal, 'deleted', outcome);
    if (options.wait) {
      const progress = new PhaseProgress(terminal, outcome.succeeded, 'gone');
      const gone = outcome.results
        .filter((result) => result.error === undefined)
        .map((result) => result.name);
      await waitForClusters(client, {
        names: gone,
        until: 'gone',
        timeoutMs: options.timeout,
        onChange: (phases) => progress.show(phases),
      }).finally(() => progress.finish());
    }
    if (terminal.json) {
      terminal.printJson({ deleted: outcome.succeeded, failed: outcome.failed, results: outcome.results });
    }
    throwOnFailures(outcome, 'deleted');
  });
}

async function matching(names: Promise<string[]>, prefix: string | undefined): Promise<string[]> {
  return (await names).filter((name) => prefix === undefined || name.startsWith(prefix));
}

/** Asks a person; a script must have named its clusters, or say --yes. */
async function confirm(names: readonly string[], named: boolean): Promise<void> {
  const what = names.length <= 5 ? names.join(', ') : plural(names.length, 'cluster');
  if (!process.stdin.isTTY) {
    if (named) return;
    throw usageError(
      `this would delete ${what}, and there is no terminal to ask on`,
      'add --yes if that is wanted',
    );
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`Delete ${what}, in Rancher too? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw cliError('ERR_CLI_CANCELLED', 'nothing was deleted');
  } finally {
    prompt.close();
  }
}
