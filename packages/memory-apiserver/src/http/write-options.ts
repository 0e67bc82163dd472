import { goQuote } from '../codec/go-quote.js';
import { invalid, type FieldCause } from '../errors.js';
import type { WriteOptions } from '../registry/api.js';
import type { Exchange } from './exchange.js';
import { addWarnings } from './warnings.js';

const KINDS: Readonly<Record<string, string>> = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  PATCH: 'PatchOptions',
  DELETE: 'DeleteOptions',
};

const FIELD_VALIDATION = ['', 'Ignore', 'Strict', 'Warn'];

/** 422 for options of a request: `metav1.CreateOptions` and its like. */
export const invalidOptions = (kind: string, causes: readonly FieldCause[]): Error =>
  invalid({ group: 'meta.k8s.io', kind }, '', causes);

export const unsupportedValue = (field: string, shown: string, supported: readonly string[]): FieldCause => ({
  field,
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${shown}: supported values: ${supported.map((value) => JSON.stringify(value)).join(', ')}`,
});

/**
 * `dryRun`, `fieldManager`, which is by default what stands first in the User-Agent, and who asks. Checked as
 * k8s.io/apimachinery `pkg/apis/meta/v1/validation` does. Throws Invalid.
 */
export function writeOptionsOf(exchange: Exchange): WriteOptions {
  const { query, request, method, attributes } = exchange;
  const dryRun = query.getAll('dryRun');
  const given = query.get('fieldManager') ?? '';
  const validation = query.get('fieldValidation') ?? '';
  const causes = [...dryRunCauses(dryRun), ...managerCauses(given)];
  if (!FIELD_VALIDATION.includes(validation))
    causes.push(unsupportedValue('fieldValidation', JSON.stringify(validation), FIELD_VALIDATION));
  if (causes.length > 0) throw invalidOptions(KINDS[method] ?? '', causes);
  return {
    dryRun: dryRun.length > 0,
    fieldManager: given || managerOf(request.headers['user-agent'] ?? ''),
    warn: (text) => addWarnings(exchange, [text]),
    ...(attributes === undefined ? {} : { request: attributes }),
  };
}

/** All that can be asked for is `All`. */
export function dryRunCauses(values: readonly string[]): FieldCause[] {
  if (values.every((value) => value === 'All')) return [];
  return [unsupportedValue('dryRun', `[${values.map((value) => JSON.stringify(value)).join(',')}]`, ['All'])];
}

/** What stands first in a User-Agent, as far as it is printable: `prefixFromUserAgent` of k8s.io/apiserver. */
function managerOf(userAgent: string): string {
  const [product = ''] = userAgent.split('/', 1);
  return product.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').slice(0, MAX_MANAGER_BYTES);
}

const MAX_MANAGER_BYTES = 128;

function managerCauses(manager: string): FieldCause[] {
  const field = 'fieldManager';
  if (Buffer.byteLength(manager) > MAX_MANAGER_BYTES) {
    const message = `Too long: may not be more than ${MAX_MANAGER_BYTES} bytes`;
    return [{ field, reason: 'FieldValueTooLong', message }];
  }
  const at = /[\p{C}\p{Zl}\p{Zp}]/u.exec(manager);
  if (at === null) return [];
  const code = (at[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const message = `Invalid value: ${goQuote(manager)}: invalid character U+${code} (at position ${at.index})`;
  return [{ field, reason: 'FieldValueInvalid', message }];
}
