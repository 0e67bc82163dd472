/**
 * Runs the Kubernetes conformance specs that need no kubelet against memory-apiserver and prints a table.
 * See README.md for the options. Exits 1 when a spec fails that is recorded as passing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPrograms } from './build.js';
import { startKwok, startOurs } from './clusters.js';
import { knownFailures, readKnown, recordResults } from './record.js';
import type { SuiteOptions } from './suite.js';
import { exactly, focusOn, runSuite, sigs } from './suite.js';
import { regressions, resultTable } from './table.js';

const { values } = parseArgs({
  options: {
    expected: { type: 'boolean', default: false },
    kubeconfig: { type: 'string' },
    kwok: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    output: { type: 'string' },
    procs: { type: 'string', default: '8' },
    record: { type: 'boolean', default: false },
    sig: { type: 'string', multiple: true, default: sigs },
    skip: { type: 'string', multiple: true, default: [] },
  },
});

const programs = buildPrograms();
const known = readKnown();
const output = values.output ?? mkdtempSync(join(tmpdir(), 'conformance-'));
const target = values.kubeconfig === undefined ? await (values.kwok ? startKwok() : startOurs()) : undefined;
const started = performance.now();
try {
  const options: SuiteOptions = {
    kubeconfig: values.kubeconfig ?? target?.kubeconfig ?? '',
    focus: focusOn(values.sig, values.only.join('|')),
    skip: [...values.skip, ...(values.expected ? knownFailures(known).map((name) => exactly([name])) : [])],
    procs: Number(values.procs),
    output,
  };
  let results = await runSuite(programs, options);
  const again = values.kwok ? [] : regressions(results, known);
  if (again.length > 0) {
    // Some specs count on a few seconds; on a machine that is busy with others they deserve a second try.
    const second = await runSuite(programs, { ...options, focus: exactly(again), skip: [], procs: 1 });
    const byName = new Map(second.map((result) => [result.name, result]));
    results = results.map((result) => byName.get(result.name) ?? result);
  }
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  for (const { name, message } of results)
    if (message !== undefined) process.stdout.write(`\n${name}\n  ${message.replaceAll('\n', '\n  ')}\n`);
  process.stdout.write(`\n${resultTable(results, known)}, ${minutes} minutes\n`);
  if (again.length > 0) process.stdout.write(`\ntried twice:\n${again.join('\n')}\n`);
  if (values.record) recordResults(known, results, values.kwok ? 'kwok' : 'ours');
  const worse = values.kwok ? [] : regressions(results, known);
  if (worse.length > 0) {
    process.stdout.write(`\nrecorded as passing, but failing now:\n${worse.join('\n')}\n`);
    process.exitCode = 1;
  }
} finally {
  await target?.stop();
  if (values.output === undefined) rmSync(output, { recursive: true });
}
