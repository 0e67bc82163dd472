import type { FieldCause } from '../../errors.js';
import type { Json } from '../../object.js';
import { Declarations } from '../cel/declarations.js';
import { celEnvironment } from '../cel/environment.js';
import { celOptional } from '../cel/library.js';
import { evaluationFault } from '../cel/messages.js';
import { compileCel, usesVariable, type CelProgram } from '../cel/program.js';
import { celValue } from '../cel/values.js';
import { invalidValue } from './causes.js';
import { Correlation, formerItem } from './correlation.js';
import { isFields, type SchemaNode, type ValidationRule } from './node.js';

/** A rule of `x-kubernetes-validations`, ready to run. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program: CelProgram;
  readonly message: CelProgram | undefined;
  /** A transition rule: it is asked only where there is an old value. */
  readonly usesOld: boolean;
}

const VARIABLES = ['self', 'oldSelf'];

const compiled = new WeakMap<SchemaNode, readonly CompiledRule[]>();

/** The rules at a place of a schema. They are compiled once. */
export function compiledRules(node: SchemaNode, isResource: boolean): readonly CompiledRule[] {
  let rules = compiled.get(node);
  if (rules === undefined) compiled.set(node, (rules = compileRules(node, isResource)));
  return rules;
}

function compileRules(node: SchemaNode, isResource: boolean): readonly CompiledRule[] {
  const rules = node.schema['x-kubernetes-validations'] ?? [];
  if (rules.length === 0) return [];
  const environment = celEnvironment();
  const type = new Declarations(environment).typeOf(node, isResource) ?? 'dyn';
  const optional = environment
    .registerVariable('self', type)
    .clone()
    .registerVariable('oldSelf', `optional<${type}>`);
  const plain = environment.clone().registerVariable('oldSelf', type);
  return rules.map((rule) => {
    const declared = rule.optionalOldSelf === true ? optional : plain;
    const expression = rule.rule.trim() === '' ? 'true' : rule.rule;
    return {
      rule,
      program: compileCel(expression, declared, VARIABLES),
      message: rule.messageExpression ? compileCel(rule.messageExpression, declared, VARIABLES) : undefined,
      usesOld: usesVariable(expression, 'oldSelf'),
    };
  });
}

/**
 * What the rules of a schema have against a value: k8s.io/apiextensions-apiserver `pkg/apiserver/schema/cel`.
 *
 * @param before the whole object before an update: rules that fail for what hasn't changed are only warned of
 */
export function ruleCauses(
  value: Json,
  root: SchemaNode,
  before: Json | undefined,
  warn: (text: string) => void = () => undefined,
): FieldCause[] {
  const correlation = before === undefined ? undefined : new Correlation(value, before, root);
  return visit({ value, before, node: root, path: '', isResource: true, correlation, isSame: false, warn });
}

interface Place {
  readonly value: Json;
  readonly before: Json | undefined;
  readonly node: SchemaNode;
  readonly path: string;
  readonly isResource: boolean;
  readonly correlation: Correlation | undefined;
  /** The nearest place above that can be compared with before has not changed. */
  readonly isSame: boolean;
  readonly warn: (text: string) => void;
}

