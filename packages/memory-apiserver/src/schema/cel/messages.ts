import type { ASTNode, ParseError, TypeError as CheckError } from '@marcbachmann/cel-js';
import { CelFault } from './fault.js';

/** What a library error tells beside its text. */
interface Located {
  readonly code: string;
  readonly summary: string;
  readonly range?: { readonly start: number; readonly end: number };
  readonly node?: Partial<ASTNode>;
}

/** Why an expression can't be compiled, as cel-go's `Issues.String()` tells it: with the place marked. */
export function compileFault(
  error: ParseError | CheckError | Error,
  expression: string,
  isFunction: (name: string) => boolean,
): string {
  if (!isLocated(error)) return `ERROR: <input>:1:1: ${error.message}`;
  const { text, at } = explain(error, expression, isFunction);
  const before = expression.slice(0, at).split('\n');
  const column = before.at(-1)?.length ?? 0;
  const line = expression.split('\n')[before.length - 1] ?? '';
  return `ERROR: <input>:${before.length}:${column + 1}: ${text}\n | ${line}\n | ${'.'.repeat(column)}^`;
}

const isLocated = (error: unknown): error is Error & Located =>
  error instanceof Error && typeof (error as Partial<Located>).code === 'string';

const typeNames: Readonly<Record<string, string>> = {
  'google.protobuf.Timestamp': 'timestamp',
  'google.protobuf.Duration': 'duration',
};

/** `list<int>` here is `list(int)` there. */
const typeText = (types: string): string =>
  types
    .replace(/google\.protobuf\.\w+/g, (name) => typeNames[name] ?? name)
    .replace(/dyn<([\w.]+)>/g, 'dyn')
    .replaceAll('<', '(')
    .replaceAll('>', ')');

function explain(
  { code, summary, range, node, name }: Error & Located,
  expression: string,
  isFunction: (name: string) => boolean,
): { text: string; at: number } {
  const at = range?.start ?? 0;
  if (name === 'ParseError') return { text: `Syntax error: ${syntaxFault(summary)}`, at };
  switch (code) {
    case 'no_such_key':
      return {
        text: `undefined field '${summary.replace(/^No such key: /, '')}'`,
        at: Math.max(0, expression.lastIndexOf('.', at)),
      };
    case 'unknown_variable':
      return {
        text: `undeclared reference to '${summary.replace(/^Unknown variable: /, '')}' (in container '')`,
        at,
      };
    case 'no_such_overload':
      return overload(summary, node, at, expression);
    case 'no_matching_overload':
      return call(summary, at, expression, isFunction);
    default:
      return { text: summary, at };
  }
}

/** An end where a value is wanted is told as cel-go's parser does; other faults in the words of the library. */
const syntaxFault = (summary: string): string =>
  summary.startsWith('Expected IDENTIFIER')
    ? "no viable alternative at input '.'"
    : summary === 'Unexpected token: EOF'
      ? "mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
      : summary;

/** `no such overload: int == string`, or `!int`. */
function overload(
  summary: string,
  node: Partial<ASTNode> | undefined,
  at: number,
  expression: string,
): { text: string; at: number } {
  const detail = summary.replace(/^no such overload: /, '');
  const binary = /^(.+) (==|!=|<=|>=|<|>|\+|-|\*|\/|%|in) (.+)$/.exec(detail);
  if (binary === null) {
    const [, operator = '', type = ''] = /^([!-])(.+)$/.exec(detail) ?? [];
    return { text: `found no matching overload for '${operator}_' applied to '(${typeText(type)})'`, at };
  }
  const [, left = '', operator = '', right = ''] = binary;
  const operands = node?.args as readonly { end?: number }[] | undefined;
  const operatorAt = expression.indexOf(operator, operands?.[0]?.end ?? at);
  const named = operator === 'in' ? '@in' : `_${operator}_`;
  return {
    text: `found no matching overload for '${named}' applied to '(${typeText(left)}, ${typeText(right)})'`,
    at: operatorAt < 0 ? at : operatorAt,
  };
}

/** `found no matching overload for 'string.foo(int)'`. */
function call(
  summary: string,
  at: number,
  expression: string,
  isFunction: (name: string) => boolean,
): { text: string; at: number } {
  const match = /'(?:(.+)\.)?([\w]+)\((.*)\)'$/.exec(summary);
  if (match === null) return { text: summary, at };
  const [, receiver, name = '', args = ''] = match;
  const parenthesis = expression.indexOf('(', expression.indexOf(name, at));
  const where = parenthesis < 0 ? at : parenthesis;
  if (!isFunction(name)) return { text: `undeclared reference to '${name}' (in container '')`, at: where };
  const applied =
    receiver === undefined ? `(${typeText(args)})` : `${typeText(receiver)}.(${typeText(args)})`;
  return { text: `found no matching overload for '${name}' applied to '${applied}'`, at: where };
}

/** Why an evaluation came to nothing, in the words of cel-go. */
export function evaluationFault(error: unknown): string {
  if (error instanceof CelFault) return error.message;
  if (!isLocated(error)) return error instanceof Error ? error.message : String(error);
  switch (error.code) {
    case 'no_such_key':
      return error.summary.replace(/^No such key/, 'no such key');
    case 'index_out_of_bounds':
      return `index out of bounds: ${/index (-?\d+)/.exec(error.summary)?.[1] ?? ''}`;
    case 'modulo_by_zero':
      return 'modulus by zero';
    case 'numeric_overflow':
      return 'integer overflow';
    case 'no_such_overload':
    case 'no_matching_overload':
      return 'no such overload';
    case 'unknown_variable':
      return error.summary.replace(/^Unknown variable: /, 'no such attribute(s): ');
    case 'optional_value_missing':
      return 'optional.none() dereference';
    default:
      return error.summary;
  }
}
