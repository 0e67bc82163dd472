import type { Figures } from './scenarios.js';

/** The medians of each pair, by its name. */
export type Results = Record<string, Figures>;

/** One line of the table. `goal` is a bound on the ratio to Go–Go, or on the figure itself. */
export interface Row {
  readonly pair: string;
  readonly figure: string;
  readonly value: number;
  readonly go: number;
  readonly ratio: number;
  readonly goal: string;
  readonly verdict: 'pass' | 'fall short' | '';
}

type Bound = readonly ['ratio' | 'value', 'at least' | 'at most', number];

/** The goals: what must hold for which figure of which pair. */
function boundOf(pair: string, figure: string): Bound | undefined {
  if (/^server RSS per session at 5000/.test(figure)) {
    return pair === 'ours–ours' ? ['value', 'at most', 20] : undefined;
  }
  if (pair !== 'ours–ours') return /^one stream .*MiB/.test(figure) ? ['ratio', 'at least', 1.2] : undefined;
  if (/^one stream .*MiB/.test(figure)) return ['ratio', 'at least', 2];
  if (/^100 streams .*MiB/.test(figure)) return ['ratio', 'at least', 1.5];
  if (/^echo/.test(figure)) return ['ratio', 'at most', 1.2];
  if (/^open/.test(figure)) return ['ratio', 'at least', 1];
  if (/CPU/.test(figure)) return ['ratio', 'at most', 1];
  return undefined;
}

/** Compares every pair with Go–Go. */
export function compare(results: Results): Row[] {
  const { 'Go–Go': go = {}, ...others } = results;
  return Object.keys(go).flatMap((figure) =>
    Object.entries(others).flatMap(([pair, figures]) => {
      const value = figures[figure];
      return value === undefined ? [] : [rowOf(pair, figure, value, go[figure] ?? NaN)];
    }),
  );
}

function rowOf(pair: string, figure: string, value: number, go: number): Row {
  const ratio = value / go;
  const bound = boundOf(pair, figure);
  if (bound === undefined) return { pair, figure, value, go, ratio, goal: '', verdict: '' };
  const [what, side, limit] = bound;
  const measured = what === 'ratio' ? ratio : value;
  const met = side === 'at least' ? measured >= limit : measured <= limit;
  const goal = `${side === 'at least' ? '>=' : '<='} ${limit}${what === 'ratio' ? ' x' : ''}`;
  return { pair, figure, value, go, ratio, goal, verdict: met ? 'pass' : 'fall short' };
}

/** The table as text for people. */
export function format(rows: readonly Row[]): string {
  const cells = rows.map(({ pair, figure, value, go, ratio, goal, verdict }) => [
    figure,
    pair,
    digits(value),
    digits(go),
    `${ratio.toFixed(2)} x`,
    goal,
    verdict,
  ]);
  const all = [['figure', 'server–client', 'measured', 'Go–Go', 'ratio', 'goal', ''], ...cells];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = (row: string[]): string =>
    row
      .map((cell, column) =>
        column >= 2 && column <= 4 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd();
  return all.map(line).join('\n');
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

/** The middle of several runs, figure by figure. */
export function medians(runs: readonly Figures[]): Figures {
  const names = Object.keys(runs[0] ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const values = runs.map((run) => run[name] ?? NaN).sort((a, b) => a - b);
      return [name, values[values.length >> 1] ?? NaN];
    }),
  );
}
