import { isDeepStrictEqual } from 'node:util';
import type { FieldCause } from '../../errors.js';
import { forbiddenValue, invalidValue, requiredValue } from './causes.js';
import type { JsonSchema } from './node.js';
import { goRegExpFault } from './patterns.js';

type Level = 'root' | 'item' | 'field';

const emptyTypeDetail: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

/**
 * Why a schema isn't structural, sorted: k8s.io/apiextensions-apiserver `pkg/apiserver/schema/validation.go` and
 * `complete.go`.
 */
export function structureCauses(schema: JsonSchema, path: string): FieldCause[] {
  return [...invariants(schema, 'root', path), ...completeness(schema, schema, path, path)].sort((a, b) =>
    `${a.field}: ${a.message}` < `${b.field}: ${b.message}` ? -1 : 1,
  );
}

const properties = (schema: JsonSchema): [string, JsonSchema][] => Object.entries(schema.properties ?? {});

function invariants(schema: JsonSchema, level: Level, path: string): FieldCause[] {
  const causes: FieldCause[] = [];
  const { type = '', items, additionalProperties } = schema;
  if (type === 'array' && items === undefined)
    causes.push(requiredValue(`${path}.items`, 'must be specified'));
  if (items !== undefined) causes.push(...invariants(items, 'item', `${path}.items`));
  for (const [name, property] of properties(schema))
    causes.push(...invariants(property, 'field', `${path}.properties[${name}]`));
  if (additionalProperties !== undefined) {
    const at = `${path}.additionalProperties`;
    if (level === 'root') causes.push(forbiddenValue(at, 'must not be used at the root'));
    if (typeof additionalProperties === 'object')
      causes.push(...invariants(additionalProperties, 'field', at));
  }
  causes.push(...extensionCauses(schema, path), ...nestedCauses(schema, path));
  causes.push(...typeCauses(schema, level, path));
  const fault = schema.pattern ? goRegExpFault(schema.pattern) : undefined;
  if (fault !== undefined) {
    const why = `must be a valid regular expression, but isn't: error parsing regexp: ${fault}`;
    causes.push(invalidValue(`${path}.pattern`, schema.pattern, why));
  }
  return causes;
}

