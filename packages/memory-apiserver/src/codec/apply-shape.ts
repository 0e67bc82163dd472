import type { Json } from '../object.js';
import type { FieldInfo, Scalar, TypeInfo } from '../schema/types.js';
import { isObject, type JsonObject } from './json.js';

/**
 * How server-side apply sees a value: owned as a whole (`atomic`, scalars too), or by its fields or items.
 * Source: k8s.io/kube-openapi and structured-merge-diff, `x-kubernetes-list-type`, `-map-type`.
 */
export type ApplyShape = AtomicShape | FieldsShape | SetShape | KeyedShape;

export interface AtomicShape {
  readonly kind: 'atomic';
  /** What the value must be. */
  readonly type: 'string' | 'numeric' | 'boolean' | 'scalar' | 'list' | 'map' | 'any';
  /** Of the items of a list, the fields of a map. */
  readonly inner?: ApplyShape;
}

export interface FieldsShape {
  readonly kind: 'fields';
  child(name: string): ApplyShape;
  /** True for a field of the schema, false for a key of a map. */
  isNamed(name: string): boolean;
  /** Whether there may be others than the named ones. */
  readonly isOpen: boolean;
  /** May be a scalar or a list as well. */
  readonly isAny: boolean;
}

export interface SetShape {
  readonly kind: 'set';
  readonly item: ApplyShape;
}

export interface KeyedShape {
  readonly kind: 'keyed';
  /** Sorted. */
  readonly keys: readonly string[];
  /** Values that stand for keys which an item leaves out. */
  readonly defaults: JsonObject;
  readonly item: ApplyShape;
}

const anything: AtomicShape = { kind: 'atomic', type: 'any' };

const mapOf = (value: ApplyShape): FieldsShape => ({
  kind: 'fields',
  child: () => value,
  isNamed: () => false,
  isOpen: true,
  isAny: false,
});

const listOf = (item: ApplyShape): AtomicShape => ({ kind: 'atomic', type: 'list', inner: item });

/** Without a schema: objects by field, lists as a whole. */
const deduced: FieldsShape = {
  kind: 'fields',
  child: () => deduced,
  isNamed: () => false,
  isOpen: true,
  isAny: true,
};

const scalarTypes: Partial<Record<Scalar, AtomicShape['type']>> = {
  string: 'string',
  bytes: 'string',
  Duration: 'string',
  bool: 'boolean',
  int32: 'numeric',
  int64: 'numeric',
  double: 'numeric',
  Time: 'scalar',
  MicroTime: 'scalar',
  Quantity: 'scalar',
  IntOrString: 'scalar',
};

const scalarShapes = new Map<Scalar | undefined, AtomicShape>();

function shapeOfScalar(scalar: Scalar | undefined): AtomicShape {
  let shape = scalarShapes.get(scalar);
  if (shape === undefined) {
    const type = scalar === undefined ? undefined : scalarTypes[scalar];
    shape = type === undefined ? anything : { kind: 'atomic', type };
    scalarShapes.set(scalar, shape);
  }
  return shape;
}

const shapes = new WeakMap<TypeInfo, ApplyShape>();

/** The shape of a built-in type; undefined (an unknown kind) is deduced from the values. */
export function shapeOfType(type: TypeInfo | undefined): ApplyShape {
  if (type === undefined) return deduced;
  let shape = shapes.get(type);
  if (shape === undefined) {
    const fields = fieldsOfType(type);
    if (type.union) shape = anything;
    else shape = type.atomic ? { kind: 'atomic', type: 'map', inner: fields } : fields;
    shapes.set(type, shape);
  }
  return shape;
}

function fieldsOfType(type: TypeInfo): FieldsShape {
  const children = new Map<string, ApplyShape>();
  const isKind = type.kind !== undefined;
  const isNamed = (name: string): boolean =>
    type.fields.has(name) || (isKind && (name === 'apiVersion' || name === 'kind'));
  const child = (name: string): ApplyShape => {
    let known = children.get(name);
    if (known === undefined) {
      known = type.fields.has(name) ? shapeOfField(type.fields.get(name)) : shapeOfScalar('string');
      children.set(name, known);
    }
    return known;
  };
  return { kind: 'fields', child, isNamed, isOpen: false, isAny: false };
}

