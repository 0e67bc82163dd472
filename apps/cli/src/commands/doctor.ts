import { Option, type Command } from 'commander';
import type { Finding } from '../doctor/finding.js';
import { cliError } from '../errors.js';
import { plural } from '../output/format.js';
import type { Terminal } from '../output/terminal.js';
import { terminalOf, wholeNumber, withJson, type CommonOptions } from './common.js';

interface DoctorOptions extends CommonOptions {
  readonly clusters: number;
  /** The name that `clusters` had before. */
  readonly count?: number;
  readonly home?: string;
}

export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('check settings, machine and Rancher before a run')
    .option('--clusters <n>', 'for how many clusters', wholeNumber(1), 100)
    .addOption(new Option('--count <n>').argParser(wholeNumber(1)).hideHelp())
    .option('--home <dir>', 'folder of settings and state (default: ~/.scale-cluster-agent)');
  withJson(command).action(async (options: DoctorOptions) => {
    const terminal = terminalOf(options);
    const { examine } = await import('../doctor/doctor.js');
    const findings: Finding[] = [];
    for await (const finding of examine(options.count ?? options.clusters, options.home)) {
      findings.push(finding);
      if (!terminal.json) printFinding(terminal, finding);
    }
    if (terminal.json) terminal.printJson(findings);
    const failed = findings.filter((finding) => finding.status === 'fail').length;
    if (failed > 0) throw cliError('ERR_CLI_DOCTOR', `${plural(failed, 'check')} failed`);
  });
}

const colours = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

function printFinding(terminal: Terminal, { status, check, message, todo }: Finding): void {
  terminal.print(`${terminal.paint(colours[status], status.padEnd(4))}  ${check}: ${message}`);
  if (todo !== undefined) terminal.print(`      ${todo}`);
}
