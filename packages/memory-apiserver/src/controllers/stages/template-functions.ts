import { createHash } from 'node:crypto';
import { yaml as yamlPackage } from '../../yaml.js';

// What a function is called with comes from data of any shape.
export type TemplateFunction = (...args: unknown[]) => unknown;

/** Go's truth: false, 0, and what is empty or missing are not true. */
export function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** As Go prints a value with `%v`. */
export function toText(value: unknown): string {
  if (value === undefined || value === null) return '<no value>';
  if (Array.isArray(value)) return `[${value.map(toText).join(' ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${entries.map(([key, item]) => `${key}:${toText(item)}`).join(' ')}]`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const isEqual = (a: unknown, b: unknown): boolean =>
  a === b || (a != null && b != null && typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));

function order(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [toText(a), toText(b)];
  return left === right ? 0 : left < right ? -1 : 1;
}

/** Texts that hold numbers, such as annotations, count as these (sprig's `int64`). */
function toNumber(value: unknown): number {
  const number = typeof value === 'string' ? Number(value.trim()) : Number(value ?? 0);
  return Number.isFinite(number) ? number : 0;
}
const whole = (value: unknown): number => Math.trunc(toNumber(value));
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(toText) : [toText(value)]);
const items = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

function elementOf(collection: unknown, ...keys: unknown[]): unknown {
  let value = collection;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.hasOwn(value, toText(key)) ? (value as Record<string, unknown>)[toText(key)] : undefined;
  }
  return value;
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

