import type { KubeObject } from '../../object.js';
import type { CustomResource } from '../resource.js';
import { structuralSchema } from './structural-schema.js';

/**
 * Gives a stored object, whole as a client sees it, the form of the version it is asked in, in place: defaults
 * of the stored version are filled in, fields that either doesn't know dropped. Only where versions differ, or the schema has ever changed.
 */
export function fromStoredForm(
  { mayDiffer, storageSchema, schema }: CustomResource,
  object: KubeObject,
): void {
  if (mayDiffer !== true) return;
  const stored = structuralSchema(storageSchema);
  stored.prune(object);
  stored.complete(object);
  if (schema !== storageSchema) structuralSchema(schema).prune(object);
}
