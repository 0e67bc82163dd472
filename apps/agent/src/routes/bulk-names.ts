import type { Static } from 'typebox';
import type { FleetApi } from '../context.js';
import { AgentError } from '../errors.js';
import type { BulkCreateBody, BulkDeleteBody } from '../schemas/bulk.js';

/** Numbers get at least four digits, whatever the count: the same request gives the same names next time. */
const DIGITS = 4;

/** The names that a bulk creation asks for, duplicates included (these are refused one by one). */
export function namesToCreate(body: Static<typeof BulkCreateBody>): string[] {
  const { names, prefix, count, start } = body;
  if (names !== undefined) {
    if (prefix !== undefined || count !== undefined || start !== undefined) {
      throw new AgentError(
        'ERR_AGENT_INVALID_REQUEST',
        'give either names, or prefix and count, not both',
        'names',
      );
    }
    return names;
  }
  if (prefix === undefined)
    throw new AgentError('ERR_AGENT_INVALID_REQUEST', 'give names, or prefix and count', 'names');
  if (count === undefined) throw new AgentError('ERR_AGENT_INVALID_REQUEST', 'prefix needs a count', 'count');
  const stem = prefix.endsWith('-') ? prefix : `${prefix}-`;
  const first = start ?? 1;
  return Array.from({ length: count }, (_, index) => stem + String(first + index).padStart(DIGITS, '0'));
}

/** The names that a bulk deletion asks for; `prefix` and `all` look at what exists now. */
export function namesToDelete(body: Static<typeof BulkDeleteBody>, fleet: Pick<FleetApi, 'names'>): string[] {
  const { names, prefix, all } = body;
  const asked = [names, prefix, all].filter((part) => part !== undefined).length;
  if (asked !== 1) {
    throw new AgentError('ERR_AGENT_INVALID_REQUEST', 'give exactly one of names, prefix, all', 'names');
  }
  if (names !== undefined) return [...new Set(names)];
  return fleet.names().filter((name) => prefix === undefined || name.startsWith(prefix));
}
