import { ApiError, badRequest } from '../errors.js';
import type { KubeObject } from '../object.js';
import { pruneUnknown, pruneUnknownMetadata } from '../schema/normalize.js';
import type { CustomResource, ResourceInfo } from '../schema/resource.js';
import { structuralSchema } from '../schema/structural/structural-schema.js';
import { noDuplicates } from './duplicate-fields.js';
import type { Exchange } from './exchange.js';
import { addWarnings } from './warnings.js';

/** What an object is: the body of a request, what a patch has made, or the configuration to apply. */
export type Origin = 'body' | 'patched' | 'applied';

type Kind = Pick<ResourceInfo, 'group' | 'version' | 'kind' | 'custom'>;

/**
 * Takes an object as Go's decoder would: fields that its kind doesn't have are dropped and, by `fieldValidation`,
 * refuse the request (Strict), are warned of (the default) or ignored. So do fields that came twice. Throws an
 * ApiError for these and for values of the wrong type.
 */
export function keepKnownFields(
  exchange: Exchange,
  resource: Kind,
  object: KubeObject,
  origin: Origin = 'body',
  duplicates = noDuplicates,
): void {
  const validation = exchange.query.get('fieldValidation') || 'Warn';
  const { custom } = resource;
  const unknown = custom === undefined ? pruneUnknown(object) : pruneCustom(custom, object, origin);
  if (unknown.length === 0 && duplicates.errors.length === 0) return;
  if (origin === 'applied' && custom !== undefined && unknown.length > 0)
    throw untyped(resource, object, unknown);
  const texts = unknown.map((field) => `unknown field "${field}"`);
  if (validation === 'Strict') throw strictError(resource, [...texts, ...duplicates.errors]);
  if (validation === 'Warn') addWarnings(exchange, [...texts, ...duplicates.warnings]);
}

/** Server-side apply doesn't tell of unknown fields in the metadata. */
function pruneCustom({ schema }: CustomResource, object: KubeObject, origin: Origin): string[] {
  const inMetadata = pruneUnknownMetadata(object);
  return [...(origin === 'applied' ? [] : inMetadata), ...structuralSchema(schema).prune(object)];
}

const strictError = ({ kind, version }: Kind, texts: readonly string[]): ApiError =>
  badRequest(
    `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${texts.join(', ')}`,
  );

/** Server-side apply can't do with fields that it doesn't know the type of. */
function untyped(
  { group, version, kind }: Kind,
  { metadata }: KubeObject,
  unknown: readonly string[],
): ApiError {
  const faults = unknown.map((field) => `.${field}: field not declared in schema`);
  const text =
    faults.length === 1 ? (faults[0] ?? '') : `errors:\n${faults.map((fault) => `  ${fault}`).join('\n')}`;
  const about = `${metadata.namespace ?? ''}/${metadata.name}; ${group}/${version}, Kind=${kind}`;
  return new ApiError(500, '', `failed to create typed patch object (${about}): ${text}`);
}