function extensionCauses(schema: JsonSchema, path: string): FieldCause[] {
  if (schema['x-kubernetes-int-or-string'] !== true) return [];
  const detail = 'must be false if x-kubernetes-int-or-string is true';
  return (['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const)
    .filter((name) => schema[name] === true)
    .map((name) => invalidValue(`${path}.${name}`, true, detail));
}

function typeCauses(schema: JsonSchema, level: Level, path: string): FieldCause[] {
  const causes: FieldCause[] = [];
  const { type = '' } = schema;
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (isEmbedded && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    causes.push(
      type === '' ? requiredValue(`${path}.type`, detail) : invalidValue(`${path}.type`, type, detail),
    );
  } else if (type === '' && schema['x-kubernetes-int-or-string'] !== true && !preserves)
    causes.push(requiredValue(`${path}.type`, emptyTypeDetail[level]));
  if (isEmbedded && schema.additionalProperties !== undefined) {
    const detail = 'must not be used if x-kubernetes-embedded-resource is set';
    causes.push(forbiddenValue(`${path}.additionalProperties`, detail));
  }
  if (level === 'root' && type !== '' && type !== 'object')
    causes.push(invalidValue(`${path}.type`, type, 'must be object at the root'));
  if (level === 'root' || isEmbedded) causes.push(...typeMetaCauses(schema, level, path));
  if (isEmbedded && !preserves && properties(schema).length === 0) {
    const detail =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    causes.push(requiredValue(`${path}.properties`, detail));
  }
  return causes;
}

/** What a schema says of kind, apiVersion and metadata must be what they are anyway. */
function typeMetaCauses(schema: JsonSchema, level: Level, path: string): FieldCause[] {
  const causes: FieldCause[] = [];
  for (const name of ['kind', 'apiVersion']) {
    const property = schema.properties?.[name];
    if (property !== undefined && property.type !== 'string')
      causes.push(invalidValue(`${path}.properties[${name}].type`, property.type ?? '', 'must be string'));
  }
  const metadata = schema.properties?.['metadata'];
  if (metadata === undefined) return causes;
  const at = `${path}.properties[metadata]`;
  if (metadata.type !== 'object')
    causes.push(invalidValue(`${at}.type`, metadata.type ?? '', 'must be object'));
  if (level !== 'root') return causes;
  const named = Object.keys(metadata.properties ?? {}).every(
    (name) => name === 'name' || name === 'generateName',
  );
  const {
    type: _type,
    properties: _properties,
    default: _default,
    ...rest
  } = metadata as JsonSchema & {
    description?: string;
  };
  if (!named || Object.keys(rest).length > 0) {
    const detail =
      'must not specify anything other than name and generateName, but metadata is implicitly specified';
    causes.push(forbiddenValue(at, detail));
  }
  return causes;
}

const intOrString: readonly JsonSchema[] = [{ type: 'integer' }, { type: 'string' }];

/** Logical combinations may restrict values, not add to the structure. */
function nestedCauses(schema: JsonSchema, path: string): FieldCause[] {
  const { anyOf = [], allOf = [], oneOf = [], not } = schema;
  const isPattern = isDeepStrictEqual(anyOf, intOrString);
  const isFirst = isDeepStrictEqual(allOf[0]?.anyOf, intOrString);
  return [
    ...(isPattern ? [] : anyOf.flatMap((one, index) => junctorCauses(one, `${path}.anyOf[${index}]`))),
    ...allOf.flatMap((one, index) => junctorCauses(one, `${path}.allOf[${index}]`, isFirst && index === 0)),
    ...oneOf.flatMap((one, index) => junctorCauses(one, `${path}.oneOf[${index}]`)),
    ...(not === undefined ? [] : junctorCauses(not, `${path}.not`)),
  ];
}

/** What stands in a logical combination but belongs outside, and what it must be there. */
const forbiddenInside: readonly (readonly [name: string, want: string])[] = [
  ['type', 'empty'],
  ['additionalProperties', 'undefined'],
  ['default', 'undefined'],
  ['title', 'empty'],
  ['description', 'empty'],
  ['nullable', 'false'],
  ['x-kubernetes-preserve-unknown-fields', 'false'],
  ['x-kubernetes-embedded-resource', 'false'],
  ['x-kubernetes-int-or-string', 'false'],
  ['x-kubernetes-list-map-keys', 'empty'],
  ['x-kubernetes-list-type', 'undefined'],
  ['x-kubernetes-map-type', 'undefined'],
  ['x-kubernetes-validations', 'empty'],
];

function junctorCauses(schema: JsonSchema, path: string, skipsAnyOf = false): FieldCause[] {
  const { anyOf: _anyOf, ...rest } = schema;
  const causes = nestedCauses(skipsAnyOf ? rest : schema, path);
  if (schema.items !== undefined) causes.push(...junctorCauses(schema.items, `${path}.items`));
  for (const [name, property] of properties(schema)) {
    causes.push(...junctorCauses(property, `${path}.properties[${name}]`));
    if (name === 'metadata')
      causes.push(
        forbiddenValue(`${path}.properties[metadata]`, 'must not be specified in a nested context'),
      );
  }
  for (const [name, want] of forbiddenInside) {
    const value = (schema as Record<string, unknown>)[name];
    if (value === undefined || value === false || value === '') continue;
    causes.push(forbiddenValue(`${path}.${name}`, `must be ${want} to be structural`));
  }
  return causes;
}

/** Every field that a logical combination speaks of has to be declared outside of it. */
function completeness(inner: JsonSchema, outer: JsonSchema, at: string, innerAt: string): FieldCause[] {
  const { anyOf = [], allOf = [], oneOf = [], not } = inner;
  const below = (one: JsonSchema, place: string): FieldCause[] => nestedCompleteness(one, outer, at, place);
  return [
    ...(not === undefined ? [] : below(not, `${innerAt}.not`)),
    ...allOf.flatMap((one, index) => below(one, `${innerAt}.allOf[${index}]`)),
    ...anyOf.flatMap((one, index) => below(one, `${innerAt}.anyOf[${index}]`)),
    ...oneOf.flatMap((one, index) => below(one, `${innerAt}.oneOf[${index}]`)),
  ];
}

function nestedCompleteness(
  inner: JsonSchema,
  outer: JsonSchema | undefined,
  at: string,
  innerAt: string,
): FieldCause[] {
  if (outer === undefined) return [requiredValue(at, `because it is defined in ${innerAt}`)];
  const causes = completeness(inner, outer, at, innerAt);
  if (inner.items !== undefined)
    causes.push(...nestedCompleteness(inner.items, outer.items, `${at}.items`, `${innerAt}.items`));
  for (const [name, property] of properties(inner)) {
    const step = `.properties[${name}]`;
    causes.push(...nestedCompleteness(property, outer.properties?.[name], at + step, innerAt + step));
  }
  return causes;
}
