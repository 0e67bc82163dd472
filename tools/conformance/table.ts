import type { KnownSpecs } from './record.js';
import type { Outcome, SpecResult } from './report.js';

const mark = (outcome: Outcome | undefined): string =>
  outcome === undefined ? '–' : outcome === 'passed' ? 'pass' : 'FAIL';

/** The results spec by spec, KWOK's beside ours, with counts below. */
export function resultTable(results: readonly SpecResult[], known: KnownSpecs): string {
  const lines = results.map(({ name, outcome, seconds }) => {
    const { kwok, reason } = known[name] ?? {};
    const why = outcome === 'failed' && reason !== undefined ? `  (${reason})` : '';
    return `${mark(outcome)}  ${mark(kwok).padEnd(4)}  ${seconds.toFixed(1).padStart(6)} s  ${shortName(name)}${why}`;
  });
  const passed = results.filter(({ outcome }) => outcome === 'passed');
  const counts = [`${passed.length} of ${results.length} specs pass`];
  const onKwok = results.filter(({ name }) => known[name]?.kwok === 'passed');
  if (onKwok.length > 0) {
    const both = onKwok.filter(({ outcome }) => outcome === 'passed').length;
    const percent = ((100 * both) / onKwok.length).toFixed(1);
    counts.push(`${both} of the ${onKwok.length} that pass on KWOK (${percent} %)`);
    counts.push(`${passed.filter(({ name }) => known[name]?.kwok === 'failed').length} that KWOK fails`);
  }
  return ['ours  KWOK      time  spec', ...lines, '', counts.join(', ')].join('\n');
}

/** The names of specs that are recorded as passing and now fail. */
export function regressions(results: readonly SpecResult[], known: KnownSpecs): string[] {
  return results
    .filter(({ name, outcome }) => outcome === 'failed' && known[name]?.ours === 'passed')
    .map(({ name }) => name);
}

function shortName(name: string): string {
  return name.replace(' [Conformance]', '').replace('[Privileged:ClusterAdmin] ', '');
}
