/**
 * Compares what clusters of the three backends take: see README.md.
 */
import { writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { backendKinds, isBackendKind, missingKwokPrograms } from '@scale-cluster/cluster-sim';
import { measure, type Measured } from './measure.js';
import { formatTable } from './table.js';

const { values: options } = parseArgs({
  options: {
    memory: { type: 'string', default: '100' },
    'kwok-shared': { type: 'string', default: '20' },
    'kwok-dedicated': { type: 'string', default: '3' },
    only: { type: 'string', multiple: true, default: [] },
    timeout: { type: 'string', default: '900' },
    json: { type: 'string' },
  },
});
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const unknown = options.only.find((one) => !isBackendKind(one));
if (unknown !== undefined) {
  say(`there is no backend ${unknown}; there are ${backendKinds.join(', ')}`);
  process.exit(2);
}
const wanted = backendKinds.filter((kind) => options.only.length === 0 || options.only.includes(kind));
const missing = missingKwokPrograms({ home: tmpdir() });
if (missing.length > 0 && wanted.some((kind) => kind !== 'memory')) {
  say(
    `not on this machine: ${missing.join(', ')}; tools/kube-binaries/build.sh builds them, KUBE_BINARIES names their folder`,
  );
  process.exit(1);
}

const results: Measured[] = [];
for (const backend of wanted) {
  const clusters = Number(options[backend]);
  say(`${backend}: ${clusters} clusters`);
  results.push(await measure(backend, clusters, Number(options.timeout) * 1000));
}
process.stdout.write(`${formatTable(results)}\n`);
if (options.json !== undefined) {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memory: totalmem(), node: process.version };
  writeFileSync(options.json, `${JSON.stringify({ machine, results }, undefined, 2)}\n`);
}
