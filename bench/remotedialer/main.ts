/**
 * Compares both ends of this repository's remotedialer with the Go library: see README.md.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { buildEnds } from './ends.js';
import { fullSizes, measureSessions, measureTraffic, pairs, quickSizes, type Figures } from './scenarios.js';
import { compare, format, medians, type Results } from './table.js';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    json: { type: 'string' },
    only: { type: 'string' },
    'node-flags': { type: 'string' },
  },
});
const sizes = options.quick ? quickSizes : fullSizes;
const runs = Number(options.runs ?? (options.quick ? 3 : 5));
const nodeFlags = options['node-flags']?.split(',') ?? [];
const parts = {
  traffic: { measure: measureTraffic, pairs, runs },
  // One end's memory does not depend on who the other is, so the mixed pairs would say nothing new.
  sessions: {
    measure: measureSessions,
    pairs: pairs.filter(({ server, client }) => server === client),
    runs: Math.min(runs, 3),
  },
};

const say = (text: string): void => void process.stderr.write(`${text}\n`);

await buildEnds();
const raw: Record<string, Record<string, Figures[]>> = {};
const results: Results = {};
for (const [part, { measure, pairs: some, runs: times }] of Object.entries(parts)) {
  if (options.only !== undefined && options.only !== part) continue;
  const all: Record<string, Figures[]> = (raw[part] = {});
  // Run by run and not pair by pair, so that a busy minute of the machine hits all pairs alike.
  for (let run = 1; run <= times; run++) {
    for (const pair of some) {
      say(`${part}, run ${run} of ${times}: ${pair.name}`);
      (all[pair.name] ??= []).push(await measure(pair, sizes, nodeFlags));
    }
  }
  for (const [name, figures] of Object.entries(all)) {
    results[name] = { ...results[name], ...medians(figures) };
  }
}
const rows = compare(results);
process.stdout.write(`${format(rows)}\n`);
if (options.json !== undefined) {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  writeFileSync(options.json, `${JSON.stringify({ machine, sizes, runs, rows, raw }, undefined, 2)}\n`);
}
