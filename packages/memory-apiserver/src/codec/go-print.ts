import { goNumber } from '../schema/structural/causes.js';
import { isObject } from './json.js';

/** A JSON value as Go's `%v` prints what its decoder makes of it: `map[a:1 b:[x y]]`. */
export function goPrint(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'number') return goNumber(value);
  if (Array.isArray(value)) return `[${value.map(goPrint).join(' ')}]`;
  if (!isObject(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  const entries = Object.keys(value).sort();
  return `map[${entries.map((key) => `${key}:${goPrint(value[key])}`).join(' ')}]`;
}
