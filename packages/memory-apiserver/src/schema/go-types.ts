import { parseQuantity } from './quantity.js';
import { isRecord } from './read.js';
import type { FieldInfo, Scalar, TypeInfo } from './types.js';

/**
 * Says how a JSON value fails to fit a field's Go type, in the words of Go's decoder; undefined if it fits.
 * Only the value itself is looked at, not what is in it.
 *
 * @param path tells the field's place without indices: `spec.template.spec.containers.name`
 */
export function misfit(
  value: unknown,
  field: FieldInfo,
  parent: TypeInfo,
  path: () => string,
): string | undefined {
  if (field.repeated) return Array.isArray(value) ? undefined : unmarshal(value, goType(field), parent, path);
  if (field.map) return isRecord(value) ? undefined : unmarshal(value, goType(field), parent, path);
  return itemMisfit(value, field, parent, path);
}

/** As {@link misfit} for an item of a list or a value of a map. */
export function itemMisfit(
  value: unknown,
  field: FieldInfo,
  parent: TypeInfo,
  path: () => string,
): string | undefined {
  if (value === null) return undefined;
  const wrong = (type: string): string => unmarshal(value, type, parent, path);
  if (field.message !== undefined)
    return field.message.union || isRecord(value) ? undefined : wrong(`v1.${field.message.name}`);
  switch (field.scalar) {
    case 'string':
      return typeof value === 'string' ? undefined : wrong('string');
    case 'bool':
      return typeof value === 'boolean' ? undefined : wrong('bool');
    case 'int32':
    case 'int64':
      return Number.isInteger(value) ? undefined : wrong(field.scalar);
    case 'double':
      return typeof value === 'number' ? undefined : wrong('float64');
    case 'IntOrString':
      return typeof value === 'string' || Number.isInteger(value) ? undefined : wrong('int32');
    case 'Quantity':
      return quantityMisfit(value);
    case 'bytes':
      return typeof value === 'string' ? base64Misfit(value) : wrong('[]uint8');
    case 'Time':
    case 'MicroTime':
      return typeof value === 'string' ? timeMisfit(value, field.scalar) : wrong('string');
    case 'Duration':
      return typeof value === 'string' ? undefined : wrong('string');
    case 'StringList':
      return Array.isArray(value) ? undefined : wrong('[]string');
    default:
      return undefined;
  }
}

function unmarshal(value: unknown, type: string, parent: TypeInfo, path: () => string): string {
  return `json: cannot unmarshal ${jsonName(value, type)} into Go struct field ${parent.name}.${path()} of type ${type}`;
}

/** Numbers are quoted where they are of the right kind but can't be held. */
function jsonName(value: unknown, type: string): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return type.startsWith('int') ? `number ${value}` : 'number';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

const goScalars: Partial<Record<Scalar, string>> = {
  bool: 'bool',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  bytes: '[]uint8',
  Quantity: 'resource.Quantity',
  RawExtension: 'runtime.RawExtension',
};

function goType(field: FieldInfo): string {
  const item =
    field.message === undefined
      ? (goScalars[field.scalar ?? 'string'] ?? 'string')
      : `v1.${field.message.name}`;
  return field.repeated ? `[]${item}` : `map[string]${item}`;
}

function quantityMisfit(value: unknown): string | undefined {
  const isText = typeof value === 'string' || typeof value === 'number';
  if (isText && parseQuantity(value) !== undefined) return undefined;
  return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
}

function base64Misfit(value: string): string | undefined {
  const text = value.replaceAll(/[\r\n]/g, '');
  const bad = /[^A-Za-z0-9+/=]|=(?!=?$)/.exec(text)?.index;
  if (bad !== undefined) return `illegal base64 data at input byte ${bad}`;
  return text.length % 4 === 0
    ? undefined
    : `illegal base64 data at input byte ${text.length - (text.length % 4)}`;
}

const layouts = { Time: '2006-01-02T15:04:05Z07:00', MicroTime: '2006-01-02T15:04:05.000000Z07:00' };

function timeMisfit(value: string, scalar: 'Time' | 'MicroTime'): string | undefined {
  const fits = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(value);
  if (fits && !Number.isNaN(Date.parse(value))) return undefined;
  return `parsing time ${JSON.stringify(value)} as "${layouts[scalar]}": cannot parse ${JSON.stringify(value)} as "2006"`;
}
