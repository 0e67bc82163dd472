import { badRequest } from '../errors.js';
import type { KubeObject } from '../object.js';
import { itemMisfit, misfit } from './go-types.js';
import { canonicalQuantity } from './quantity.js';
import { isRecord } from './read.js';
import { splitApiVersion, typeById, typeOfObject, type FieldInfo, type TypeInfo } from './types.js';

type Fields = Record<string, unknown>;

/**
 * Reads an object as Go would into its struct: fields that the type doesn't know and nulls are dropped, in place.
 * Kinds without a built-in type are left as they are.
 *
 * @returns paths of the unknown fields, for `fieldValidation`: `spec.template.spec.foo`, `spec.ports[0].bar`
 * @throws ApiError 400 for values that don't fit their Go types
 */
export function pruneUnknown(object: KubeObject): string[] {
  const type = typeOfObject(object);
  if (type === undefined) return [];
  const reading = new Reading(object);
  reading.fields(object, type);
  return reading.unknown;
}

/** As {@link pruneUnknown} for the metadata of an object whose kind isn't built in. */
export function pruneUnknownMetadata(object: KubeObject): string[] {
  const type = typeById('meta/v1:ObjectMeta');
  if (type === undefined) return [];
  const reading = new Reading(object);
  reading.fields(object.metadata as unknown as Fields, type);
  return reading.unknown.map((field) => `metadata.${field}`);
}

/** One pass over an object. */
class Reading {
  readonly unknown: string[] = [];
  /** Steps to where the pass is: `.field`, `[0]`, and `{key` in maps. */
  readonly #path: string[] = [];

  constructor(private readonly object: KubeObject) {}

  fields(value: Fields, type: TypeInfo): void {
    for (const key of Object.keys(value)) {
      const field = type.fields.get(key);
      if (field === undefined) {
        if (type.kind !== undefined && (key === 'apiVersion' || key === 'kind')) continue;
        this.#path.push(`.${key}`);
        this.unknown.push(this.#path.join('').slice(1).replaceAll('{', '.'));
        this.#path.pop();
        delete value[key];
      } else if (value[key] === null && field.scalar !== 'JSON') delete value[key];
      else {
        this.#path.push(`.${key}`);
        this.#value(value[key], field, type);
        this.#path.pop();
      }
    }
  }

  #value(value: unknown, field: FieldInfo, parent: TypeInfo): void {
    this.#refuse(misfit(value, field, parent, this.#plainPath));
    if (!field.repeated && !field.map) {
      if (field.message !== undefined) this.#message(value, field.message);
      return;
    }
    for (const [key, item] of Object.entries(value as Fields)) {
      this.#path.push(field.repeated ? `[${key}]` : `{${key}`);
      this.#refuse(itemMisfit(item, field, parent, this.#plainPath));
      if (field.message !== undefined) this.#message(item, field.message);
      this.#path.pop();
    }
  }

  #message(value: unknown, type: TypeInfo): void {
    if (!type.union) {
      if (isRecord(value)) this.fields(value, type);
      return;
    }
    // One of several types: the message among them if it is an object, or a list of it.
    const message = [...type.wire.values()].find((field) => field.message !== undefined)?.message;
    if (message === undefined) return;
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) this.#message(item, message);
  }

  /** Fields alone, as Go's decoder names the place. */
  readonly #plainPath = (): string =>
    this.#path
      .filter((step) => step.startsWith('.'))
      .join('')
      .slice(1);

  #refuse(why: string | undefined): void {
    if (why === undefined) return;
    const { kind, apiVersion } = this.object;
    const { version } = splitApiVersion(apiVersion);
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
  }
}

/**
 * Gives an object the form in which Go writes its struct, in place: zero values that aren't `omitempty` are added
 * (`resources: {}`, `lastProbeTime: null`), those that are, removed; quantities become canonical.
 *
 * @param parts the fields of the object that are looked at. @default all
 */
export function completeZeroValues(object: KubeObject, parts?: ReadonlySet<string>): void {
  const type = typeOfObject(object);
  if (type !== undefined) completeFields(object, type, parts);
}

function completeFields(value: Fields, type: TypeInfo, parts?: ReadonlySet<string>): void {
  for (const field of type.fields.values()) {
    if (parts?.has(field.name) === false) continue;
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
  if (field.map && isRecord(value)) {
    for (const [key, item] of Object.entries(value)) value[key] = completeItem(item, field);
    return value;
  }
  return completeItem(value, field);
}

function completeItem(value: unknown, field: FieldInfo): unknown {
  // Null is the zero value: what else could a list or map of strings hold?
  if (value === null && field.scalar === 'string') return '';
  if (field.scalar === 'Quantity') return canonicalQuantity(value);
  if (field.message !== undefined && !field.message.union && isRecord(value))
    completeFields(value, field.message);
  return value;
}

/** `omitempty` drops zero scalars and empty lists and maps; structs and pointers it keeps. */
function isOmitted(value: unknown, field: FieldInfo): boolean {
  if (!field.omitEmpty || field.pointer) return false;
  if (Array.isArray(value)) return value.length === 0;
  if (field.map) return isRecord(value) && Object.keys(value).length === 0;
  if (field.omitZero && field.message !== undefined)
    return isRecord(value) && Object.keys(value).length === 0;
  return field.scalar !== 'IntOrString' && (value === '' || value === 0 || value === false);
}

/**
 * Calls back for every object of a built-in type in `object`, parents first. Structs that are no pointers in Go are
 * always there, so they are made where they are absent.
 *
 * @param parts the fields of the object that are visited, beside itself. @default all
 */
export function visitTypes(
  object: KubeObject,
  visit: (value: Fields, type: TypeInfo) => void,
  parts?: ReadonlySet<string>,
): void {
  const type = typeOfObject(object);
  if (type !== undefined) visitFields(object, type, visit, parts);
}

/** Types below which nothing is visited: large, and without anything to do in them. */
const leaves = new Set(
  ['meta/v1:ObjectMeta', 'meta/v1:LabelSelector', 'apiextensions/v1:JSONSchemaProps'].map(typeById),
);

function visitFields(
  value: Fields,
  type: TypeInfo,
  visit: (value: Fields, type: TypeInfo) => void,
  parts?: ReadonlySet<string>,
): void {
  for (const name of structFields(type)) value[name] ??= {};
  visit(value, type);
  for (const key of Object.keys(value)) {
    if (parts?.has(key) === false) continue;
    const field = type.fields.get(key);
    const message = field?.message;
    if (field === undefined || message === undefined || leaves.has(message)) continue;
    const inner = value[key];
    const items = field.repeated
      ? Array.isArray(inner)
        ? inner
        : []
      : field.map && isRecord(inner)
        ? Object.values(inner)
        : [inner];
    for (const item of items as unknown[]) if (isRecord(item)) visitFields(item, message, visit);
  }
}

const structs = new WeakMap<TypeInfo, readonly string[]>();

function structFields(type: TypeInfo): readonly string[] {
  let names = structs.get(type);
  if (names === undefined) {
    names = [...type.fields.values()]
      .filter((field) => field.message !== undefined && !field.message.union)
      .filter((field) => !field.pointer && !field.repeated && !field.map && !field.omitZero)
      .map((field) => field.name);
    structs.set(type, names);
  }
  return names;
}
