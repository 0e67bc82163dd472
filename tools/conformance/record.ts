import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome, SpecResult } from './report.js';

const file = join(import.meta.dirname, 'results.json');

/** What is known of a spec. */
export interface KnownSpec {
  /** On a KWOK cluster with kube-apiserver, controller manager and scheduler of the same version. */
  readonly kwok?: Outcome;
  /** On memory-apiserver; a spec recorded as passed must go on passing. */
  readonly ours?: Outcome;
  /** Why `ours` fails. */
  readonly reason?: string;
}

export type KnownSpecs = Readonly<Record<string, KnownSpec>>;

export function readKnown(): KnownSpecs {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as KnownSpecs) : {};
}

/** Names of the specs that are recorded as failing. */
export const knownFailures = (known: KnownSpecs): string[] =>
  Object.keys(known).filter((name) => known[name]?.ours === 'failed');

/** Keeps results of a run; a reason to fail is dropped with the failure. */
export function recordResults(
  known: KnownSpecs,
  results: readonly SpecResult[],
  side: 'kwok' | 'ours',
): void {
  const merged = { ...known };
  for (const { name, outcome } of results) {
    const { reason, ...before } = merged[name] ?? {};
    const after: KnownSpec = { ...before, [side]: outcome };
    merged[name] = after.ours === 'failed' && reason !== undefined ? { ...after, reason } : after;
  }
  const sorted = Object.fromEntries(Object.entries(merged).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}