/** Go's fmt, for the verbs that templates use: `%s %v %d %q %t %f %x %%` with width, precision and flags. */
function format(pattern: unknown, ...args: unknown[]): string {
  let next = 0;
  return toText(pattern).replaceAll(
    /%(?<flags>[-0+#]*)(?<width>\d+)?(?:\.(?<precision>\d+))?(?<verb>[a-zA-Z%])/gu,
    (whole_, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      const value = args[next++];
      const text = formatOne(value, verb, precision === undefined ? undefined : Number(precision)) ?? whole_;
      if (width === undefined) return text;
      if (flags.includes('-')) return text.padEnd(Number(width));
      return text.padStart(Number(width), flags.includes('0') ? '0' : ' ');
    },
  );
}

function formatOne(value: unknown, verb: string, precision: number | undefined): string | undefined {
  switch (verb) {
    case 's':
    case 'v':
      return toText(value).slice(0, precision);
    case 'd':
      return String(whole(value));
    case 'q':
      return JSON.stringify(toText(value));
    case 't':
      return String(Boolean(value));
    case 'f':
      return toNumber(value).toFixed(precision ?? 6);
    case 'x':
      return typeof value === 'number' ? value.toString(16) : Buffer.from(toText(value)).toString('hex');
    default:
      return undefined;
  }
}

/** Always a text in YAML and JSON: numbers too are put in quotes. */
function quote(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return JSON.stringify(JSON.stringify(value ?? null));
}

/** As YAML, each line indented by so many steps of two spaces, beginning with a new line if any. */
function yaml(value: unknown, indent?: unknown): string {
  const text = yamlPackage().stringify(value ?? null);
  const steps = whole(indent);
  return steps === 0 ? text : `\n${text}`.replaceAll('\n', `\n${'  '.repeat(steps)}`);
}

/**
 * The functions of text/template, the two of KWOK that need nothing from outside, and those of sprig that templates
 * of Stages use (https://pkg.go.dev/text/template, http://masterminds.github.io/sprig). `and` and `or` are not among
 * them: they don't take all their arguments.
 */
export const standardFunctions: Readonly<Record<string, TemplateFunction>> = {
  not: (value) => !isTruthy(value),
  eq: (first, ...others) => others.some((other) => isEqual(first, other)),
  ne: (a, b) => !isEqual(a, b),
  lt: (a, b) => order(a, b) < 0,
  le: (a, b) => order(a, b) <= 0,
  gt: (a, b) => order(a, b) > 0,
  ge: (a, b) => order(a, b) >= 0,
  index: elementOf,
  len: lengthOf,
  slice: (value, from = 0, to) => {
    const list = value as string | unknown[] | undefined;
    return list?.slice(whole(from), to === undefined ? undefined : whole(to));
  },
  print: (...values) => values.map(toText).join(''),
  println: (...values) => `${values.map(toText).join(' ')}\n`,
  printf: format,

  Quote: quote,
  YAML: yaml,

  default: (fallback, value) => (isTruthy(value) ? value : fallback),
  coalesce: (...values) => values.find(isTruthy),
  empty: (value) => !isTruthy(value),
  ternary: (yes, no, condition) => (isTruthy(condition) ? yes : no),
  dict: (...pairs) =>
    Object.fromEntries(
      Array.from({ length: Math.ceil(pairs.length / 2) }, (_, i) => [
        toText(pairs[2 * i]),
        pairs[2 * i + 1] ?? '',
      ]),
    ),
  list: (...values) => values,
  get: (map, key) => elementOf(map, key) ?? '',
  hasKey: (map, key) => typeof map === 'object' && map !== null && Object.hasOwn(map, toText(key)),
  keys: (map) => Object.keys((map as object | undefined) ?? {}).sort(),
  has: (value, list) => items(list).some((item) => isEqual(item, value)),
  first: (list) => items(list)[0],
  last: (list) => items(list).at(-1),
  append: (list, value) => [...items(list), value],
  until: (count) => [...Array(Math.max(0, whole(count))).keys()],
  lower: (text) => toText(text).toLowerCase(),
  upper: (text) => toText(text).toUpperCase(),
  trim: (text) => toText(text).trim(),
  trimPrefix: (prefix, text) => {
    const [start, whole_] = [toText(prefix), toText(text)];
    return whole_.startsWith(start) ? whole_.slice(start.length) : whole_;
  },
  trimSuffix: (suffix, text) => {
    const [end, whole_] = [toText(suffix), toText(text)];
    return end !== '' && whole_.endsWith(end) ? whole_.slice(0, -end.length) : whole_;
  },
  trunc: (length, text) => toText(text).slice(0, whole(length)),
  replace: (from, to, text) => toText(text).replaceAll(toText(from), toText(to)),
  contains: (part, text) => toText(text).includes(toText(part)),
  hasPrefix: (prefix, text) => toText(text).startsWith(toText(prefix)),
  hasSuffix: (suffix, text) => toText(text).endsWith(toText(suffix)),
  join: (separator, list) => texts(list).join(toText(separator)),
  splitList: (separator, text) => toText(text).split(toText(separator)),
  repeat: (count, text) => toText(text).repeat(Math.max(0, whole(count))),
  quote: (...values) => values.map((value) => JSON.stringify(toText(value))).join(' '),
  squote: (...values) => values.map((value) => `'${toText(value)}'`).join(' '),
  indent: (count, text) => toText(text).replaceAll(/^/gmu, ' '.repeat(whole(count))),
  nindent: (count, text) => `\n${toText(text).replaceAll(/^/gmu, ' '.repeat(whole(count)))}`,
  toString: toText,
  toJson: (value) => JSON.stringify(value ?? null),
  toYaml: (value) =>
    yamlPackage()
      .stringify(value ?? null)
      .trimEnd(),
  int: whole,
  int64: whole,
  float64: toNumber,
  atoi: whole,
  add: (...values) => values.reduce<number>((sum, value) => sum + whole(value), 0),
  add1: (value) => whole(value) + 1,
  sub: (a, b) => whole(a) - whole(b),
  mul: (...values) => values.reduce<number>((product, value) => product * whole(value), 1),
  div: (a, b) => (whole(b) === 0 ? 0 : Math.trunc(whole(a) / whole(b))),
  mod: (a, b) => (whole(b) === 0 ? 0 : whole(a) % whole(b)),
  max: (...values) => Math.max(...values.map(whole)),
  min: (...values) => Math.min(...values.map(whole)),
  sha256sum: (text) => createHash('sha256').update(toText(text)).digest('hex'),
  b64enc: (text) => Buffer.from(toText(text)).toString('base64'),
  b64dec: (text) => Buffer.from(toText(text), 'base64').toString(),
};
