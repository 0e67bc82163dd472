/** Equality of values in an expression, by what they hold: numbers of all types, lists, maps, times. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  // An integer and a double of the same amount are equal in CEL.
  if (isNumber(a) && isNumber(b)) return Number(a) === Number(b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => isEqual(item, b[i]));
  if (a instanceof Map) return b instanceof Map && isEqualMap(a, b);
  return a.constructor === b.constructor && a.constructor !== Object && textOf(a) === textOf(b);
}

const isNumber = (value: unknown): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';

const isEqualMap = (a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean =>
  a.size === b.size && [...a].every(([key, value]) => b.has(key) && isEqual(value, b.get(key)));

/** Types of our own tell all that they are in their text. */
const textOf = (value: { toString(): string }): string => value.toString();
