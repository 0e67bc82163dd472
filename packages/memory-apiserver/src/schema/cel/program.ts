import type { Environment } from '@marcbachmann/cel-js';
import { celEnvironment, isCelFunction } from './environment.js';
import { compileFault } from './messages.js';

/** A compiled expression, or why it can't be. */
export interface CelProgram {
  /** In the words of cel-go; undefined if it can be run. */
  readonly fault: string | undefined;
  /** Type of the result: `bool`, `string`, `dyn`, … */
  readonly type: string;
  /** @throws what `evaluationFault` tells the text of */
  run(variables: Readonly<Record<string, unknown>>): unknown;
}

/** Environments that evaluate, by the names of their variables: types are of no use any more. */
const evaluators = new Map<string, Environment>();

function evaluatorOf(variables: readonly string[]): Environment {
  const key = variables.join();
  let environment = evaluators.get(key);
  if (environment === undefined) {
    environment = celEnvironment();
    for (const name of variables) environment.registerVariable(name, 'dyn');
    evaluators.set(key, environment);
  }
  return environment;
}

/**
 * Checks an expression by the types in `declared` and prepares it.
 *
 * @param variables names of all variables that {@link CelProgram.run} is given
 */
export function compileCel(
  expression: string,
  declared: Environment,
  variables: readonly string[],
): CelProgram {
  const checked = declared.check(expression);
  const refuse = (): never => {
    throw new Error('the expression has not been compiled');
  };
  if (!checked.valid)
    return {
      fault: compileFault(checked.error ?? new Error('unknown'), expression, isCelFunction),
      type: '',
      run: refuse,
    };
  const evaluate = evaluatorOf(variables).parse(expression);
  return { fault: undefined, type: checked.type ?? 'dyn', run: (values) => evaluate(values) as unknown };
}

/** True if the expression has the variable in it. */
export const usesVariable = (expression: string, name: string): boolean =>
  new RegExp(`(?<![\\w.])${name}\\b`).test(expression.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""'));
