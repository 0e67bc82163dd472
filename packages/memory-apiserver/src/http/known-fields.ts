import type { ApiError } from '../errors.js';
import { badRequest } from '../errors.js';
import type { KubeObject } from '../object.js';
import { pruneUnknown, pruneUnknownMetadata } from '../schema/normalize.js';
import type { CustomResource, ResourceInfo } from '../schema/resource.js';
import { structuralSchema } from '../schema/structural/structural-schema.js';
import { noDuplicates } from './duplicate-fields.js';
import type { Exchange } from './exchange.js';
import { addWarnings } from './warnings.js';

type Kind = Pick<ResourceInfo, 'group' | 'version' | 'kind' | 'custom'>;

/**
 * Takes an object as Go's decoder would: fields that its kind doesn't have are dropped and, by `fieldValidation`,
 * refuse the request (Strict), are warned of (the default) or ignored. So do fields that came twice. Server-side apply has
 * a check of its own (registry/apply.ts). Throws an ApiError for these and for values of the wrong type.
 */
export function keepKnownFields(
  exchange: Exchange,
  resource: Kind,
  object: KubeObject,
  duplicates = noDuplicates,
): void {
  const validation = exchange.query.get('fieldValidation') || 'Warn';
  const { custom } = resource;
  const unknown = custom === undefined ? pruneUnknown(object) : pruneCustom(custom, object);
  if (unknown.length === 0 && duplicates.errors.length === 0) return;
  const texts = unknown.map((field) => `unknown field "${field}"`);
  if (validation === 'Strict') throw strictError(resource, [...texts, ...duplicates.errors]);
  if (validation === 'Warn') addWarnings(exchange, [...texts, ...duplicates.warnings]);
}

const pruneCustom = ({ schema }: CustomResource, object: KubeObject): string[] => [
  ...pruneUnknownMetadata(object),
  ...structuralSchema(schema).prune(object),
];

const strictError = ({ kind, version }: Kind, texts: readonly string[]): ApiError =>
  badRequest(
    `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${texts.join(', ')}`,
  );
