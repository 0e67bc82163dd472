import type { Figures } from './scenarios.js';

/** One line of the table. `kube` and `ratio` are for what kube-apiserver was measured at too. */
export interface Row {
  readonly figure: string;
  readonly ours: number;
  readonly kube: number | undefined;
  readonly ratio: number | undefined;
  readonly goal: string;
  readonly verdict: 'pass' | 'fall short' | '';
}

interface Goal {
  readonly figures: RegExp;
  /** Of the ratio to kube-apiserver, or of the value itself. */
  readonly what: 'ratio' | 'value';
  readonly least?: number;
  readonly most?: number;
}

const goals: readonly Goal[] = [
  { figures: /requests\/s/, what: 'ratio', least: 1 },
  { figures: /^event to the last/, what: 'ratio', most: 1 },
  { figures: /\(RSS\)/, what: 'value', most: 40 },
  { figures: /^creating a cluster/, what: 'value', most: 1 },
  { figures: /^first answer/, what: 'value', most: 300 },
];

export function compare(ours: Figures, kube: Figures): Row[] {
  return Object.entries(ours).map(([figure, value]) => {
    const other = kube[figure];
    const ratio = other === undefined ? undefined : value / other;
    const goal = goals.find(({ figures }) => figures.test(figure));
    const measured = goal?.what === 'ratio' ? ratio : value;
    if (goal === undefined || measured === undefined)
      return { figure, ours: value, kube: other, ratio, goal: '', verdict: '' };
    const { least = -Infinity, most = Infinity } = goal;
    const bound = goal.least === undefined ? `<= ${most}` : `>= ${least}`;
    const verdict = measured >= least && measured <= most ? 'pass' : 'fall short';
    return {
      figure,
      ours: value,
      kube: other,
      ratio,
      goal: bound + (goal.what === 'ratio' ? ' x' : ''),
      verdict,
    };
  });
}

/** The table as text for people. */
export function format(rows: readonly Row[]): string {
  const cells = rows.map(({ figure, ours, kube, ratio, goal, verdict }) => [
    figure,
    digits(ours),
    kube === undefined ? '' : digits(kube),
    ratio === undefined ? '' : `${ratio.toFixed(2)} x`,
    goal,
    verdict,
  ]);
  const all = [['figure', 'memory-apiserver', 'kube-apiserver', 'ratio', 'goal', ''], ...cells];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column >= 1 && column <= 3 ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return all.map(line).join('\n');
}

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));
