import { duplicateJsonKeys, duplicateYamlKeys } from '../codec/duplicate-keys.js';
import { badRequest } from '../errors.js';
import type { Exchange } from './exchange.js';
import { contentType } from './media-type.js';
import { addWarnings } from './warnings.js';

/** Fields that a body has twice; the last one counted. */
export interface DuplicateFields {
  /** Texts of a strict decoding error. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

export const noDuplicates: DuplicateFields = { errors: [], warnings: [] };

/**
 * What of a body came twice, unless nobody asks.
 *
 * @param value what the body was read as, see `duplicateJsonKeys`
 */
export function duplicatesIn(exchange: Exchange, body: Buffer, value: unknown): DuplicateFields {
  if (exchange.query.get('fieldValidation') === 'Ignore') return noDuplicates;
  const type = contentType(exchange.request.headers['content-type']);
  if (type.endsWith('yaml')) return ofYaml(duplicateYamlKeys(body.toString(), value));
  if (type !== '' && !type.endsWith('json')) return noDuplicates;
  const prefix = type === 'application/json-patch+json' ? 'json patch ' : '';
  const paths = duplicateJsonKeys(body.toString(), value);
  const errors = paths.map((path) => `${prefix}duplicate field "${path}"`);
  return { errors, warnings: errors };
}

/**
 * What server-side apply does about duplicates in a configuration: refuses it or warns. Throws BadRequest
 * (`applyPatchToCurrentObject` in k8s.io/apiserver `pkg/endpoints/handlers`).
 */
export function inspectApplied(exchange: Exchange, { errors, warnings }: DuplicateFields): void {
  if (errors.length > 0 && exchange.query.get('fieldValidation') === 'Strict')
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${errors.join('\n')}`);
  addWarnings(exchange, warnings);
}

/** One error for all of a YAML text, but a warning for each (k8s.io/apiserver `parseYAMLWarnings`). */
const ofYaml = (warnings: readonly string[]): DuplicateFields =>
  warnings.length === 0
    ? noDuplicates
    : { errors: [['yaml: unmarshal errors:', ...warnings].join('\n  ')], warnings };
