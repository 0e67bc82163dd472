import { isDeepStrictEqual } from 'node:util';

import type { Outcome } from './play.js';

/** Where two servers answer differently. */
export interface Difference {
  readonly scenario: string;
  /** Place in the list of outcomes, from 0. */
  readonly index: number;
  readonly step: string;
  /** `body.metadata.labels.a` */
  readonly path: string;
  /** Undefined: not there. */
  readonly theirs: unknown;
  readonly ours: unknown;
}

/** All differences between what kube-apiserver answered to a scenario and what we do. */
export function compare(
  scenario: string,
  theirs: readonly Outcome[],
  ours: readonly Outcome[],
): Difference[] {
  const differences: Difference[] = [];
  const length = Math.max(theirs.length, ours.length);
  for (let index = 0; index < length; index += 1) {
    const { step: theirStep = '', ...theirRest } = theirs[index] ?? {};
    const { step: ourStep = '', ...ourRest } = ours[index] ?? {};
    const step = theirStep || ourStep;
    const note = (path: string, their: unknown, our: unknown): void => {
      differences.push({ scenario, index, step, path, theirs: their, ours: our });
    };
    if (theirStep !== ourStep) note('step', theirStep, ourStep);
    differ('', theirRest, ourRest, note);
  }
  return differences;
}

function differ(
  path: string,
  theirs: unknown,
  ours: unknown,
  note: (path: string, theirs: unknown, ours: unknown) => void,
): void {
  if (isDeepStrictEqual(theirs, ours)) return;
  if (!isBranch(theirs) || !isBranch(ours) || Array.isArray(theirs) !== Array.isArray(ours)) {
    note(path, theirs, ours);
    return;
  }
  if (Array.isArray(theirs) && Array.isArray(ours) && theirs.length !== ours.length) {
    note(`${path}.length`, theirs.length, ours.length);
    const [theirMore, ourMore] = surplus(theirs, ours);
    if (theirMore.length > 0) note(`${path}.missing`, theirMore, undefined);
    if (ourMore.length > 0) note(`${path}.surplus`, undefined, ourMore);
    return;
  }
  for (const key of new Set([...Object.keys(theirs), ...Object.keys(ours)]))
    differ(path === '' ? key : `${path}.${key}`, theirs[key], ours[key], note);
}

const isBranch = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Items of one list that the other doesn't have. */
function surplus(theirs: readonly unknown[], ours: readonly unknown[]): [unknown[], unknown[]] {
  const without = (items: readonly unknown[], others: readonly unknown[]): unknown[] =>
    items.filter((item) => !others.some((other) => isDeepStrictEqual(item, other)));
  return [without(theirs, ours), without(ours, theirs)];
}