function visit(place: Place): FieldCause[] {
  const { value, before, node, path, correlation } = place;
  if (value === null) return [];
  const causes = evaluateRules(place);
  const below = { isResource: false, isSame: isUnchanged(place), warn: place.warn };
  if (Array.isArray(value)) {
    const { items } = node;
    if (items === undefined) return causes;
    const old = Array.isArray(before) ? before : [];
    for (const [index, item] of value.entries())
      causes.push(
        ...visit({
          ...below,
          value: item,
          before: formerItem(node, old, item),
          node: items,
          path: `${path}[${index}]`,
          isResource: items.isEmbedded,
          correlation: correlation?.item(index),
        }),
      );
  } else if (isFields(value)) {
    for (const [name, item] of Object.entries(value)) {
      const property = node.property(name);
      const child = property ?? node.additional;
      if (child === undefined) continue;
      const at = property === undefined ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`;
      causes.push(
        ...visit({
          ...below,
          value: item,
          before: isFields(before) ? before[name] : undefined,
          node: child,
          path: at,
          isResource: child.isEmbedded,
          correlation: correlation?.field(name),
        }),
      );
    }
  }
  return causes;
}

const isUnchanged = ({ correlation, isSame }: Place): boolean => correlation?.isUnchanged ?? isSame;

function evaluateRules(place: Place): FieldCause[] {
  const { value, before, node, path, isResource } = place;
  const rules = compiledRules(node, isResource);
  if (rules.length === 0) return [];
  const self = celValue(value, node, isResource);
  const old = before === undefined || before === null ? undefined : celValue(before, node, isResource);
  return rules.flatMap((compiledRule) => {
    const { rule, usesOld } = compiledRule;
    const isOptional = rule.optionalOldSelf === true;
    if (usesOld && old === undefined && !isOptional) return [];
    const oldSelf = isOptional ? celOptional(old) : old;
    const cause = evaluateRule(
      compiledRule,
      { self, ...(oldSelf === undefined ? {} : { oldSelf }) },
      node,
      path,
    );
    if (cause === undefined) return [];
    if (usesOld || !cause.failed || !isUnchanged(place)) return [cause.cause];
    place.warn(`${cause.cause.field}: ${cause.cause.message}`);
    return [];
  });
}

const SINGLE_MESSAGE_LIMIT = 5 * 1024;

function evaluateRule(
  { rule, program, message }: CompiledRule,
  variables: Readonly<Record<string, unknown>>,
  node: SchemaNode,
  path: string,
): { cause: FieldCause; failed: boolean } | undefined {
  const type = node.schema.type ?? '';
  const field = path === '' ? '<nil>' : path;
  const fault = (detail: string): { cause: FieldCause; failed: boolean } => ({
    cause: invalidValue(field, type, detail),
    failed: false,
  });
  const told = (rule.message ?? '').trim() || rule.rule.trim();
  if (program.fault !== undefined) return fault(`rule compile error: compilation failed: ${program.fault}`);
  let result: unknown;
  try {
    result = program.run(variables);
  } catch (error) {
    const why = evaluationFault(error);
    return fault(
      why.startsWith('no such overload')
        ? `'${why}': call arguments did not match a supported operator, function or macro signature for rule: ${told}`
        : `${why} evaluating rule: ${told}`,
    );
  }
  if (result === true) return undefined;
  const text =
    messageOf(message, variables) ??
    (rule.message ? rule.message.trim() : `failed rule: ${rule.rule.trim()}`);
  return {
    cause: causeOf(rule, `${path}${rule.fieldPath ?? ''}`.replace(/^\./, '') || '<nil>', type, text),
    failed: true,
  };
}

/** The text that a message expression comes to, if it is fit to be shown. */
function messageOf(
  program: CelProgram | undefined,
  variables: Readonly<Record<string, unknown>>,
): string | undefined {
  if (program?.fault !== undefined || program === undefined) return undefined;
  try {
    const text = program.run(variables);
    const trimmed = typeof text === 'string' ? text.trim() : '';
    return trimmed === '' || trimmed.includes('\n') || Buffer.byteLength(trimmed) > SINGLE_MESSAGE_LIMIT
      ? undefined
      : trimmed;
  } catch {
    return undefined;
  }
}

function causeOf({ reason }: ValidationRule, field: string, type: string, detail: string): FieldCause {
  switch (reason) {
    case 'FieldValueForbidden':
      return { field, reason, message: `Forbidden: ${detail}` };
    case 'FieldValueRequired':
      return { field, reason, message: `Required value: ${detail}` };
    case 'FieldValueDuplicate':
      return { field, reason, message: `Duplicate value: ${JSON.stringify(type)}` };
    default:
      return invalidValue(field, type, detail);
  }
}
