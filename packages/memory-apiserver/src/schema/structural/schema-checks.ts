import type { FieldCause } from '../../errors.js';
import { forbiddenValue, goJson, invalidValue, requiredValue, unsupportedValue } from './causes.js';
import { isFields, SchemaNode, type JsonSchema, type ValidationRule } from './node.js';
import { pruneObject } from './prune.js';
import { compiledRules } from './rules.js';
import { structureCauses } from './structure.js';
import { validateValue } from './validate.js';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** Keywords of JSON schema that aren't supported in CRDs. */
const UNSUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'];

/**
 * Why `openAPIV3Schema` of a CRD is refused: k8s.io/apiextensions-apiserver `pkg/apis/apiextensions/validation`,
 * `validateCustomResourceDefinitionValidation`.
 */
export function schemaCauses(schema: JsonSchema, path: string, hasStatus: boolean): FieldCause[] {
  const causes = [...rootCauses(schema, path, hasStatus)];
  const structure = structureCauses(schema, path);
  causes.push(...(structure.length > 0 ? structure : defaultCauses(schema, path, true)));
  const isSound = causes.length === 0;
  const checks = check(schema, { path, isRoot: true, defaultsForbidden: '', uncorrelated: '' });
  causes.push(...checks.causes);
  if (isSound && checks.causes.length === 0) causes.push(...checks.rules());
  return causes;
}

const AT_ROOT = new Set(
  'description type format title maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems multipleOf required items properties externalDocs example x-kubernetes-preserve-unknown-fields x-kubernetes-validations'.split(
    ' ',
  ),
);

function rootCauses(schema: JsonSchema, path: string, hasStatus: boolean): FieldCause[] {
  const causes: FieldCause[] = [];
  if (hasStatus && schema.type !== undefined && schema.type !== 'object') {
    const detail =
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    causes.push(invalidValue(`${path}.type`, schema.type, detail));
  } else if (hasStatus) {
    const odd = Object.keys(schema).find((name) => !AT_ROOT.has(name));
    if (odd !== undefined) {
      const allowed =
        '[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations]';
      const detail = `only ${allowed} fields are allowed at the root of the schema if the status subresource is enabled`;
      causes.push(invalidValue(path, schema, detail));
    }
  }
  if (schema.nullable === true)
    causes.push(forbiddenValue(`${path}.nullable`, 'nullable cannot be true at the root'));
  return causes;
}

/** Defaults have to be what their own schema allows. */
function defaultCauses(schema: JsonSchema, path: string, isResource: boolean): FieldCause[] {
  const causes: FieldCause[] = [];
  if (schema.default !== undefined) {
    const node = new SchemaNode(schema);
    const copy = structuredClone(schema.default);
    if (isFields(copy) && pruneObject(copy, node).length > 0)
      causes.push(invalidValue(`${path}.default`, schema.default, 'must not have unknown fields'));
    causes.push(...validateValue(schema.default, node, `${path}.default`));
  }
  if (schema.items !== undefined) causes.push(...defaultCauses(schema.items, `${path}.items`, false));
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    if (!isResource || name !== 'metadata')
      causes.push(...defaultCauses(property, `${path}.properties[${name}]`, false));
  return causes;
}

interface Place {
  readonly path: string;
  readonly isRoot: boolean;
  /** Why there may be no defaults; empty: there may. */
  readonly defaultsForbidden: string;
  /** The place above, in which old values can't be told; empty if they can. */
  readonly uncorrelated: string;
}

interface Checks {
  readonly causes: FieldCause[];
  /** Faults of rules, compiled only if all else is fine. */
  readonly rules: () => FieldCause[];
}

function check(schema: JsonSchema, place: Place): Checks {
  const { path } = place;
  const causes = [
    ...keywordCauses(schema, place),
    ...listCauses(schema, path),
    ...ruleTextCauses(schema, path),
  ];
  const later: (() => FieldCause[])[] = [() => compileCauses(schema, place)];
  const visit = (below: JsonSchema, step: string, more: Partial<Place> = {}): void => {
    const checks = check(below, { ...place, isRoot: false, ...more, path: path + step });
    causes.push(...checks.causes);
    later.push(checks.rules);
  };
  if (typeof schema.additionalProperties === 'object')
    visit(schema.additionalProperties, '.additionalProperties');
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isMeta = place.isRoot && ['metadata', 'kind', 'apiVersion'].includes(name);
    visit(property, `.properties[${name}]`, isMeta ? { defaultsForbidden: ` in top-level ${name}` } : {});
  }
  for (const key of ['allOf', 'anyOf', 'oneOf'] as const)
    for (const [index, one] of (schema[key] ?? []).entries()) visit(one, `.${key}[${index}]`);
  if (schema.not !== undefined) visit(schema.not, '.not');
  if (schema.items !== undefined) {
    const correlates = schema['x-kubernetes-list-type'] === 'map';
    visit(schema.items, '.items', correlates || place.uncorrelated !== '' ? {} : { uncorrelated: path });
  }
  return { causes, rules: () => later.flatMap((rules) => rules()) };
}

