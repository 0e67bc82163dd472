import { ApiError } from '../errors.js';

/** In which form a client wants objects. */
export type Form = 'object' | 'table' | 'metadata';

export interface Accepted {
  form: Form;
  encoding: 'json' | 'yaml';
  /** `meta.k8s.io` version of the Table or PartialObjectMetadata. */
  version: string;
}

const PLAIN: Accepted = { form: 'object', encoding: 'json', version: 'v1' };

interface MediaRange {
  type: string;
  parameters: Map<string, string>;
  quality: number;
}

function parseRange(text: string): MediaRange {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const equals = parameter.indexOf('=');
    if (equals > 0)
      parameters.set(parameter.slice(0, equals).trim().toLowerCase(), parameter.slice(equals + 1).trim());
  }
  const quality = Number(parameters.get('q') ?? '1');
  return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality };
}

/**
 * The first of the client's preferences that can be met, as k8s.io/apiserver `pkg/endpoints/handlers/negotiation`
 * does it. Protobuf is passed over: clients that ask for it also take JSON. Throws NotAcceptable.
 */
export function negotiate(accept: string | undefined): Accepted {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json')
    return PLAIN;
  const ranges = accept.split(',').map(parseRange);
  ranges.sort((a, b) => b.quality - a.quality);
  for (const range of ranges) {
    const accepted = range.quality > 0 ? met(range) : undefined;
    if (accepted !== undefined) return accepted;
  }
  throw notAcceptable(['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']);
}

export const notAcceptable = (types: readonly string[]): ApiError =>
  new ApiError(406, 'NotAcceptable', `only the following media types are accepted: ${types.join(', ')}`);

function met({ type, parameters }: MediaRange): Accepted | undefined {
  const encoding = encodingOf(type);
  if (encoding === undefined) return undefined;
  const as = parameters.get('as');
  if (as === undefined) return encoding === 'json' ? PLAIN : { ...PLAIN, encoding };
  const version = parameters.get('v') ?? '';
  if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined;
  if (as === 'Table') return { form: 'table', encoding, version };
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
    return { form: 'metadata', encoding, version };
  return undefined;
}

function encodingOf(type: string): Accepted['encoding'] | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json';
  return type === 'application/yaml' ? 'yaml' : undefined;
}

/** The one of the offered media types that the client likes best; undefined if it takes none of them. */
export function preferredType(accept: string | undefined, offered: readonly string[]): string | undefined {
  if (accept === undefined || accept === '') return offered[0];
  const ranges = accept.split(',').map(parseRange);
  ranges.sort((a, b) => b.quality - a.quality);
  for (const { type, quality } of ranges) {
    const takes = (one: string): boolean =>
      type === '*/*' || type === one || (type.endsWith('/*') && one.startsWith(type.slice(0, -1)));
    const found = quality > 0 ? offered.find(takes) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The type of a request body without parameters, lower case; `''` if there is no header. */
export function contentType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
