/**
 * Measures a whole fleet against a Rancher on the same machine: see README.md.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startFake } from './fake-rancher.js';
import { readOptions, usage, UsageError, type Options } from './options.js';
import { startPeer } from './peer-rancher.js';
import { deleteAll } from './phases/delete.js';
import { drop } from './phases/drop.js';
import { growth } from './phases/hold.js';
import { ramp } from './phases/ramp.js';
import { restart } from './phases/restart.js';
import { soak } from './phases/soak.js';
import { Profiler } from './profiler.js';
import { Run } from './run.js';
import { formatRows, formatWorse, inBoth, isWorse } from './table.js';
import type { Row } from './figures.js';

async function main(options: Options): Promise<boolean> {
  const program = options.agent ?? fileURLToPath(new URL('../../apps/agent/dist/main.js', import.meta.url));
  if (!existsSync(program)) throw new UsageError(`there is no ${program}: npx nx bundle agent`);
  const before = options.compare === undefined ? undefined : earlierRows(options.compare);
  const rancher =
    options.peer === undefined
      ? await startFake()
      : await startPeer(options.peer, options.peerFlags, options.verbose);
  const profiler = options.profile === undefined ? undefined : new Profiler(options.profile, program);
  const run = await Run.begin(options, rancher, program, profiler);
  const largest = options.steps.at(-1) ?? NaN;
  let failure: unknown;
  try {
    await phases(run);
  } catch (error) {
    failure = error;
    run.say(describe(error));
  }
  const stats = await rancher.stats();
  const violations = await run.violations();
  run.figures.add('run', largest, {
    violations: Object.values(violations).reduce((sum, count) => sum + count, 0),
    'CPU of Rancher, s': stats.cpuSec,
    'RSS of Rancher, MiB': stats.rssMiB,
  });
  await run.end();

  const { rows } = run.figures;
  process.stdout.write(`${formatRows(rows)}\n`);
  for (const [kind, count] of Object.entries(violations))
    process.stdout.write(`violation ${kind}: ${count}, such as: ${stats.examples[kind] ?? '?'}\n`);
  const compared = inBoth(rows, before ?? []);
  const worse = compared.filter(isWorse);
  if (before !== undefined) {
    process.stdout.write(
      `\n${worse.length} of ${compared.length} figures of both runs are worse by more than 10 %\n`,
    );
    if (worse.length > 0) process.stdout.write(`${formatWorse(worse)}\n`);
  }
  if (options.json !== undefined) {
    const machine = {
      cpu: cpus()[0]?.model,
      cores: cpus().length,
      memoryBytes: totalmem(),
      node: process.version,
    };
    const result = {
      machine,
      rancher: rancher.name,
      options,
      rows,
      violations,
      stats: stats.raw,
      samples: run.sampler.samples,
    };
    writeFileSync(options.json, `${JSON.stringify(result, undefined, 2)}\n`);
  }
  return failure === undefined && Object.keys(violations).length === 0 && worse.length === 0;
}

async function phases(run: Run): Promise<void> {
  const { options } = run;
  for (const step of options.steps) await ramp(run, step);
  growth(run);
  if (options.phases.has('drop')) await drop(run);
  if (options.phases.has('restart')) await restart(run, 'restart');
  if (options.phases.has('kill')) await restart(run, 'kill');
  if (options.soakMin > 0) await soak(run);
  if (options.phases.has('delete')) await deleteAll(run);
}

const earlierRows = (file: string): Row[] => (JSON.parse(readFileSync(file, 'utf8')) as { rows: Row[] }).rows;

/** With its causes: what was waited for, and why it did not come. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`;
}

// With an exit of our own the children end too: see endWithUs.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => process.exit(code));

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(usage);
  else if (!(await main(options))) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${error instanceof UsageError ? error.message : (error as Error).stack}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
