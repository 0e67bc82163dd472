import type { Figure, Row } from './figures.js';

/** A figure and what it was in an earlier run. */
export interface Compared extends Figure {
  readonly before: number;
}

/** Worse by more than this share is a regression. */
const tolerance = 0.1;

/** Everything here is better when smaller, but for these. */
const betterWhenLarger = /^(Active|still Active|Active per s)$/;
/** Counts and settings, where more is neither better nor worse. */
const neutral = /^(connections|RSS of the empty agent)/;

/** All figures that an earlier run has measured too, with as many clusters. */
export function inBoth(now: readonly Figure[], before: readonly Figure[]): Compared[] {
  return now.flatMap((figure) => {
    const old = before.find(
      ({ phase, name, clusters }) =>
        phase === figure.phase && name === figure.name && clusters === figure.clusters,
    );
    return old === undefined || neutral.test(figure.name) ? [] : [{ ...figure, before: old.value }];
  });
}

/** Whether a figure became worse by more than 10 %. */
export function isWorse({ name, value, before }: Compared): boolean {
  return betterWhenLarger.test(name) ? value < before * (1 - tolerance) : value > before * (1 + tolerance);
}

/** Figures, goals and verdicts as text for people. */
export function formatRows(rows: readonly Row[]): string {
  return columns([
    ['phase', 'clusters', 'figure', 'value', 'goal', ''],
    ...rows.map(({ phase, clusters, name, value, goal, verdict }) => [
      phase,
      String(clusters),
      name,
      digits(value),
      goal,
      verdict,
    ]),
  ]);
}

/** What became worse, as text for people. */
export function formatWorse(worse: readonly Compared[]): string {
  return columns([
    ['worse than before', 'clusters', 'figure', 'value', 'before', ''],
    ...worse.map(({ phase, clusters, name, value, before }) => [
      phase,
      String(clusters),
      name,
      digits(value),
      digits(before),
      before === 0 ? '' : `${(value / before).toFixed(2)} x`,
    ]),
  ]);
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 1 || column === 3 ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

const digits = (value: number): string =>
  Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toPrecision(3);
