import type { FieldCause } from '../../errors.js';

/** A value as Go prints it in the message of an invalid field: k8s.io/apimachinery `field.Error.ErrorBody`. */
export function goValue(value: unknown): string {
  if (typeof value === 'number') return goNumber(value);
  if (typeof value === 'string') return JSON.stringify(value);
  return goJson(value);
}

/** A number as Go's `%v` prints it. */
export function goNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  const text = value.toExponential();
  const exponent = Number(text.slice(text.indexOf('e') + 1));
  if (exponent >= -4 && exponent < 21) return String(value);
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** JSON as Go's encoder writes it: keys in order, angle brackets and ampersands escaped. */
export function goJson(value: unknown): string {
  return escapeHtml(JSON.stringify(sorted(value ?? null)));
}

const escapeHtml = (text: string): string =>
  text.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

const withDetail = (text: string, detail: string): string => (detail === '' ? text : `${text}: ${detail}`);

export const invalidValue = (field: string, value: unknown, detail: string): FieldCause => ({
  field,
  reason: 'FieldValueInvalid',
  message: withDetail(`Invalid value: ${goValue(value)}`, detail),
});

export const invalidType = (field: string, value: unknown, detail: string): FieldCause => ({
  ...invalidValue(field, value, detail),
  reason: 'FieldValueTypeInvalid',
});

export const requiredValue = (field: string, detail = ''): FieldCause => ({
  field,
  reason: 'FieldValueRequired',
  message: withDetail('Required value', detail),
});

export const unsupportedValue = (
  field: string,
  value: unknown,
  supported: readonly string[],
): FieldCause => ({
  field,
  reason: 'FieldValueNotSupported',
  message: withDetail(
    `Unsupported value: ${goValue(value)}`,
    `supported values: ${supported.map((item) => JSON.stringify(item)).join(', ')}`,
  ),
});

export const duplicateValue = (field: string, value: unknown): FieldCause => ({
  field,
  reason: 'FieldValueDuplicate',
  message: `Duplicate value: ${goValue(value)}`,
});

export const forbiddenValue = (field: string, detail: string): FieldCause => ({
  field,
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${detail}`,
});

export const tooLong = (field: string, max: number): FieldCause => ({
  field,
  reason: 'FieldValueTooLong',
  message: `Too long: may not be more than ${max} ${max === 1 ? 'byte' : 'bytes'}`,
});

export const tooMany = (field: string, actual: number, max: number): FieldCause => ({
  field,
  reason: 'FieldValueTooMany',
  message: `Too many: ${actual}: must have at most ${max} ${max === 1 ? 'item' : 'items'}`,
});
