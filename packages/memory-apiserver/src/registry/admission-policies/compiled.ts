import type { Environment } from '@marcbachmann/cel-js';
import { AUTHORIZER_TYPE } from '../../schema/cel/authorizer.js';
import { celEnvironment } from '../../schema/cel/environment.js';
import { compileCel, type CelProgram } from '../../schema/cel/program.js';
import type { PolicySpec, Validation } from './policy.js';

/** What expressions of policies can see. */
export const VARIABLES = [
  'object',
  'oldObject',
  'request',
  'params',
  'namespaceObject',
  'authorizer',
  'variables',
] as const;

/** A policy's expressions, ready to run. */
export interface CompiledPolicy {
  readonly spec: PolicySpec;
  readonly conditions: readonly { readonly name: string; readonly program: CelProgram }[];
  readonly variables: readonly { readonly name: string; readonly program: CelProgram }[];
  readonly validations: readonly {
    readonly validation: Validation;
    readonly program: CelProgram;
    readonly message: CelProgram | undefined;
  }[];
  readonly annotations: readonly { readonly key: string; readonly program: CelProgram }[];
}

/** Types of the variables that are known; others are `dyn`. */
export interface PolicyTypes {
  readonly object?: string;
  readonly params?: string;
}

/** An environment with the policy's variables, `variables` included: their types are those of their expressions. */
export function policyEnvironment(
  spec: PolicySpec,
  environment: Environment = celEnvironment(),
  types: PolicyTypes = {},
): Environment {
  const { object = 'dyn', params = 'dyn' } = types;
  environment
    .registerVariable('object', object)
    .registerVariable('oldObject', object)
    .registerVariable('params', params)
    .registerVariable('request', 'dyn')
    .registerVariable('namespaceObject', 'dyn')
    .registerVariable('authorizer', AUTHORIZER_TYPE);
  const fields: Record<string, string> = {};
  let scope = environment;
  for (const [index, { name, expression }] of (spec.variables ?? []).entries()) {
    scope = withVariables(environment, fields, index);
    fields[name] = scope.check(expression).type ?? 'dyn';
  }
  const count = Object.keys(fields).length;
  return count === 0 ? environment : withVariables(environment, fields, count);
}

/** Each variable sees those before it. */
function withVariables(
  environment: Environment,
  fields: Readonly<Record<string, string>>,
  index: number,
): Environment {
  const name = `Variables${index}`;
  return environment.clone().registerType(name, { fields }).registerVariable('variables', name);
}

/** Policies by the text of their spec: thousands of clusters may have the same. */
const compiled = new Map<string, CompiledPolicy>();
const MAX_COMPILED = 1_000;

export function compiledPolicy(spec: PolicySpec): CompiledPolicy {
  const key = JSON.stringify(spec);
  let policy = compiled.get(key);
  if (policy === undefined) {
    if (compiled.size >= MAX_COMPILED) compiled.clear();
    compiled.set(key, (policy = compilePolicy(spec)));
  }
  return policy;
}

function compilePolicy(spec: PolicySpec): CompiledPolicy {
  const environment = policyEnvironment(spec);
  const compile = (expression: string): CelProgram => compileCel(expression, environment, VARIABLES);
  return {
    spec,
    conditions: (spec.matchConditions ?? []).map(({ name, expression }) => ({
      name,
      program: compile(expression),
    })),
    variables: (spec.variables ?? []).map(({ name, expression }) => ({ name, program: compile(expression) })),
    validations: (spec.validations ?? []).map((validation) => ({
      validation,
      program: compile(validation.expression),
      message: validation.messageExpression ? compile(validation.messageExpression) : undefined,
    })),
    annotations: (spec.auditAnnotations ?? []).map(({ key, valueExpression }) => ({
      key,
      program: compile(valueExpression),
    })),
  };
}
