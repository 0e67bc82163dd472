import { goPrint } from '../codec/go-print.js';
import { ApiError, isApiError } from '../errors.js';
import { goJson, invalidValue } from '../schema/structural/causes.js';
import type { PatchType } from './api.js';

const UNREADABLE = / cannot be handled as a [^:]*: (.*)$/s;

/**
 * The error that reading a patched object has ended with, as the patch's: upstream refuses a patch of which nothing
 * readable comes with 422, and quotes what came of it, or the patch itself if that was a strategic one
 * (k8s.io/apiserver `pkg/endpoints/handlers/patch.go`). Other errors are returned as they are.
 *
 * @param patched computes the patched object, managedFields included; called only if it is quoted
 */
export function unreadablePatch(
  error: unknown,
  type: PatchType,
  body: unknown,
  patched: () => unknown,
): unknown {
  const [, why] = (isApiError(error, 'BadRequest') && UNREADABLE.exec(error.message)) || [];
  if (why === undefined) return error;
  const cause =
    type === 'strategic'
      ? invalidValue('patch', goPrint(body), conversionFault(why))
      : invalidValue('patch', goJson(patched()), why);
  const message = ` "" is invalid: ${cause.field}: ${cause.message}`;
  return new ApiError(422, 'Invalid', message, { causes: [cause] });
}

/**
 * A strategic patch is not decoded from JSON but converted from Go's maps, which words faults in its own way
 * (`fromUnstructured` in k8s.io/apimachinery `pkg/runtime`).
 */
function conversionFault(why: string): string {
  const [, found = '', wanted = ''] =
    /^json: cannot unmarshal (\w+) into Go struct field \S+ of type (\S+)$/.exec(why) ?? [];
  if (wanted === '') return why;
  const kind = GO_KINDS[found] ?? found;
  if (wanted.startsWith('map[')) return `cannot restore map from ${kind}`;
  if (wanted.startsWith('[]')) return `cannot restore slice from ${kind}`;
  return wanted.includes('.') ? `cannot restore struct from: ${kind}` : `unrecognized type: ${wanted}`;
}

/** What Go makes of JSON's types. */
const GO_KINDS: Readonly<Record<string, string>> = { number: 'int64', object: 'map', array: 'slice' };
