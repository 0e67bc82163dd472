import { spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Programs } from './build.js';
import type { Report, SpecResult } from './report.js';
import { readReport } from './report.js';

/** Parts of the suite that an API without kubelets, webhooks and aggregated servers can be held to. */
export const sigs = ['api-machinery', 'auth', 'apps', 'architecture', 'instrumentation', 'scheduling'];
const beyond = String.raw`AdmissionWebhook|ConversionWebhook|Aggregator |\[Serial\]`;

/** Conformance specs of these SIGs whose names match the regular expression. */
export const focusOn = (sigs: readonly string[], only: string): string =>
  `\\[sig-(${sigs.join('|')})\\].*(${only}).*\\[Conformance\\]`;

/** Specs of these names. */
export const exactly = (names: readonly string[]): string =>
  names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');

export interface SuiteOptions {
  readonly kubeconfig: string;
  /** Regular expression of the names of specs to run. */
  readonly focus: string;
  /** Regular expressions: of those, not the ones that match. */
  readonly skip?: readonly string[];
  /** Specs run at a time. */
  readonly procs: number;
  /** Folder of ginkgo's `report.json` and `ginkgo.log`. */
  readonly output: string;
}

/**
 * Runs the suite and answers the result of each spec; a dot or F goes to stderr as each ends. Throws Error when it
 * could not run to its end.
 */
export async function runSuite(programs: Programs, options: SuiteOptions): Promise<SpecResult[]> {
  const args = [
    `--procs=${options.procs}`,
    `--focus=${options.focus}`,
    `--skip=${[beyond, ...(options.skip ?? [])].join('|')}`,
    '--timeout=3h',
    '--no-color',
    '--silence-skips',
    '--json-report=report.json',
    `--output-dir=${options.output}`,
    programs.suite,
    '--',
    `--kubeconfig=${options.kubeconfig}`,
    '--provider=skeleton',
  ];
  const child = spawn(programs.ginkgo, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.pipe(createWriteStream(join(options.output, 'ginkgo.log')));
  createInterface(child.stdout).on('line', (line) => {
    if (line.startsWith('•'))
      process.stderr.write(/^• \[[A-Z]/.test(line) ? 'F' : '.'.repeat(line.replace(/[^•]/g, '').length));
  });
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    // 1: specs failed, which is for the caller to judge.
    child.on('close', (code) =>
      code === 0 || code === 1 ? resolve() : reject(new Error(`ginkgo ended with ${code ?? 'a signal'}`)),
    );
  });
  return readReport(JSON.parse(readFileSync(join(options.output, 'report.json'), 'utf8')) as Report[]);
}
