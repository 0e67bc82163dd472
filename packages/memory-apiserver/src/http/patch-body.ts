import { ApiError, badRequest } from '../errors.js';
import type { PatchType } from '../registry/api.js';
import { jsonTypeName, parseJson, readYaml, unsupportedMediaType } from './body.js';
import type { Exchange } from './exchange.js';
import { contentType } from './media-type.js';
import { isTrue } from './resource-request.js';
import { invalidOptions } from './write-options.js';

const TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** Objects of CRDs have no strategies for their lists. */
const CUSTOM_TYPES = Object.keys(TYPES).filter((type) => TYPES[type] !== 'strategic');

export interface ParsedPatch {
  type: PatchType;
  value: unknown;
  /** An apply takes fields over that others own. */
  force: boolean;
}

/** The body of a PATCH and what its query says of it. Throws UnsupportedMediaType, BadRequest, Invalid. */
export function parsePatch(exchange: Exchange, custom: boolean, body: Buffer): ParsedPatch {
  const mediaType = contentType(exchange.request.headers['content-type']);
  const type = Object.hasOwn(TYPES, mediaType) ? TYPES[mediaType] : undefined;
  if (custom && (type === undefined || type === 'strategic')) throw unsupportedMediaType(CUSTOM_TYPES);
  // Paths of built-in resources refuse it before a handler sees it.
  if (type === undefined) throw new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  const force = exchange.query.get('force');
  checkOptions(type, exchange.query, force);
  return { type, value: readPatch(type, body), force: isTrue(force) };
}

/** `ValidatePatchOptions` in k8s.io/apimachinery `pkg/apis/meta/v1/validation`. */
function checkOptions(type: PatchType, query: URLSearchParams, force: string | null): void {
  if (type === 'apply') {
    if (query.get('fieldManager')) return;
    const message = 'Required value: is required for apply patch';
    throw invalidOptions('PatchOptions', [{ field: 'fieldManager', reason: 'FieldValueRequired', message }]);
  }
  if (force === null) return;
  const message = 'Forbidden: may not be specified for non-apply patch';
  throw invalidOptions('PatchOptions', [{ field: 'force', reason: 'FieldValueForbidden', message }]);
}

function readPatch(type: PatchType, body: Buffer): unknown {
  try {
    const value = type === 'apply' ? readYaml(body) : parseJson(body);
    const wanted = type === 'json' ? 'array' : 'object';
    if (type === 'apply' || value === null || jsonTypeName(value) === wanted) return value;
    const target = type === 'json' ? '[]handlers.jsonPatchOp' : 'map[string]interface {}';
    throw new SyntaxError(`json: cannot unmarshal ${jsonTypeName(value)} into Go value of type ${target}`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (type === 'apply')
      throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`);
    throw badRequest(type === 'strategic' ? error.message : `error decoding patch: ${error.message}`);
  }
}