function shapeOfField(field: FieldInfo | undefined): ApplyShape {
  if (field === undefined) return deduced;
  const value = field.message === undefined ? shapeOfScalar(field.scalar) : shapeOfType(field.message);
  if (field.map)
    return field.mapType === 'atomic' ? { kind: 'atomic', type: 'map', inner: mapOf(value) } : mapOf(value);
  if (!field.repeated)
    return field.mapType === 'atomic' ? { kind: 'atomic', type: 'map', inner: value } : value;
  if (field.listType === 'set') return { kind: 'set', item: value };
  if (field.listType !== 'map' || field.listMapKeys.length === 0) return listOf(value);
  const defaults: JsonObject = {};
  for (const key of field.listMapKeys) {
    const fallback = keyDefault(field.message?.fields.get(key));
    if (fallback !== undefined) defaults[key] = fallback;
  }
  return { kind: 'keyed', keys: [...field.listMapKeys].sort(), defaults, item: value };
}

/** OpenAPI publishes the zero of fields that are always written as their default. */
function keyDefault(field: FieldInfo | undefined): Json | undefined {
  if (field === undefined || field.default !== undefined) return field?.default as Json | undefined;
  if (field.omitEmpty || field.pointer) return undefined;
  return field.scalar === 'string' ? '' : field.scalar === 'bool' ? false : 0;
}

/** The shape that a CRD's schema gives; `metadata` is that of every object. */
export function shapeOfSchema(schema: unknown, metadata: ApplyShape): ApplyShape {
  const root = shapeOfJsonSchema(schema, false);
  const below = root.kind === 'fields' ? root : deduced;
  const isTypeField = (name: string): boolean => name === 'apiVersion' || name === 'kind';
  return {
    ...below,
    child: (name) =>
      name === 'metadata' ? metadata : isTypeField(name) ? shapeOfScalar('string') : below.child(name),
    isNamed: (name) => name === 'metadata' || isTypeField(name) || below.isNamed(name),
  };
}

/** `parseSchema` of k8s.io/kube-openapi `pkg/schemaconv/openapi.go`. What preserves unknown fields does so all the way down. */
function shapeOfJsonSchema(schema: unknown, inPreserving: boolean): ApplyShape {
  if (!isObject(schema)) return deduced;
  const preserving = inPreserving || schema['x-kubernetes-preserve-unknown-fields'] === true;
  switch (schema['type']) {
    case 'array':
      return shapeOfArray(schema, preserving);
    case 'integer':
    case 'number':
      return shapeOfScalar('int64');
    case 'boolean':
      return shapeOfScalar('bool');
    case 'string': {
      const isPlain = schema['format'] === undefined || schema['format'] === 'byte';
      return shapeOfScalar(isPlain ? 'string' : 'Time');
    }
    default: {
      const fields = shapeOfObject(schema, preserving);
      if (schema['x-kubernetes-map-type'] !== 'atomic') return fields;
      return { kind: 'atomic', type: 'map', inner: fields };
    }
  }
}

function shapeOfArray(schema: JsonObject, preserving: boolean): ApplyShape {
  const keys = schema['x-kubernetes-list-map-keys'];
  const item = shapeOfJsonSchema(schema['items'], preserving);
  if (schema['x-kubernetes-list-type'] === 'set') return { kind: 'set', item };
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(keys)) return listOf(item);
  return { kind: 'keyed', keys: keys.map(String).sort(), defaults: keyDefaults(schema['items'], keys), item };
}

function shapeOfObject(schema: JsonObject, preserving: boolean): FieldsShape {
  const { properties, additionalProperties } = schema;
  const fields = new Map<string, ApplyShape>();
  if (isObject(properties))
    for (const [name, property] of Object.entries(properties))
      fields.set(name, shapeOfJsonSchema(property, preserving));
  const others = isObject(additionalProperties)
    ? shapeOfJsonSchema(additionalProperties, preserving)
    : deduced;
  const isOpen =
    additionalProperties === undefined ? preserving || fields.size === 0 : additionalProperties !== false;
  return {
    kind: 'fields',
    child: (name) => fields.get(name) ?? others,
    isNamed: (name) => fields.has(name),
    isOpen,
    isAny: schema['type'] === undefined,
  };
}

function keyDefaults(items: Json | undefined, keys: readonly Json[]): JsonObject {
  const properties = isObject(items) && isObject(items['properties']) ? items['properties'] : {};
  const defaults: JsonObject = {};
  for (const key of keys.map(String)) {
    const property = properties[key];
    const fallback = isObject(property) ? property['default'] : undefined;
    if (fallback !== undefined) defaults[key] = fallback;
  }
  return defaults;
}