function keywordCauses(schema: JsonSchema, { path, defaultsForbidden }: Place): FieldCause[] {
  const causes: FieldCause[] = [];
  const { type = '' } = schema;
  if (type !== '' && !TYPES.includes(type)) causes.push(unsupportedValue(`${path}.type`, type, TYPES));
  if (schema.default !== undefined && defaultsForbidden !== '')
    causes.push(forbiddenValue(`${path}.default`, `must not be set${defaultsForbidden}`));
  for (const name of UNSUPPORTED)
    if ((schema as Record<string, unknown>)[name] !== undefined)
      causes.push(forbiddenValue(`${path}.${name}`, `${name} is not supported`));
  if (type === 'null')
    causes.push(forbiddenValue(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
  if (schema.uniqueItems === true) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    causes.push(forbiddenValue(`${path}.uniqueItems`, detail));
  }
  const { additionalProperties } = schema;
  if (
    additionalProperties !== undefined &&
    additionalProperties !== true &&
    Object.keys(schema.properties ?? {}).length > 0
  ) {
    const detail = 'additionalProperties and properties are mutual exclusive';
    causes.push(forbiddenValue(`${path}.additionalProperties`, detail));
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    causes.push(
      invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'),
    );
  return causes;
}

/** `Required` or `Invalid` for a type that is not what an extension needs. */
function typeCause(type: string, want: string, path: string, extension: string): FieldCause[] {
  if (type === want) return [];
  const detail = `must be ${want} if ${extension} is specified`;
  return [type === '' ? requiredValue(`${path}.type`, detail) : invalidValue(`${path}.type`, type, detail)];
}

function listCauses(schema: JsonSchema, path: string): FieldCause[] {
  const causes: FieldCause[] = [];
  const { type = '', items } = schema;
  const mapType = schema['x-kubernetes-map-type'];
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const [listAt, keysAt] = [`${path}.x-kubernetes-list-type`, `${path}.x-kubernetes-list-map-keys`];
  if (mapType !== undefined) {
    causes.push(...typeCause(type, 'object', path, 'x-kubernetes-map-type'));
    if (mapType !== 'atomic' && mapType !== 'granular')
      causes.push(unsupportedValue(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']));
  }
  if (listType !== undefined) {
    if (type !== 'array') causes.push(...typeCause(type, 'array', path, 'x-kubernetes-list-type'));
    else if (listType === 'set') causes.push(...setItemCauses(items, path));
    if (!['atomic', 'set', 'map'].includes(listType))
      causes.push(unsupportedValue(listAt, listType, ['atomic', 'set', 'map']));
  }
  if (keys.length > 0 && listType !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    causes.push(
      listType === undefined ? requiredValue(listAt, detail) : invalidValue(listAt, listType, detail),
    );
  }
  if (listType === 'map') {
    if (keys.length === 0)
      causes.push(requiredValue(keysAt, 'must not be empty if x-kubernetes-list-type is map'));
    if (items === undefined)
      causes.push(requiredValue(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'));
    else causes.push(...mapItemCauses(items, keys, path, keysAt));
  }
  if (items?.nullable === true && (listType === 'set' || listType === 'map')) {
    const detail = `cannot be nullable when x-kubernetes-list-type is ${listType}`;
    causes.push(forbiddenValue(`${path}.items.nullable`, detail));
  }
  return causes;
}

function setItemCauses(items: JsonSchema | undefined, path: string): FieldCause[] {
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = items?.['x-kubernetes-list-type'];
  if (items?.type === 'array' && listType !== undefined && listType !== 'atomic')
    return [invalidValue(`${path}.items.x-kubernetes-list-type`, listType, detail)];
  if (items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
    return [invalidValue(`${path}.items.x-kubernetes-map-type`, listType ?? null, detail)];
  return [];
}

function mapItemCauses(
  items: JsonSchema,
  keys: readonly string[],
  path: string,
  keysAt: string,
): FieldCause[] {
  if (items.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map";
    return [invalidValue(`${path}.items.type`, items.type ?? '', detail)];
  }
  const causes: FieldCause[] = [];
  for (const [index, key] of keys.entries()) {
    const property = items.properties?.[key];
    const at = `${path}.items.properties[${key}]`;
    if (property === undefined)
      causes.push(invalidValue(keysAt, keys, 'entries must all be names of item properties'));
    else if (property.type === 'array' || property.type === 'object') {
      const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      causes.push(invalidValue(`${at}.type`, items.type, detail));
    }
    if (keys.indexOf(key) < index)
      causes.push(invalidValue(keysAt, keys, 'must not contain duplicate entries'));
  }
  for (const key of keys) {
    const property = items.properties?.[key];
    const at = `${path}.items.properties[${key}]`;
    if (property === undefined) continue;
    const why = 'this property is in x-kubernetes-list-map-keys, so it';
    if (items.required?.includes(key) !== true && property.default === undefined)
      causes.push(requiredValue(`${at}.default`, `${why} must have a default or be a required property`));
    if (property.nullable === true)
      causes.push(forbiddenValue(`${at}.nullable`, `${why} cannot be nullable`));
  }
  return causes;
}

function ruleTextCauses(schema: JsonSchema, path: string): FieldCause[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) => {
    const at = `${path}.x-kubernetes-validations[${index}]`;
    const causes: FieldCause[] = [];
    const message = rule.message?.trim() ?? '';
    if (rule.rule.trim() === '') causes.push(requiredValue(`${at}.rule`, 'rule is not specified'));
    else if (rule.message && message === '')
      causes.push(invalidValue(`${at}.message`, rule.message, 'must be non-empty if specified'));
    else if (/[\n\r]/.test(message))
      causes.push(invalidValue(`${at}.message`, rule.message, 'must not contain line breaks'));
    else if (/[\n\r]/.test(rule.rule.trim()) && message === '')
      causes.push(requiredValue(`${at}.message`, 'message must be specified if rule contains line breaks'));
    if (rule.messageExpression && rule.messageExpression.trim() === '') {
      const detail = 'messageExpression must be non-empty if specified';
      causes.push(requiredValue(`${at}.messageExpression`, detail));
    }
    if (rule.reason !== undefined && !REASONS.includes(rule.reason))
      causes.push(unsupportedValue(`${at}.reason`, rule.reason, REASONS));
    if (rule.fieldPath) causes.push(...fieldPathCauses(rule.fieldPath, schema, `${at}.fieldPath`));
    return causes;
  });
}

function fieldPathCauses(fieldPath: string, schema: JsonSchema, at: string): FieldCause[] {
  if (fieldPath.trim() === '') return [invalidValue(at, fieldPath, 'must be non-empty if specified')];
  if (/[\n\r]/.test(fieldPath)) return [invalidValue(at, fieldPath, 'must not contain line breaks')];
  return schemaAtPath(schema, fieldPath) === undefined
    ? [invalidValue(at, fieldPath, 'must be a valid path')]
    : [];
}

/** The schema at `.spec.a['b.c']`; undefined if the path leads nowhere. */
export function schemaAtPath(schema: JsonSchema, path: string): JsonSchema | undefined {
  const steps = /^(?:\.[^.[\]']+|\['(?:[^'\\]|\\.)*'\])+$/.test(path)
    ? path.match(/\.[^.[\]']+|\['(?:[^'\\]|\\.)*'\]/g)
    : null;
  let at: JsonSchema | undefined = steps === null ? undefined : schema;
  for (const step of steps ?? []) {
    const name = step.startsWith('.') ? step.slice(1) : step.slice(2, -2).replace(/\\(.)/g, '$1');
    const additional = at?.additionalProperties;
    const property = at?.properties?.[name];
    at = property ?? (step.startsWith('[') && typeof additional === 'object' ? additional : undefined);
  }
  return at;
}

function compileCauses(schema: JsonSchema, { path, isRoot, uncorrelated }: Place): FieldCause[] {
  if (schema['x-kubernetes-validations'] === undefined) return [];
  const isResource = isRoot || schema['x-kubernetes-embedded-resource'] === true;
  return compiledRules(new SchemaNode(schema), isResource).flatMap(
    ({ rule, program, message, usesOld }, index) => {
      const at = `${path}.x-kubernetes-validations[${index}]`;
      const causes: FieldCause[] = [];
      const refuse = (field: string, detail: string): void => {
        causes.push({
          field: `${at}.${field}`,
          reason: 'FieldValueInvalid',
          message: `Invalid value: ${internalRule(rule)}: ${detail}`,
        });
      };
      if (program.fault !== undefined) refuse('rule', `compilation failed: ${program.fault}`);
      else if (program.type !== 'bool') refuse('rule', 'cel expression must evaluate to a bool');
      if (message?.fault !== undefined)
        refuse('messageExpression', `messageExpression compilation failed: ${message.fault}`);
      else if (message !== undefined && message.type !== 'string')
        refuse('messageExpression', 'messageExpression must evaluate to a string');
      if (usesOld && uncorrelated !== '') {
        const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`;
        causes.push(invalidValue(`${at}.rule`, rule.rule, detail));
      } else if (!usesOld && rule.optionalOldSelf !== undefined) {
        const detail = 'may not be set if oldSelf is not used in rule';
        causes.push(invalidValue(`${at}.optionalOldSelf`, rule.optionalOldSelf, detail));
      }
      return causes;
    },
  );
}

/** A rule as Go prints its internal type. */
const internalRule = (rule: ValidationRule): string =>
  `{"Rule":${goJson(rule.rule)},"Message":${goJson(rule.message ?? '')},"MessageExpression":${goJson(rule.messageExpression ?? '')},"Reason":${goJson(rule.reason ?? null)},"FieldPath":${goJson(rule.fieldPath ?? '')},"OptionalOldSelf":${goJson(rule.optionalOldSelf ?? null)}}`;
