import { compileStage, isStage, StageError, type KubeObject } from '@scale-cluster/memory-apiserver';
import { isQuantity } from './text-forms.js';
import type { TemplateSource, ValuePath } from './source.js';

/** True when a document looks like a Kubernetes object rather than a ClusterInfo description. */
export function isManifest(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'apiVersion' in value && 'kind' in value;
}

/**
 * The objects of those documents of a file that are plain Kubernetes manifests; `List`s are taken apart. Throws
 * {@link TemplateError} at the first document that isn't an object, and for a Stage that can't be used.
 */
export function readManifests(source: TemplateSource, indexes: Iterable<number>): KubeObject[] {
  const objects: KubeObject[] = [];
  const seen = new Map<string, number>();
  for (const index of indexes) {
    const value = source.value(index);
    for (const [path, item] of unwrap(value)) {
      const object = checkObject(source, index, path, item);
      const key = `${object.apiVersion}/${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;
      const before = seen.get(key);
      if (before !== undefined) {
        throw source.error(
          index,
          [...path, 'metadata', 'name'],
          `the same ${object.kind} is in line ${before} already`,
        );
      }
      seen.set(key, source.line(index, [...path, 'metadata', 'name']));
      objects.push(object);
    }
  }
  return objects;
}

function unwrap(value: unknown): [ValuePath, unknown][] {
  const list = value as { kind?: unknown; items?: unknown } | null;
  if (typeof list?.kind !== 'string' || !list.kind.endsWith('List') || !Array.isArray(list.items))
    return [[[], value]];
  return list.items.map((item: unknown, at) => [['items', at], item]);
}

function checkObject(source: TemplateSource, index: number, path: ValuePath, value: unknown): KubeObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw source.error(index, path, 'expected a Kubernetes object');
  }
  const object = value as Record<string, unknown>;
  for (const field of ['apiVersion', 'kind'] as const) {
    if (typeof object[field] !== 'string' || object[field] === '') {
      throw source.error(index, path, `${field} is missing`);
    }
  }
  const metadata = object['metadata'] as Record<string, unknown> | null | undefined;
  if (typeof metadata !== 'object' || metadata === null)
    throw source.error(index, path, 'metadata is missing');
  if (typeof metadata['name'] !== 'string' || metadata['name'] === '') {
    throw source.error(index, [...path, 'metadata'], 'name is missing');
  }
  for (const field of ['labels', 'annotations'])
    checkTexts(source, index, [...path, 'metadata', field], metadata[field]);
  if (object['kind'] === 'Node') checkNode(source, index, path, object);
  if (isStage(object as unknown as KubeObject))
    checkStage(source, index, path, object as unknown as KubeObject);
  return object as unknown as KubeObject;
}

function checkStage(source: TemplateSource, index: number, path: ValuePath, stage: KubeObject): void {
  try {
    compileStage(stage);
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    const field = error.path.split(/[.[\]]+/u).filter((step) => step !== '');
    const steps = field.map((step) => (/^\d+$/u.test(step) ? Number(step) : step));
    throw source.error(index, [...path, ...steps], error.reason);
  }
}

function checkTexts(source: TemplateSource, index: number, path: ValuePath, value: unknown): void {
  if (value === undefined || value === null) return;
  for (const [key, one] of Object.entries(value)) {
    if (typeof one !== 'string') {
      throw source.error(index, [...path, key], `must be a text; put ${JSON.stringify(one)} in quotes`);
    }
  }
}

/** Rancher adds capacities up, so a wrong quantity would show much later and elsewhere. */
function checkNode(
  source: TemplateSource,
  index: number,
  path: ValuePath,
  node: Record<string, unknown>,
): void {
  const status = (node['status'] ?? {}) as Record<string, unknown>;
  for (const field of ['capacity', 'allocatable']) {
    const amounts = (status[field] ?? {}) as Record<string, unknown>;
    for (const [resource, amount] of Object.entries(amounts)) {
      if (!isQuantity(String(amount))) {
        throw source.error(
          index,
          [...path, 'status', field, resource],
          `${JSON.stringify(amount)} is not a quantity such as 4, 500m or 8Gi`,
        );
      }
      amounts[resource] = String(amount);
    }
  }
}
