import type { Json } from '../object.js';
import type { FieldInfo, TypeInfo } from '../schema/types.js';
import { isObject, type JsonObject } from './json.js';

/**
 * How server-side apply sees a value: owned as a whole (`atomic`, scalars too), or by its fields or items.
 * Source: k8s.io/kube-openapi and structured-merge-diff, `x-kubernetes-list-type`, `-map-type`.
 */
export type ApplyShape =
  | { readonly kind: 'atomic' }
  | { readonly kind: 'fields'; child(name: string): ApplyShape }
  | { readonly kind: 'set' }
  | {
      readonly kind: 'keyed';
      readonly keys: readonly string[];
      /** Values that stand for keys which an item leaves out. */
      readonly defaults: JsonObject;
      readonly item: ApplyShape;
    };

const atomic: ApplyShape = { kind: 'atomic' };

/** Without a schema: objects by field, lists as a whole. */
const deduced: ApplyShape = { kind: 'fields', child: () => deduced };

const shapes = new WeakMap<TypeInfo, ApplyShape>();

/** The shape of a built-in type; undefined (an unknown kind) is deduced from the values. */
export function shapeOfType(type: TypeInfo | undefined): ApplyShape {
  if (type === undefined) return deduced;
  let shape = shapes.get(type);
  if (shape === undefined) {
    const children = new Map<string, ApplyShape>();
    const child = (name: string): ApplyShape => {
      let known = children.get(name);
      if (known === undefined) children.set(name, (known = shapeOfField(type.fields.get(name))));
      return known;
    };
    shape = type.atomic || type.union ? atomic : { kind: 'fields', child };
    shapes.set(type, shape);
  }
  return shape;
}

function shapeOfField(field: FieldInfo | undefined): ApplyShape {
  if (field === undefined) return deduced;
  const value = field.message === undefined ? atomic : shapeOfType(field.message);
  if (field.mapType === 'atomic') return atomic;
  if (field.map) return { kind: 'fields', child: () => value };
  if (!field.repeated) return value;
  if (field.listType === 'set') return { kind: 'set' };
  if (field.listType !== 'map' || field.listMapKeys.length === 0) return atomic;
  const defaults: JsonObject = {};
  for (const key of field.listMapKeys) {
    const fallback = field.message?.fields.get(key)?.default;
    if (fallback !== undefined) defaults[key] = fallback as Json;
  }
  return { kind: 'keyed', keys: field.listMapKeys, defaults, item: value };
}

/** The shape that a CRD's schema gives; `metadata` is that of every object. */
export function shapeOfSchema(schema: unknown, metadata: ApplyShape): ApplyShape {
  const root = shapeOfJsonSchema(schema);
  if (root.kind !== 'fields') return deduced;
  return { kind: 'fields', child: (name) => (name === 'metadata' ? metadata : root.child(name)) };
}

function shapeOfJsonSchema(schema: unknown): ApplyShape {
  if (!isObject(schema)) return deduced;
  const { properties, additionalProperties, items } = schema;
  if (schema['x-kubernetes-map-type'] === 'atomic') return atomic;
  if (schema['type'] === 'array') {
    const listType = schema['x-kubernetes-list-type'];
    const keys = schema['x-kubernetes-list-map-keys'];
    if (listType === 'set') return { kind: 'set' };
    if (listType !== 'map' || !Array.isArray(keys)) return atomic;
    return {
      kind: 'keyed',
      keys: keys.map(String),
      defaults: keyDefaults(items, keys),
      item: shapeOfJsonSchema(items),
    };
  }
  if (isObject(properties) || isObject(additionalProperties))
    return {
      kind: 'fields',
      child: (name) =>
        shapeOfJsonSchema(
          isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : additionalProperties,
        ),
    };
  return schema['type'] === 'object' || schema['type'] === undefined ? deduced : atomic;
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
