import type { Json } from '../../object.js';
import { isFields, type SchemaNode } from './node.js';

const copy = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json;

const isUnwantedNull = (value: Json | undefined, { schema }: SchemaNode): boolean =>
  value === null && schema.nullable !== true;

/**
 * Fills in the schema's defaults, in place: k8s.io/apiextensions-apiserver `pkg/apiserver/schema/defaulting`. A null
 * where none is allowed is replaced by the default, too; without one it is dropped,
 * unless `keepsNulls`.
 */
export function fillDefaults(value: Json, node: SchemaNode, keepsNulls = false): void {
  replaceNulls(value, node, keepsNulls);
  if (node.hasDefaults) fill(value, node);
}

function fill(value: Json, node: SchemaNode): void {
  if (Array.isArray(value)) {
    const { items } = node;
    if (items !== undefined) for (const item of value) fill(item, items);
    return;
  }
  if (!isFields(value)) return;
  for (const name of node.propertyNames) {
    const fallback = node.schema.properties?.[name]?.default;
    if (fallback !== undefined && value[name] === undefined) value[name] = copy(fallback);
  }
  for (const name of Object.keys(value)) {
    const below = node.child(name);
    if (below?.hasDefaults === true) fill(value[name] as Json, below);
  }
}

/** `PruneNonNullableNullsWithoutDefaults`, and the replacement of those with a default. */
function replaceNulls(value: Json, node: SchemaNode, keepsNulls: boolean): void {
  if (Array.isArray(value)) {
    const { items } = node;
    if (items === undefined) return;
    for (const [index, item] of value.entries()) {
      if (isUnwantedNull(item, items) && items.schema.default !== undefined)
        value[index] = copy(items.schema.default);
      else replaceNulls(item, items, keepsNulls);
    }
    return;
  }
  if (!isFields(value)) return;
  for (const name of Object.keys(value)) {
    const below = node.child(name);
    if (below === undefined) continue;
    const item = value[name] as Json;
    if (!isUnwantedNull(item, below)) replaceNulls(item, below, keepsNulls);
    else if (below.schema.default !== undefined) value[name] = copy(below.schema.default);
    else if (!keepsNulls) delete value[name];
  }
}
