import type { BulkOutcome } from '../api/clusters.js';
import { cliError } from '../errors.js';
import { plural } from '../output/format.js';
import type { Terminal } from '../output/terminal.js';

/** Names shown one by one; a longer list is summed up. */
const SHOWN = 20;

/** Prints what was done with each name. */
export function printOutcome(
  terminal: Terminal,
  verb: 'created' | 'deleted',
  { results }: BulkOutcome,
): void {
  const done = results.filter((result) => result.error === undefined);
  if (done.length > 0 && done.length <= SHOWN) for (const { name } of done) terminal.print(`${verb} ${name}`);
  else if (done.length > 0) {
    terminal.print(`${verb} ${plural(done.length, 'cluster')}: ${done[0]?.name} to ${done.at(-1)?.name}`);
  }
}

/** Throws if some names were refused, naming the first of them. */
export function throwOnFailures({ failed, results }: BulkOutcome, verb: 'created' | 'deleted'): void {
  if (failed === 0) return;
  const reasons = results
    .filter((result) => result.error !== undefined)
    .map(({ name, error }) => `${name}: ${error}`);
  const shown = reasons.slice(0, SHOWN).join('\n  ');
  const more = reasons.length > SHOWN ? `\n  and ${reasons.length - SHOWN} more` : '';
  throw cliError(
    'ERR_CLI_PARTLY_FAILED',
    `${failed} of ${plural(results.length, 'cluster')} could not be ${verb}:\n  ${shown}${more}`,
  );
}
