/**
 * Compares memory-apiserver with a real kube-apiserver: see README.md.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureClusters, measureFirstAnswer } from './alone.js';
import { Client } from './client.js';
import type { Figures } from './scenarios.js';
import { fullSizes, measureRates, measureWatch, median, prepare, quickSizes } from './scenarios.js';
import type { Server } from './server.js';
import { startKube, startOurs } from './server.js';
import { compare, format } from './table.js';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string', default: '3' },
    only: { type: 'string' },
    'without-kube': { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const sizes = options.quick ? quickSizes : fullSizes;
const runs = Number(options.runs);
const wants = (part: string): boolean => options.only === undefined || options.only === part;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const ours: Figures[] = [];
const kube: Figures[] = [];
const parts = { requests: measureRates, watch: measureWatch };

if (wants('alone')) {
  for (let run = 1; run <= runs; run += 1) {
    say(`alone, run ${run} of ${runs}`);
    ours.push({ ...(await measureClusters()), ...(await measureFirstAnswer()) });
  }
}
if (wants('requests') || wants('watch')) {
  const servers: { name: string; figures: Figures[]; server: Server }[] = [
    { name: 'memory-apiserver', figures: ours, server: await startOurs() },
  ];
  if (!options['without-kube'])
    servers.push({ name: 'kube-apiserver', figures: kube, server: await startKube() });
  const clients = servers.map((one) => ({ ...one, client: new Client(one.server) }));
  try {
    for (const { client } of clients) await prepare(client);
    for (const [part, measure] of Object.entries(parts)) {
      if (!wants(part)) continue;
      // Run by run and not server by server, so that a busy minute of the machine hits both alike.
      for (let run = 1; run <= runs; run += 1) {
        for (const { name, figures, client } of clients) {
          say(`${part}, run ${run} of ${runs}: ${name}`);
          figures.push(await measure(client, sizes));
        }
      }
    }
  } finally {
    for (const { client, server } of clients) {
      await client.close();
      await server.close();
    }
  }
}

/** The middle of all runs, figure by figure. */
function medians(all: readonly Figures[]): Figures {
  const names = new Set(all.flatMap((figures) => Object.keys(figures)));
  const valuesOf = (name: string): number[] => all.flatMap((figures) => figures[name] ?? []);
  return Object.fromEntries([...names].map((name) => [name, median(valuesOf(name))]));
}

const rows = compare(medians(ours), medians(kube));
process.stdout.write(`${format(rows)}\n`);
if (options.json !== undefined) {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  writeFileSync(
    options.json,
    `${JSON.stringify({ machine, sizes, runs, rows, ours, kube }, undefined, 2)}\n`,
  );
}
