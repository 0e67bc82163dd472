import type { FieldCause } from '../../errors.js';

/** Gathers causes; messages are those of k8s.io/apimachinery `pkg/util/validation/field`. */
export class Report {
  readonly causes: FieldCause[] = [];

  invalid(field: string, value: unknown, detail: string): void {
    this.causes.push({
      field,
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${show(value)}${detail === '' ? '' : `: ${detail}`}`,
    });
  }

  required(field: string, detail = ''): void {
    this.causes.push({
      field,
      reason: 'FieldValueRequired',
      message: `Required value${detail === '' ? '' : `: ${detail}`}`,
    });
  }

  unsupported(field: string, value: unknown, supported: readonly string[]): void {
    const list = supported.map((item) => JSON.stringify(item)).join(', ');
    this.causes.push({
      field,
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${show(value)}: supported values: ${list}`,
    });
  }

  duplicate(field: string, value: unknown): void {
    this.causes.push({ field, reason: 'FieldValueDuplicate', message: `Duplicate value: ${show(value)}` });
  }

  forbidden(field: string, detail: string): void {
    this.causes.push({ field, reason: 'FieldValueForbidden', message: `Forbidden: ${detail}` });
  }

  notFound(field: string, value: unknown): void {
    this.causes.push({ field, reason: 'FieldValueNotFound', message: `Not found: ${show(value)}` });
  }

  tooLong(field: string, maxBytes: number): void {
    this.causes.push({
      field,
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${maxBytes} bytes`,
    });
  }

  /** One cause for each reason why the value is malformed. */
  malformed(field: string, value: unknown, details: readonly string[]): void {
    for (const detail of details) this.invalid(field, value, detail);
  }

  /** Unsupported unless the value is one of the list; an absent one is required. */
  oneOf(field: string, value: unknown, supported: readonly string[]): void {
    if (value === undefined || value === '') this.required(field);
    else if (!supported.includes(value as string)) this.unsupported(field, value, supported);
  }

  notNegative(field: string, value: unknown): void {
    if (typeof value === 'number' && value < 0)
      this.invalid(field, value, 'must be greater than or equal to 0');
  }
}

/** Values as Go prints them in such messages; keys of objects in order. */
function show(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}
