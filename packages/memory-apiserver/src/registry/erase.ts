import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import type { RegistryContext } from './context.js';
import { findObject, keyOf } from './context.js';
import { strategyOf } from './strategies/index.js';

export const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
/** Keeps a deleted CRD while objects of it exist. */
export const DEFINITION_CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';

/** Takes the object, whose last state this is, out of the store; it gets the version of its removal. */
export function erase(context: RegistryContext, resource: ResourceInfo, last: KubeObject): void {
  context.store.remove(resource.storage, keyOf(last), last);
  strategyOf(resource).afterRemove?.(last, context);
  if (resource.custom !== undefined) eraseDefinition(context, resource.storage);
}

/** A CRD that waits for its objects to go ends with the last of them. */
function eraseDefinition(context: RegistryContext, storage: string): void {
  if (context.store.count(storage) > 0) return;
  const resource = context.catalog.findStorage(DEFINITIONS);
  const definition = resource && findObject(context, resource, undefined, storage);
  if (resource === undefined || definition?.metadata.deletionTimestamp === undefined) return;
  const finalizers =
    definition.metadata.finalizers?.filter((finalizer) => finalizer !== DEFINITION_CLEANUP) ?? [];
  definition.metadata.finalizers = finalizers;
  if (finalizers.length === 0) erase(context, resource, definition);
  else context.store.put(DEFINITIONS, keyOf(definition), definition);
}
