import { Option, type Command } from 'commander';
import { backendKinds, createClusters, type BulkOutcome } from '../api/clusters.js';
import type { AgentClient } from '../api/client.js';
import { waitForClusters } from '../api/wait.js';
import { usageError } from '../errors.js';
import { PhaseProgress } from '../output/phase-progress.js';
import type { Terminal } from '../output/terminal.js';
import { printOutcome, throwOnFailures } from './bulk-outcome.js';
import { connect, definedOnly, seconds, wholeNumber, withServer, type RemoteOptions } from './common.js';

interface CreateOptions extends RemoteOptions {
  readonly count?: number;
  readonly prefix?: string;
  readonly start?: number;
  readonly backend?: string;
  readonly template?: string;
  readonly wait?: boolean;
  readonly timeout: number;
}

export function addCreate(program: Command): void {
  const command = program
    .command('create')
    .description('create clusters, by name or by number')
    .argument('[names...]', 'names of the clusters')
    .option('--prefix <prefix>', 'with --count: names become PREFIX-0001, PREFIX-0002, …')
    .option('--count <n>', 'how many', wholeNumber(1))
    .option('--start <n>', 'the first number (default: 1)', wholeNumber(0))
    .addOption(
      new Option(
        '--backend <kind>',
        'where their Kubernetes APIs live (default: as the agent is set)',
      ).choices([...backendKinds]),
    )
    .option('--template <name>', 'what they begin with: a file in config/templates (default: cluster.yaml)')
    .option('--wait', 'wait until all are active in Rancher')
    .addOption(
      new Option('--timeout <seconds>', 'how long to wait').argParser(seconds).default(600_000, '600'),
    );
  withServer(command).action(async (names: string[], options: CreateOptions) => {
    const wanted = wantedOf(names, options);
    const { backend, template } = options;
    const { client, terminal } = connect(options);
    const outcome = await createClusters(client, wanted, definedOnly({ backend, template }));
    printOutcome(terminal, 'created', outcome);
    const created = outcome.results
      .filter((result) => result.error === undefined)
      .map((result) => result.name);
    if (options.wait && created.length > 0) await waitUntilActive(client, terminal, created, options.timeout);
    if (terminal.json) printJson(terminal, outcome);
    throwOnFailures(outcome, 'created');
  });
}

function wantedOf(
  names: string[],
  { prefix, count, start }: CreateOptions,
): Parameters<typeof createClusters>[1] {
  if (names.length > 0) {
    if (prefix !== undefined || count !== undefined || start !== undefined) {
      throw usageError("names can't be given together with --prefix, --count or --start");
    }
    return { names };
  }
  if (prefix === undefined || count === undefined) {
    throw usageError(
      prefix === undefined && count === undefined
        ? 'no cluster named'
        : `${prefix === undefined ? '--count needs --prefix' : '--prefix needs --count'}`,
      "try 'scale-cluster create my-cluster' or 'scale-cluster create --prefix edge --count 100'",
    );
  }
  return { prefix, count, ...(start === undefined ? {} : { start }) };
}

async function waitUntilActive(
  client: AgentClient,
  terminal: Terminal,
  names: readonly string[],
  timeoutMs: number,
): Promise<void> {
  const progress = new PhaseProgress(terminal, names.length, 'active');
  try {
    await waitForClusters(client, {
      names,
      until: 'active',
      timeoutMs,
      onChange: (phases) => progress.show(phases),
    });
  } finally {
    progress.finish();
  }
}

function printJson(terminal: Terminal, { succeeded, failed, results }: BulkOutcome): void {
  terminal.printJson({ created: succeeded, failed, results });
}
