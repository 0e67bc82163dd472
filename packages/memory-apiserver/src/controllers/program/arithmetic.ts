import { UnknownProgram } from './errors.js';

/** Binding of the operators, tightest last (POSIX shell, "Arithmetic Expansion"). */
const levels: readonly (readonly string[])[] = [
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/', '%'],
];

/**
 * The value of an integer expression such as `3 % 2`, of `$((…))` and `expr`. Throws {@link UnknownProgram} if it
 * has anything but numbers, brackets and these operators.
 */
export function evaluate(expression: string): number {
  const tokens = expression.match(/\d+|[=!<>]=|[-+*/%<>()]|\S/g) ?? [];
  let next = 0;

  function binary(level: number): number {
    const operators = levels[level];
    if (operators === undefined) return operand();
    let value = binary(level + 1);
    while (operators.includes(tokens[next] ?? '')) {
      const operator = tokens[next++] ?? '';
      value = apply(operator, value, binary(level + 1));
    }
    return value;
  }

  function operand(): number {
    const token = tokens[next++] ?? '';
    if (/^\d+$/.test(token)) return Number(token);
    if (token === '-') return -operand();
    if (token !== '(') throw new UnknownProgram(`no number: ${token}`);
    const value = binary(0);
    if (tokens[next++] !== ')') throw new UnknownProgram('a bracket is not closed');
    return value;
  }

  const value = binary(0);
  if (next < tokens.length) throw new UnknownProgram(`no operator: ${tokens[next] ?? ''}`);
  return value;
}

function apply(operator: string, a: number, b: number): number {
  if ((operator === '/' || operator === '%') && b === 0) throw new UnknownProgram('division by zero');
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return Math.trunc(a / b);
    case '%':
      return a % b;
    default:
      return Number(compare(operator, a, b));
  }
}

function compare(operator: string, a: number, b: number): boolean {
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    default:
      return a >= b;
  }
}
