import type { FieldCause } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import { compileCel } from '../../schema/cel/program.js';
import {
  duplicateValue,
  forbiddenValue,
  goJson,
  invalidValue,
  requiredValue,
  unsupportedValue,
} from '../../schema/structural/causes.js';
import { policyEnvironment, VARIABLES } from './compiled.js';
import type { BindingSpec, PolicySpec } from './policy.js';

/**
 * Why a ValidatingAdmissionPolicy is refused: expressions that can't be compiled and what upstream's
 * k8s.io/kubernetes `pkg/apis/admissionregistration/validation` most often has to say.
 */
export function policyCauses(policy: KubeObject): FieldCause[] {
  const spec = policy.spec as PolicySpec;
  const causes: FieldCause[] = [];
  const { validations = [], auditAnnotations = [], matchConditions = [], variables = [] } = spec;
  if (spec.matchConstraints === undefined) causes.push(requiredValue('spec.matchConstraints'));
  else if ((spec.matchConstraints.resourceRules ?? []).length === 0)
    causes.push(requiredValue('spec.matchConstraints.resourceRules'));
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const detail = 'validations or auditAnnotations must contain at least one item';
    causes.push(requiredValue('spec.validations', detail), requiredValue('spec.auditAnnotations', detail));
  }
  const environment = policyEnvironment(spec);
  const check = (field: string, expression: string | undefined, type: string, value: unknown): void => {
    if (!expression?.trim()) {
      causes.push(requiredValue(field, field.endsWith('Expression') ? '' : 'expression is not specified'));
      return;
    }
    const program = compileCel(expression, environment, VARIABLES);
    if (program.fault !== undefined)
      causes.push(invalidValue(field, value, `compilation failed: ${program.fault}`));
    else if (type !== '' && program.type !== type && program.type !== 'dyn')
      causes.push(invalidValue(field, value, `must evaluate to ${type} but got ${program.type}`));
  };
  for (const [index, { name, expression }] of variables.entries())
    check(`spec.variables[${index}].expression`, expression, '', expression ?? name);
  for (const [index, { expression }] of matchConditions.entries())
    check(`spec.matchConditions[${index}].expression`, expression, 'bool', expression);
  for (const [index, { expression, messageExpression }] of validations.entries()) {
    const at = `spec.validations[${index}]`;
    check(`${at}.expression`, expression, 'bool', expression);
    if (messageExpression !== undefined)
      check(`${at}.messageExpression`, messageExpression, 'string', messageExpression);
  }
  for (const [index, { valueExpression }] of auditAnnotations.entries())
    check(`spec.auditAnnotations[${index}].valueExpression`, valueExpression, '', goJson(valueExpression));
  return causes;
}

const ACTIONS = ['Audit', 'Deny', 'Warn'];

/** Why a ValidatingAdmissionPolicyBinding is refused. */
export function bindingCauses(binding: KubeObject): FieldCause[] {
  const { policyName, validationActions = [], paramRef } = binding.spec as BindingSpec;
  const causes: FieldCause[] = [];
  const at = 'spec.validationActions';
  if (!policyName) causes.push(requiredValue('spec.policyName'));
  if (paramRef !== undefined && !paramRef.name && paramRef.selector === undefined)
    causes.push(requiredValue('spec.paramRef', 'one of name or selector must be specified'));
  if (paramRef?.name && paramRef.selector !== undefined)
    causes.push(forbiddenValue('spec.paramRef.name', 'name and selector are mutually exclusive'));
  if (validationActions.length === 0)
    causes.push(requiredValue(at, 'at least one validation action is required'));
  for (const [index, action] of validationActions.entries()) {
    if (!ACTIONS.includes(action)) causes.push(unsupportedValue(`${at}[${index}]`, action, ACTIONS));
    if (validationActions.indexOf(action) < index) causes.push(duplicateValue(`${at}[${index}]`, action));
  }
  if (validationActions.includes('Deny') && validationActions.includes('Warn')) {
    const detail =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
    causes.push(invalidValue(at, validationActions, detail));
  }
  return causes;
}
