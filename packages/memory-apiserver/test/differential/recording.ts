import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';

import type { Outcome } from './play.js';

/** One file for each scenario, one line for each step. */
const folder = new URL('recorded-1.34/', import.meta.url);

const fileOf = (scenario: string): URL => new URL(`${scenario}.jsonl`, folder);

/** What kube-apiserver answered when the scenario was recorded; undefined if it never was. */
export function readRecording(scenario: string): Outcome[] | undefined {
  const file = fileOf(scenario);
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Outcome);
}

export function writeRecording(scenario: string, outcomes: readonly Outcome[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(scenario), outcomes.map((outcome) => `${JSON.stringify(outcome)}\n`).join(''));
}

/** Forgets recordings of scenarios that are no more. */
export function removeOtherRecordings(scenarios: readonly string[]): void {
  const kept = new Set(scenarios.map((name) => `${name}.jsonl`));
  for (const file of readdirSync(folder)) if (!kept.has(file)) rmSync(new URL(file, folder));
}
