import type { KubeObject } from '../../object.js';
import { CelFault } from '../../schema/cel/fault.js';
import { evaluationFault } from '../../schema/cel/messages.js';
import type { CelProgram } from '../../schema/cel/program.js';
import { dynamicValue } from '../../schema/cel/values.js';
import type { CompiledPolicy } from './compiled.js';

/** Why a policy is against a request. */
export interface Denial {
  readonly message: string;
  /** `Invalid`, `Forbidden`, …; empty for faults of the policy itself. */
  readonly reason: string;
}

/** Values of the variables but `variables`. */
export type Activation = Readonly<Record<string, unknown>>;

export const celObject = (object: KubeObject | undefined): unknown => dynamicValue(object);

const MAX_MESSAGE_BYTES = 5 * 1024;

/**
 * What a policy has against a request, by k8s.io/apiserver `pkg/admission/plugin/policy/validating/validator.go`.
 * Faults in expressions count as denials unless the policy's `failurePolicy` is Ignore.
 */
export function evaluatePolicy(policy: CompiledPolicy, activation: Activation): Denial[] {
  const ignores = policy.spec.failurePolicy === 'Ignore';
  const variables = withVariables(policy, activation);
  const asFault = (message: string): Denial[] => (ignores ? [] : [{ message, reason: '' }]);
  let fault: string | undefined;
  for (const { name, program } of policy.conditions) {
    const result = run(program, variables);
    if (result.fault !== undefined) fault ??= `match condition '${name}' resulted in error: ${result.fault}`;
    else if (result.value !== true) return [];
  }
  if (fault !== undefined) return asFault(fault);
  const denials = policy.validations.flatMap(({ validation, program, message }) => {
    const result = run(program, variables);
    if (result.fault !== undefined)
      return asFault(`expression '${validation.expression}' resulted in error: ${result.fault}`);
    if (result.value === true) return [];
    const text =
      messageOf(message, variables) ??
      (validation.message?.trim() || `failed expression: ${validation.expression.trim()}`);
    return [{ message: text, reason: validation.reason ?? 'Invalid' }];
  });
  for (const { program } of policy.annotations) {
    const result = run(program, variables);
    if (result.fault !== undefined) denials.push(...asFault(result.fault));
  }
  return denials;
}

type Outcome = { readonly value: unknown; readonly fault?: undefined } | { readonly fault: string };

function run(program: CelProgram, variables: Activation): Outcome {
  if (program.fault !== undefined) return { fault: `compilation error: ${program.fault}` };
  try {
    return { value: program.run(variables) };
  } catch (error) {
    return { fault: evaluationFault(error) };
  }
}

/** `variables.x` is worked out when it is first asked for, and once. */
function withVariables(policy: CompiledPolicy, activation: Activation): Activation {
  const values: Record<string, unknown> = {};
  const all = { ...activation, variables: values };
  for (const { name, program } of policy.variables) {
    let outcome: Outcome | undefined;
    Object.defineProperty(values, name, {
      enumerable: true,
      get: (): unknown => {
        outcome ??= run(program, all);
        if (outcome.fault === undefined) return outcome.value;
        throw new CelFault(`composited variable "${name}" fails to evaluate: ${outcome.fault}`);
      },
    });
  }
  return all;
}

function messageOf(program: CelProgram | undefined, variables: Activation): string | undefined {
  if (program === undefined) return undefined;
  const { value } = { value: undefined, ...run(program, variables) };
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' || text.includes('\n') || Buffer.byteLength(text) > MAX_MESSAGE_BYTES ? undefined : text;
}
