import { changedFields, fieldsOf } from '../codec/field-ownership.js';
import { FieldSet } from '../codec/field-set.js';
import { isObject } from '../codec/json.js';
import type { ApplyShape } from '../codec/apply-shape.js';
import type { KubeObject } from '../object.js';

const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';
/** Of all annotations of an object: `TotalAnnotationSizeLimitB` in k8s.io/apimachinery `pkg/api/validation`. */
const MAX_ANNOTATION_BYTES = 256 * 1024;

/**
 * Fields that `kubectl apply` without `--server-side` has set and that are still as it set them: kubectl may take
 * them over when it applies server-side (k8s.io/apimachinery `pkg/util/managedfields/internal/lastappliedmanager.go`).
 */
export function lastAppliedFields(live: KubeObject, shape: ApplyShape): FieldSet {
  const text = live.metadata.annotations?.[ANNOTATION];
  if (!text) return FieldSet.empty;
  let applied: unknown;
  try {
    applied = JSON.parse(text);
  } catch {
    return FieldSet.empty;
  }
  if (!isObject(applied) || applied['apiVersion'] !== live.apiVersion) return FieldSet.empty;
  const { written, removed } = changedFields(applied, live, shape);
  return fieldsOf(applied, shape).difference(written).difference(removed);
}

/** Keeps the annotation true, if there is one, when kubectl applies server-side (`lastappliedupdater.go`). */
export function updateLastApplied(object: KubeObject, applied: KubeObject): void {
  if (!object.metadata.annotations?.[ANNOTATION]) return;
  const { [ANNOTATION]: _old, ...others } = object.metadata.annotations;
  const { annotations, ...metadata } = applied.metadata;
  const { [ANNOTATION]: _own, ...rest } = annotations ?? {};
  const configuration = {
    ...applied,
    metadata: { ...metadata, ...(annotations === undefined ? {} : { annotations: rest }) },
  };
  const text = `${JSON.stringify(sorted(configuration))}\n`;
  const total = Object.entries({ ...others, [ANNOTATION]: text }).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  object.metadata.annotations = total > MAX_ANNOTATION_BYTES ? others : { ...others, [ANNOTATION]: text };
}

/** With keys in the order of Go's maps in JSON. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
