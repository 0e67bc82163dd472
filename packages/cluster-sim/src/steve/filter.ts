import { parsePath, valuesAt } from './field-path.js';

/** A condition on one object; see {@link parseFilter}. */
export type Predicate = (object: unknown) => boolean;

/**
 * A `filter` parameter of a list (steve README): conditions parted by commas of which one must hold. A condition is
 * `path=value` (the value is contained; exact in single quotes), `path!=value`, `path~value` and `path!~value`
 * (contained), `path in (a,b)`, `path notin (a,b)` (exact). Something that is none of these never holds.
 */
export function parseFilter(text: string): Predicate {
  const conditions = splitOutside(text).map(parseCondition);
  return (object) => conditions.some((holds) => holds(object));
}

/** Parts at commas that are not in parentheses, brackets or quotes. */
function splitOutside(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = '';
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === "'" || char === '"') quote = char;
    else if (char === '(' || char === '[') depth++;
    else if (char === ')' || char === ']') depth--;
    else if (char === ',' && depth <= 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function parseCondition(text: string): Predicate {
  const set = /^\s*(\S+)\s+(in|notin)\s*\(([^)]*)\)\s*$/i.exec(text);
  if (set !== null) {
    const wanted = new Set((set[3] ?? '').split(',').map((item) => unquote(item.trim()).text));
    return predicate(set[1] ?? '', set[2]?.toLowerCase() === 'notin', (value) => wanted.has(value));
  }
  const comparison = /^\s*((?:\[[^\]]*\]|[^=!~[])+?)\s*(!=|==?|!~|~)(.*)$/s.exec(text);
  if (comparison === null) return () => false;
  const { text: wanted, exact } = unquote((comparison[3] ?? '').trim());
  const operator = comparison[2] ?? '';
  const matches = (value: string): boolean =>
    exact && !operator.endsWith('~') ? value === wanted : value.toLowerCase().includes(wanted.toLowerCase());
  return predicate(comparison[1] ?? '', operator.startsWith('!'), matches);
}

function predicate(path: string, negated: boolean, matches: (value: string) => boolean): Predicate {
  const steps = parsePath(path);
  return (object) => valuesAt(object, steps).some((value) => matches(asText(value))) !== negated;
}

/** Single quotes ask for the whole value, double quotes only protect what is in them. */
function unquote(text: string): { text: string; exact: boolean } {
  const quoted = /^(['"])(.*)\1$/s.exec(text);
  return quoted === null ? { text, exact: false } : { text: quoted[2] ?? '', exact: quoted[1] === "'" };
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** An order of objects for a `sort` parameter: paths parted by commas, `-` before a path turns it round. */
export function parseSort(text: string): (a: unknown, b: unknown) => number {
  const keys = text
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '' && key !== '-')
    .map((key) => ({ sign: key.startsWith('-') ? -1 : 1, path: parsePath(key.replace(/^-/, '')) }));
  return (a, b) => {
    for (const { sign, path } of keys) {
      const order = compare(valuesAt(a, path)[0], valuesAt(b, path)[0]);
      if (order !== 0) return sign * order;
    }
    return 0;
  };
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [asText(a), asText(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
