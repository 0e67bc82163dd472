import type { Command } from 'commander';
import type { Capture } from '@scale-cluster/cluster-sim';
import { plural } from '../output/format.js';
import { formatTable } from '../output/table.js';
import type { Terminal } from '../output/terminal.js';
import { terminalOf, wholeNumber, withJson, type CommonOptions } from './common.js';
import { writePrivately } from './kubeconfig.js';

interface CaptureCommandOptions extends CommonOptions {
  readonly kubeconfig: string;
  readonly context?: string;
  readonly output?: string;
  readonly seed: number;
}

export function addTemplateCapture(parent: Command): void {
  const command = parent
    .command('capture')
    .description('make a template of a real cluster, without its secrets and the names of people and hosts')
    .requiredOption('--kubeconfig <file>', 'kubeconfig of the cluster; it is only read from')
    .option('--context <name>', 'which of its contexts (default: the current one)')
    .option('-o, --output <file>', 'write the template to a file that only you can read (default: stdout)')
    .option('--seed <n>', 'the same seed gives the same names', wholeNumber(0), 1);
  withJson(command).action(async ({ kubeconfig, context, output, seed, json }: CaptureCommandOptions) => {
    const terminal = terminalOf({ json: json === true });
    // Loaded here, not above: the other commands start faster without it.
    const { captureTemplate, openKubeconfig } = await import('@scale-cluster/cluster-sim');
    const interrupted = new AbortController();
    process.once('SIGINT', () => interrupted.abort());
    const source = await openKubeconfig({
      kubeconfig,
      signal: interrupted.signal,
      ...(context === undefined ? {} : { context }),
    });
    try {
      const capture = await captureTemplate(source, { seed, onProgress: (text) => terminal.note(text) });
      const { text, ...report } = capture;
      if (output !== undefined) await writePrivately(output, text);
      if (terminal.json)
        terminal.printJson({ ...report, ...(output === undefined ? { text } : { file: output }) });
      else if (output === undefined) terminal.print(text.trimEnd());
      noteReport(terminal, capture);
      if (output !== undefined)
        terminal.note(
          `\nWritten to ${output}. Look through it before you give it away; as config/templates/NAME.yaml in the ` +
            "agent's folder it is used by 'scale-cluster create --template NAME'.",
        );
    } finally {
      source.close();
    }
  });
}

/** What was captured, left out and replaced; to stderr, as the template itself may go to stdout. */
function noteReport(terminal: Terminal, { counts, leftOut, replaced, secretCount }: Capture): void {
  terminal.note('');
  terminal.note(
    formatTable(
      ['RESOURCE', 'IN THE CLUSTER', 'IN A SIMULATED ONE'],
      counts.map(({ resource, source, simulated }) => [resource, String(source), String(simulated)]),
    ),
  );
  terminal.note('');
  terminal.note(
    formatTable(
      ['LEFT OUT', 'OBJECTS', 'BECAUSE'],
      leftOut
        .filter(({ always }) => !always)
        .map(({ what, count, reason }) => [what, count === 0 ? '-' : String(count), reason]),
    ),
  );
  const kinds = [...new Set(replaced.map(({ kind }) => kind))];
  const names = kinds.map((kind) => plural(replaced.filter((one) => one.kind === kind).length, kind));
  terminal.note(`\nReplaced: ${[...names, plural(secretCount, 'secret value')].join(', ')}.`);
}
