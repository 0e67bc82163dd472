/**
 * Plays the corpus of `packages/memory-apiserver/test/differential` against a kube-apiserver and against
 * memory-apiserver, and prints where they differ. Usage: see README.md.
 */
import { parseArgs } from 'node:util';

import {
  allowedDifferences,
  isAllowedBy,
  unexpected,
} from '../../packages/memory-apiserver/test/differential/allowed.js';
import type { Difference } from '../../packages/memory-apiserver/test/differential/compare.js';
import { compare } from '../../packages/memory-apiserver/test/differential/compare.js';
import { scenarios } from '../../packages/memory-apiserver/test/differential/corpus/index.js';
import { startOurs } from '../../packages/memory-apiserver/test/differential/ours.js';
import type { Outcome } from '../../packages/memory-apiserver/test/differential/play.js';
import { play } from '../../packages/memory-apiserver/test/differential/play.js';
import {
  readRecording,
  removeOtherRecordings,
  writeRecording,
} from '../../packages/memory-apiserver/test/differential/recording.js';
import type { Scenario } from '../../packages/memory-apiserver/test/differential/scenario.js';
import { startKubeApiserver } from './kube-apiserver.js';
import { describeDifference, printSummary } from './report.js';

const { values: options } = parseArgs({
  options: {
    record: { type: 'boolean', default: false },
    recorded: { type: 'boolean', default: false },
    only: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

const chosen = scenarios.filter(({ name }) => options.only === undefined || name.includes(options.only));

/** What kube-apiserver answers, from a live one unless recordings are to be believed. */
async function theirOutcomes(): Promise<Map<string, Outcome[]>> {
  const outcomes = new Map<string, Outcome[]>();
  if (options.recorded) {
    for (const { name } of chosen) outcomes.set(name, readRecording(name) ?? []);
    return outcomes;
  }
  const server = await startKubeApiserver();
  try {
    for (const scenario of chosen) outcomes.set(scenario.name, await play(scenario, server.client));
  } finally {
    await server.close();
  }
  return outcomes;
}

async function ourOutcomes(scenario: Scenario): Promise<Outcome[]> {
  const server = await startOurs();
  try {
    return await play(scenario, server.client);
  } finally {
    await server.close();
  }
}

const theirs = await theirOutcomes();
const stale: Difference[] = [];
const differences: Difference[] = [];
let steps = 0;
for (const scenario of chosen) {
  const { name } = scenario;
  const their = theirs.get(name) ?? [];
  steps += their.length;
  if (options.record) writeRecording(name, their);
  else stale.push(...compare(name, readRecording(name) ?? [], their));
  differences.push(...compare(name, their, await ourOutcomes(scenario)));
}
if (options.record && options.only === undefined) removeOtherRecordings(scenarios.map(({ name }) => name));

const bad = unexpected(differences);
for (const difference of stale)
  process.stdout.write(`${describeDifference(difference, 'recorded', 'kube-apiserver', options.verbose)}\n`);
for (const difference of bad)
  process.stdout.write(`${describeDifference(difference, 'kube-apiserver', 'ours', options.verbose)}\n`);
const needless =
  options.only === undefined
    ? allowedDifferences.filter((allowed) => !differences.some((found) => isAllowedBy(allowed, found)))
    : [];
printSummary({ scenarios: chosen.length, steps, differences, unexpected: bad, needless, stale });
process.exitCode = bad.length + needless.length + stale.length > 0 ? 1 : 0;
