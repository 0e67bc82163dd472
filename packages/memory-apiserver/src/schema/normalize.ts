import type { KubeObject } from '../object.js';
import { canonicalQuantity } from './quantity.js';
import { typeById, typeOfObject, type FieldInfo, type TypeInfo } from './types.js';

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads an object as Go would into its struct: fields that the type doesn't know and nulls are dropped, in place.
 * Kinds without a built-in type are left as they are.
 *
 * @returns paths of the unknown fields, for `fieldValidation`: `spec.template.spec.foo`, `spec.ports[0].bar`
 */
export function pruneUnknown(object: KubeObject): string[] {
  const type = typeOfObject(object);
  const unknown: string[] = [];
  if (type !== undefined) pruneFields(object, type, '', unknown);
  return unknown;
}

function pruneFields(value: Fields, type: TypeInfo, path: string, unknown: string[]): void {
  for (const key of Object.keys(value)) {
    const field = type.fields.get(key);
    const below = path === '' ? key : `${path}.${key}`;
    if (field === undefined) {
      if (type.kind !== undefined && (key === 'apiVersion' || key === 'kind')) continue;
      unknown.push(below);
      delete value[key];
    } else if (value[key] === null && field.scalar !== 'JSON') delete value[key];
    else pruneValue(value[key], field, below, unknown);
  }
}

function pruneValue(value: unknown, field: FieldInfo, path: string, unknown: string[]): void {
  const { message } = field;
  if (message === undefined) return;
  if (field.repeated && Array.isArray(value))
    value.forEach((item, index) => pruneItem(item, message, `${path}[${index}]`, unknown));
  else if (field.map && isFields(value))
    for (const [key, item] of Object.entries(value)) pruneItem(item, message, `${path}.${key}`, unknown);
  else if (!field.repeated && !field.map) pruneItem(value, message, path, unknown);
}

function pruneItem(value: unknown, type: TypeInfo, path: string, unknown: string[]): void {
  if (type.union) pruneUnion(value, type, path, unknown);
  else if (isFields(value)) pruneFields(value, type, path, unknown);
}

/** A value that is one of several types: the message among them if it is an object, or a list of it. */
function pruneUnion(value: unknown, type: TypeInfo, path: string, unknown: string[]): void {
  const message = [...type.wire.values()].find((field) => field.message !== undefined)?.message;
  if (message === undefined) return;
  if (Array.isArray(value)) value.forEach((item, index) => pruneItem(item, message, `${path}[${index}]`, unknown));
  else pruneItem(value, message, path, unknown);
}

/**
 * Gives an object the form in which Go writes its struct, in place: zero values that aren't `omitempty` are added
 * (`resources: {}`, `lastProbeTime: null`), those that are, removed; quantities become canonical.
 */
export function completeZeroValues(object: KubeObject): void {
  const type = typeOfObject(object);
  if (type !== undefined) completeFields(object, type);
}

function completeFields(value: Fields, type: TypeInfo): void {
  for (const field of type.fields.values()) {
    const given = value[field.name] ?? undefined;
    if (given === undefined) {
      const zero = zeroValue(field);
      if (zero !== undefined) value[field.name] = zero;
      else if (Object.hasOwn(value, field.name) && field.scalar !== 'JSON') delete value[field.name];
    } else {
      value[field.name] = completeValue(given, field);
      if (isOmitted(value[field.name], field)) delete value[field.name];
    }
  }
}

/** What Go writes for a field that isn't set; undefined for nothing. */
function zeroValue(field: FieldInfo): unknown {
  if (field.pointer || field.omitZero) return field.pointer && !field.omitEmpty ? null : undefined;
  if (field.repeated || field.map) return field.omitEmpty ? undefined : null;
  if (field.message !== undefined) {
    const zero: Fields = {};
    completeFields(zero, field.message);
    return zero;
  }
  switch (field.scalar) {
    // Structs in Go: omitempty has no effect on them.
    case 'Time':
    case 'MicroTime':
    case 'RawExtension':
      return null;
    case 'Quantity':
      return '0';
    case 'IntOrString':
      return 0;
    case 'Duration':
      return '0s';
    case 'string':
      return field.omitEmpty ? undefined : '';
    case 'bool':
      return field.omitEmpty ? undefined : false;
    case 'int32':
    case 'int64':
    case 'double':
      return field.omitEmpty ? undefined : 0;
    default:
      return field.omitEmpty ? undefined : null;
  }
}

function completeValue(value: unknown, field: FieldInfo): unknown {
  if (field.repeated && Array.isArray(value)) return value.map((item: unknown) => completeItem(item, field));
  if (field.map && isFields(value)) {
    for (const [key, item] of Object.entries(value)) value[key] = completeItem(item, field);
    return value;
  }
  return completeItem(value, field);
}

function completeItem(value: unknown, field: FieldInfo): unknown {
  if (field.scalar === 'Quantity') return canonicalQuantity(value);
  if (field.message !== undefined && !field.message.union && isFields(value)) completeFields(value, field.message);
  return value;
}

/** `omitempty` drops zero scalars and empty lists and maps; structs and pointers it keeps. */
function isOmitted(value: unknown, field: FieldInfo): boolean {
  if (!field.omitEmpty || field.pointer) return false;
  if (Array.isArray(value)) return value.length === 0;
  if (field.map) return isFields(value) && Object.keys(value).length === 0;
  if (field.omitZero && field.message !== undefined) return isFields(value) && Object.keys(value).length === 0;
  return field.scalar !== 'IntOrString' && (value === '' || value === 0 || value === false);
}

/** Calls back for every object of a built-in type in `object`, parents first. */
export function visitTypes(object: KubeObject, visit: (value: Fields, type: TypeInfo) => void): void {
  const type = typeOfObject(object);
  if (type !== undefined) visitFields(object, type, visit);
}

/** Types below which nothing is visited: large, and without anything to do in them. */
const leaves = new Set(['meta/v1:ObjectMeta', 'meta/v1:LabelSelector', 'apiextensions/v1:JSONSchemaProps'].map(typeById));

function visitFields(value: Fields, type: TypeInfo, visit: (value: Fields, type: TypeInfo) => void): void {
  visit(value, type);
  for (const key of Object.keys(value)) {
    const field = type.fields.get(key);
    const message = field?.message;
    if (field === undefined || message === undefined || leaves.has(message)) continue;
    const inner = value[key];
    const items = field.repeated ? (Array.isArray(inner) ? inner : []) : field.map && isFields(inner) ? Object.values(inner) : [inner];
    for (const item of items as unknown[]) if (isFields(item)) visitFields(item, message, visit);
  }
}
