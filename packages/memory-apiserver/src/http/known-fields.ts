import { badRequest } from '../errors.js';
import type { KubeObject } from '../object.js';
import { pruneUnknown } from '../schema/normalize.js';
import type { ResourceInfo } from '../schema/resource.js';
import type { Exchange } from './exchange.js';

/**
 * Takes an object as Go's decoder would: fields that its kind doesn't have are dropped and, by `fieldValidation`,
 * refuse the request (Strict), are warned of (the default) or ignored. Throws BadRequest for these and for values
 * of the wrong type. Objects of CRDs have a schema of their own and pass.
 */
export function keepKnownFields(
  exchange: Exchange,
  resource: Pick<ResourceInfo, 'group' | 'version' | 'kind' | 'custom'>,
  object: KubeObject,
): void {
  if (resource.custom !== undefined) return;
  const texts = pruneUnknown(object).map((field) => `unknown field "${field}"`);
  if (texts.length === 0) return;
  const validation = exchange.query.get('fieldValidation') || 'Warn';
  if (validation === 'Strict') {
    throw badRequest(
      `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: strict decoding error: ${texts.join(', ')}`,
    );
  }
  if (validation === 'Warn') warn(exchange, texts);
}

/** Sends warnings that clients show to their users: RFC 7234 `Warning` headers with code 299. */
function warn({ response }: Exchange, texts: readonly string[]): void {
  const quoted = texts.map(
    (text) => `299 - "${text.replace(/["\\]/g, '\\$&').replace(/[^\x20-\x7e]/g, '?')}"`,
  );
  response.setHeader('Warning', quoted);
}
