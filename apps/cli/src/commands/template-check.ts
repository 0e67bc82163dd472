import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { cliError } from '../errors.js';
import { formatTable } from '../output/table.js';
import { terminalOf, withJson, type CommonOptions } from './common.js';

export function addTemplateCheck(parent: Command): void {
  const command = parent
    .command('check')
    .description('check a template, and show what a cluster made of it has')
    .argument('<file>', 'the template');
  withJson(command).action(async (file: string, options: CommonOptions) => {
    const terminal = terminalOf(options);
    const text = await readFile(file, 'utf8').catch((error: Error) => {
      throw cliError('ERR_CLI_FILE', `${file} can't be read: ${error.message}`, { cause: error });
    });
    // Loaded here, not above: the other commands start faster without it.
    const { parseTemplate, tryTemplate } = await import('@scale-cluster/cluster-sim');
    const template = parseTemplate(text, file, Date.now());
    const { counts, podPhases } = tryTemplate(template, file);
    const { version, nodeCount, maxNameLength } = template;
    if (terminal.json) {
      const objects = Object.fromEntries(counts);
      terminal.printJson({
        file,
        version,
        nodeCount,
        maxNameLength,
        objects,
        pods: Object.fromEntries(podPhases),
      });
      return;
    }
    const pods = [...podPhases].map(([phase, count]) => `${count} ${phase}`).join(', ');
    terminal.print(
      `${file} is a template: Kubernetes ${version}, ${nodeCount} nodes, pods ${pods || 'none'}`,
    );
    terminal.print(`Names of clusters may have ${maxNameLength} letters.\n`);
    terminal.print(
      formatTable(
        ['RESOURCE', 'OBJECTS'],
        [...counts].map(([resource, count]) => [resource, String(count)]),
      ),
    );
  });
}
