import type { Measured } from './measure.js';

const MB = 1_000_000;

/** One column for each backend, one line for each figure. */
export function formatTable(results: readonly Measured[]): string {
  const figures: readonly (readonly [string, (one: Measured) => string])[] = [
    ['clusters', ({ clusters }) => String(clusters)],
    ['seconds until all are active', ({ seconds }) => seconds.toFixed(1)],
    ['seconds per active cluster', ({ seconds, clusters }) => (seconds / clusters).toFixed(2)],
    ['seconds until active, the middle one', ({ activeMs }) => (activeMs.p50 / 1000).toFixed(1)],
    ['seconds until active, the last one', ({ activeMs }) => (activeMs.max / 1000).toFixed(1)],
    ['processes', ({ processes }) => String(processes)],
    ['memory of all processes, MB (RSS)', ({ full }) => (full.rss / MB).toFixed(0)],
    ['memory of all processes, MB (PSS)', ({ full }) => (full.pss / MB).toFixed(0)],
    ['of it the agent without clusters, MB (PSS)', ({ empty }) => (empty.pss / MB).toFixed(0)],
    [
      'memory per cluster, MB (PSS)',
      ({ full, empty, clusters }) => ((full.pss - empty.pss) / clusters / MB).toFixed(2),
    ],
  ];
  const rows = [
    ['', ...results.map(({ backend }) => backend)],
    ...figures.map(([name, value]) => [name, ...results.map(value)]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
