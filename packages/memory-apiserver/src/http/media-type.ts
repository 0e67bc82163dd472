import { matchesType, parseAccept, type MediaRange } from '../codec/accept.js';
import { MEDIA_TYPES, PROTOBUF, type Encoding } from '../codec/encoding.js';
import { ApiError } from '../errors.js';
import type { ResourceInfo } from '../schema/resource.js';

/** In which form a client wants objects. */
export type Form = 'object' | 'table' | 'metadata' | 'metadata-list';

export interface Accepted {
  form: Form;
  encoding: Encoding;
  /** `meta.k8s.io` version of the Table or PartialObjectMetadata. */
  version: string;
  /** JSON for people. */
  pretty: boolean;
}

export const PLAIN: Accepted = { form: 'object', encoding: 'json', version: 'v1', pretty: false };

/** Media types of bodies, for messages of 406 and 415. */
export const OBJECT_TYPES = MEDIA_TYPES.map(([type]) => type);

/** Media types of watches; there is none of YAML. */
const STREAM_TYPES = ['application/json;stream=watch', `${PROTOBUF};stream=watch`];

/** What an endpoint can do beside plain objects in all encodings. */
export interface Restrictions {
  /** Metadata alone. */
  readonly metadata: boolean;
  readonly tables: boolean;
  /** Whether whole objects have a protobuf form; those of CRDs have none. */
  readonly protobuf: boolean;
}

/**
 * The first of the client's preferences that can be met; undefined if none can. As k8s.io/apiserver
 * `pkg/endpoints/handlers/negotiation` does it.
 */
export function negotiate(accept: string | undefined, restrictions: Restrictions): Accepted | undefined {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json')
    return PLAIN;
  for (const range of parseAccept(accept)) {
    for (const [type, encoding] of MEDIA_TYPES) {
      const accepted = matchesType(range, type) ? met(range, encoding, restrictions) : undefined;
      if (accepted !== undefined) return accepted;
    }
  }
  return undefined;
}

function met(
  { parameters }: MediaRange,
  encoding: Encoding,
  { metadata, tables, protobuf }: Restrictions,
): Accepted | undefined {
  const pretty = parameters.get('pretty') === '1';
  const stream = parameters.get('stream');
  if (stream !== undefined && (stream !== 'watch' || encoding === 'yaml')) return undefined;
  const as = parameters.get('as');
  const version = parameters.get('v') ?? '';
  const group = parameters.get('g');
  if (as === undefined && version === '' && group === undefined) {
    return encoding === 'protobuf' && !protobuf
      ? undefined
      : { form: 'object', encoding, version: 'v1', pretty };
  }
  if (!metadata || group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined;
  if (as === 'Table')
    return !tables || encoding === 'protobuf' ? undefined : { form: 'table', encoding, version, pretty };
  if (as === 'PartialObjectMetadata') return { form: 'metadata', encoding, version, pretty };
  if (as === 'PartialObjectMetadataList') return { form: 'metadata-list', encoding, version, pretty };
  return undefined;
}

/** Of what isn't about stored objects: plain ones only. */
export const PLAIN_ONLY: Restrictions = { metadata: false, tables: false, protobuf: true };

/**
 * What an endpoint of a resource answers in. Whole objects of CRDs have no protobuf form; what is only created, such
 * as reviews, has no columns.
 *
 * @throws ApiError 406
 */
export function negotiateResource(
  accept: string | undefined,
  { custom, listKind }: ResourceInfo,
  watch: boolean,
): Accepted {
  const accepted = negotiate(accept, {
    metadata: true,
    tables: listKind !== '',
    protobuf: custom === undefined,
  });
  if (accepted === undefined) throw notAcceptable(OBJECT_TYPES);
  if (watch && accepted.encoding === 'yaml') throw notAcceptable(STREAM_TYPES);
  return accepted;
}

/**
 * Paths of built-in resources are found by the types that they answer in, before parameters and `application/*` are
 * looked at: `matchesAccept` of github.com/emicklei/go-restful. Throws NotAcceptable.
 */
export const checkRoutable = (accept: string | undefined, list: boolean): void =>
  checkProduced(accept, OBJECT_TYPES, list ? STREAM_TYPES : []);

/** The same for a path of other types; `more` are named, but no reason to be found. */
export function checkProduced(
  accept: string | undefined,
  produced: readonly string[],
  more: readonly string[] = [],
): void {
  if (accept === undefined || accept === '') return;
  for (const part of accept.split(',')) {
    const end = part.indexOf(';');
    const type = (end < 0 ? part : part.slice(0, end)).trim();
    if (type === '*/*' || produced.includes(type)) return;
  }
  const available = [...produced, ...more].join(', ');
  const message = `406: Not Acceptable\n\nAvailable representations: ${available}`;
  throw new ApiError(406, 'NotAcceptable', message, {});
}

export const notAcceptable = (types: readonly string[]): ApiError =>
  new ApiError(406, 'NotAcceptable', `only the following media types are accepted: ${types.join(', ')}`);

/** The type of a request body without parameters, lower case; `''` if there is no header. */
export function contentType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
