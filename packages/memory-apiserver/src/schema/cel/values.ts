import type { Duration } from '@marcbachmann/cel-js/evaluator';
import type { Json } from '../../object.js';
import { isFields, type SchemaNode } from '../structural/node.js';
import { escapeName, visibleProperties } from './declarations.js';
import { celEvaluator } from './library.js';

/**
 * A JSON value as expressions see it, by its schema: integers are `bigint`, objects are maps of the fields that the
 * schema tells of. Undefined for what they can't see.
 */
export function celValue(value: Json, node: SchemaNode, isResource = node.isEmbedded): unknown {
  if (value === null) return null;
  if (node.isIntOrString) return typeof value === 'number' ? BigInt(Math.trunc(value)) : value;
  if (Array.isArray(value)) {
    const { items } = node;
    return items === undefined ? undefined : value.map((item) => celValue(item, items));
  }
  if (isFields(value)) return objectValue(value, node, isResource);
  switch (node.schema.type) {
    case 'integer':
      return typeof value === 'number' ? BigInt(Math.trunc(value)) : value;
    case 'string':
      return typeof value === 'string' ? textValue(value, node.schema.format) : value;
    case 'number':
    case 'boolean':
      return value;
    default:
      return undefined;
  }
}

function objectValue(
  value: Record<string, Json>,
  node: SchemaNode,
  isResource: boolean,
): Map<string, unknown> {
  const result = new Map<string, unknown>();
  const { additional } = node;
  if (additional !== undefined) {
    for (const [name, item] of Object.entries(value)) result.set(name, celValue(item, additional));
    return result;
  }
  for (const [name, property] of visibleProperties(node, isResource)) {
    const item = value[name];
    const escaped = escapeName(name);
    if (item === undefined || escaped === undefined) continue;
    const converted = celValue(item, property);
    if (converted !== undefined) result.set(escaped, converted);
  }
  return result;
}

function textValue(text: string, format: string | undefined): unknown {
  switch (format) {
    case 'byte':
      return new Uint8Array(Buffer.from(text, 'base64'));
    case 'date':
    case 'date-time':
      return new Date(text);
    case 'duration':
      return parseDuration(text);
    default:
      return text;
  }
}

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
};

/** Go's `time.ParseDuration`. */
function parseDuration(text: string): Duration {
  let nanoseconds = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g))
    nanoseconds += Number(amount) * (NANOSECONDS[unit] ?? 0);
  return celEvaluator().Duration.fromMilliseconds(((text.startsWith('-') ? -1 : 1) * nanoseconds) / 1e6);
}

/** A JSON value without a schema: whole numbers are integers, as in Go's unstructured objects. */
export function dynamicValue(value: Json | undefined): unknown {
  if (value === undefined) return null;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(dynamicValue);
  if (!isFields(value)) return value;
  return new Map(Object.entries(value).map(([name, item]) => [name, dynamicValue(item)]));
}
