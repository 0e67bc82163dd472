import { createRequire } from 'node:module';
import type * as Cel from '@marcbachmann/cel-js';
import type * as Evaluator from '@marcbachmann/cel-js/evaluator';

const require = createRequire(import.meta.url);

let language: typeof Cel | undefined;
let evaluator: typeof Evaluator | undefined;

/**
 * The package that CEL is run with, loaded for the first rule or policy: most clusters have none, and it would take a
 * good part of the time until a process' first answer.
 */
export const cel = (): typeof Cel => (language ??= require('@marcbachmann/cel-js') as typeof Cel);

/** Its types of values. */
export const celEvaluator = (): typeof Evaluator =>
  (evaluator ??= require('@marcbachmann/cel-js/evaluator') as typeof Evaluator);

/** CEL's `optional` of the value, none of undefined. */
export function celOptional(value: unknown): unknown {
  const { Optional } = cel();
  return value === undefined ? Optional.none() : Optional.of(value);
}
