import type { Environment } from '@marcbachmann/cel-js';
import { goRegExp } from '../structural/patterns.js';
import { CelFault } from './fault.js';

class StringsNamespace {}

function pattern(text: string): RegExp {
  const expression = goRegExp(text);
  if (expression === undefined) throw new CelFault(`Illegal regex: error parsing regexp: ${text}`);
  return expression;
}

function findAll(text: string, expression: string, limit: number): string[] {
  const { source, flags } = pattern(expression);
  const found = [...text.matchAll(new RegExp(source, `${flags}g`))].map(([match]) => match);
  return limit < 0 ? found : found.slice(0, limit);
}

function replace(text: string, from: string, to: string, limit: number): string {
  if (limit < 0) return text.replaceAll(from, () => to);
  let rest = text;
  let done = '';
  for (let count = 0; count < limit; count += 1) {
    const at = rest.indexOf(from);
    if (at < 0) break;
    done += rest.slice(0, at) + to;
    rest = rest.slice(at + from.length);
  }
  return done + rest;
}

/** `%s`, `%d`, `%f`, `%e`, `%x`, `%X`, `%o`, `%b` with a precision: github.com/google/cel-go `ext/formatting.go`. */
function format(text: string, values: readonly unknown[]): string {
  let next = 0;
  return text.replace(
    /%(?:%|(?:\.(\d+))?([sdfexXob]))/g,
    (all, precision: string | undefined, verb?: string) => {
      if (verb === undefined) return '%';
      if (next >= values.length) throw new CelFault('index ' + String(next) + ' out of range');
      const value = values[next];
      next += 1;
      const digits = precision === undefined ? 6 : Number(precision);
      switch (verb) {
        case 's':
          return shown(value);
        case 'd':
          return String(value);
        case 'f':
          return Number(value).toFixed(digits);
        case 'e':
          return Number(value)
            .toExponential(digits)
            .replace(/e([+-])(\d)$/, 'e$10$2');
        case 'b':
          return typeof value === 'boolean' ? String(Number(value)) : BigInt(value as bigint).toString(2);
        case 'o':
          return BigInt(value as bigint).toString(8);
        default: {
          const hex =
            typeof value === 'string'
              ? Buffer.from(value).toString('hex')
              : BigInt(value as bigint).toString(16);
          return verb === 'X' ? hex.toUpperCase() : hex;
        }
      }
    },
  );
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  if (value instanceof Map || (typeof value === 'object' && value?.constructor === Object)) {
    const entries = value instanceof Map ? [...(value as Map<string, unknown>)] : Object.entries(value);
    return `{${entries.map(([key, item]) => `${key}: ${shown(item)}`).join(', ')}}`;
  }
  return value instanceof Date ? value.toISOString().replace('.000Z', 'Z') : String(value);
}

/** github.com/google/cel-go `ext/strings.go`, version 2, and k8s.io/apiserver `pkg/cel/library/regex.go`. */
export function registerStrings(environment: Environment): void {
  environment
    .registerType('kubernetes.StringsNamespace', StringsNamespace)
    .registerConstant('strings', 'kubernetes.StringsNamespace', new StringsNamespace())
    .registerFunction(
      'kubernetes.StringsNamespace.quote(string): string',
      (_namespace: unknown, text: string) => JSON.stringify(text),
    )
    .registerFunction('string.charAt(int): string', (text: string, index: bigint) => {
      const characters = [...text];
      if (index < 0n || index > BigInt(characters.length)) throw new CelFault(`index out of range: ${index}`);
      return characters[Number(index)] ?? '';
    })
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      replace(text, from, to, -1),
    )
    .registerFunction(
      'string.replace(string, string, int): string',
      (text: string, from: string, to: string, limit: bigint) => replace(text, from, to, Number(limit)),
    )
    .registerFunction('string.format(list): string', format)
    .registerFunction(
      'string.find(string): string',
      (text: string, expression: string) => pattern(expression).exec(text)?.[0] ?? '',
    )
    .registerFunction('string.findAll(string): list<string>', (text: string, expression: string) =>
      findAll(text, expression, -1),
    )
    .registerFunction(
      'string.findAll(string, int): list<string>',
      (text: string, expression: string, limit: bigint) => findAll(text, expression, Number(limit)),
    );
}
