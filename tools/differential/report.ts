import type { AllowedDifference } from '../../packages/memory-apiserver/test/differential/allowed.js';
import type { Difference } from '../../packages/memory-apiserver/test/differential/compare.js';

const LONGEST = 240;

/** Some lines on one difference between two that are named; values are cut short unless `whole`. */
export function describeDifference(
  difference: Difference,
  theirName: string,
  ourName: string,
  whole: boolean,
): string {
  const { scenario, index, step, path, theirs, ours } = difference;
  return [
    `${scenario} #${index} ${step}`,
    `  ${path}`,
    `    ${theirName.padEnd(14)} ${shown(theirs, whole)}`,
    `    ${ourName.padEnd(14)} ${shown(ours, whole)}`,
  ].join('\n');
}

function shown(value: unknown, whole: boolean): string {
  const text = value === undefined ? '(absent)' : JSON.stringify(value);
  return whole || text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length} characters)`;
}

export interface Summary {
  readonly scenarios: number;
  readonly steps: number;
  readonly differences: readonly Difference[];
  readonly unexpected: readonly Difference[];
  /** Entries of the list of allowed differences that nothing needs any more. */
  readonly needless: readonly AllowedDifference[];
  /** Where kube-apiserver no longer answers as recorded. */
  readonly stale: readonly Difference[];
}

export function printSummary(summary: Summary): void {
  const { scenarios, steps, differences, unexpected, needless, stale } = summary;
  const stepsOf = (list: readonly Difference[]): number =>
    new Set(list.map(({ scenario, index }) => `${scenario}#${index}`)).size;
  const lines = [
    `${scenarios} scenarios, ${steps} answers compared`,
    `${steps - stepsOf(differences)} equal, ${stepsOf(differences) - stepsOf(unexpected)} different as allowed, ` +
      `${stepsOf(unexpected)} different (${unexpected.length} places)`,
    ...needless.map(({ reason }) => `allowed, but no longer different: ${reason}`),
    ...(stale.length === 0 ? [] : [`${stepsOf(stale)} to be recorded anew (--record)`]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
