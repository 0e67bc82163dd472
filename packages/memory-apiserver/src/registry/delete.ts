import { cloneJson } from '../codec/json.js';
import { conflict } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import { timestamp } from '../store/identity.js';
import { splitKey } from '../store/key.js';
import { objectText } from '../store/text.js';
import { admit } from './admission-policies/admit.js';
import type { DeleteOptions } from './api.js';
import type { RegistryContext } from './context.js';
import { getObject, keyOf } from './context.js';
import { DEFINITION_CLEANUP, DEFINITIONS, erase } from './erase.js';
import { strategyOf } from './strategies/index.js';
import type { Strategy } from './strategy.js';

export interface Deleted {
  object: KubeObject;
  /** False while finalizers or a grace period keep the object. */
  gone: boolean;
}

/** `deleteOptionWarnings` of k8s.io/kubernetes `pkg/registry/batch/job/storage`. */
const ORPHANS =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning';

/** Deletes, or asks the object to end. Throws NotFound, Conflict (preconditions), Forbidden. */
export function deleteObject(
  context: RegistryContext,
  resource: ResourceInfo,
  namespace: string | undefined,
  name: string,
  options: DeleteOptions = {},
): Deleted {
  const object = getObject(context, resource, namespace, name);
  const strategy = strategyOf(resource);
  checkPreconditions(resource, object, options);
  strategy.beforeDelete?.(object, context);
  admit(context, resource, undefined, object, options);
  if (options.dryRun === true) return { object, gone: true };
  if (resource.storage === DEFINITIONS) return deleteDefinition(context, resource, object);
  if (strategy.orphansByDefault === 'with-warning' && options.propagationPolicy === undefined)
    options.warn?.(ORPHANS);
  const finalizers = finalizersFor(context, strategy, object, options);
  const grace = strategy.gracePeriod?.(object, options.gracePeriodSeconds, context) ?? 0;
  const held = finalizers.length > 0 || grace > 0 || strategy.isHeld?.(object, context) === true;
  if (!held) {
    if (strategy.gracePeriod !== undefined) markDeleted(context, object, finalizers, grace);
    erase(context, resource, object);
    return { object, gone: true };
  }
  markDeleted(context, object, finalizers, grace);
  if (resource.storage === 'namespaces') {
    // Their storage knows of no grace period: pkg/registry/core/namespace/storage.
    delete object.metadata.deletionGracePeriodSeconds;
    object.status = { ...(object.status as object | undefined), phase: 'Terminating' };
  }
  storeIfChanged(context, resource, object);
  return { object, gone: false };
}

function checkPreconditions(resource: ResourceInfo, { metadata }: KubeObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  // Upstream names the kind here, where other conflicts name the resource.
  const named = { group: resource.group, plural: resource.kind };
  if (uid && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(named, metadata.name, why);
  }
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    throw conflict(named, metadata.name, why);
  }
}

/** `deletionFinalizersForGarbageCollection` in k8s.io/apiserver `pkg/registry/generic/registry`. */
function finalizersFor(
  context: RegistryContext,
  strategy: Strategy,
  { metadata }: KubeObject,
  options: DeleteOptions,
): string[] {
  const present = metadata.finalizers ?? [];
  const isForeground = present.includes('foregroundDeletion');
  const usual = strategy.orphansByDefault !== undefined && !isForeground ? 'Orphan' : undefined;
  const policy = options.propagationPolicy ?? usual;
  if (!context.controllers.garbageCollector || policy === undefined) return present;
  const others = present.filter((finalizer) => finalizer !== 'orphan' && finalizer !== 'foregroundDeletion');
  if (policy === 'Orphan') return [...others, 'orphan'];
  return policy === 'Foreground' ? [...others, 'foregroundDeletion'] : others;
}

function markDeleted(
  context: RegistryContext,
  { metadata }: KubeObject,
  finalizers: string[],
  grace: number,
): void {
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  const before = metadata.deletionGracePeriodSeconds;
  // Asking again can shorten the time that is left, never lengthen it.
  if (metadata.deletionTimestamp !== undefined && (before ?? 0) <= grace) return;
  if (metadata.deletionTimestamp === undefined && metadata.generation !== undefined) metadata.generation += 1;
  metadata.deletionTimestamp = timestamp(context.now() + grace * 1000);
  metadata.deletionGracePeriodSeconds = grace;
}

function storeIfChanged(context: RegistryContext, resource: ResourceInfo, object: KubeObject): void {
  const key = keyOf(object);
  if (objectText(object) !== context.store.read(resource.storage, key))
    context.store.put(resource.storage, key, object);
}

/** A CRD takes its objects with it; those with finalizers keep it for the time being. */
function deleteDefinition(context: RegistryContext, resource: ResourceInfo, definition: KubeObject): Deleted {
  const storage = definition.metadata.name;
  const instances = context.catalog.findStorage(storage);
  const others = (definition.metadata.finalizers ?? []).filter(
    (finalizer) => finalizer !== DEFINITION_CLEANUP,
  );
  // Marked first: with the last object gone, erase() ends it.
  definition.metadata.finalizers = [...others, DEFINITION_CLEANUP];
  definition.metadata.deletionTimestamp ??= timestamp(context.now());
  storeIfChanged(context, resource, definition);
  strategyOf(resource).afterWrite?.(definition, context);
  const answer = cloneJson(definition);
  for (const key of instances === undefined ? [] : [...context.store.keys(storage)]) {
    const { namespace, name } = splitKey(key);
    if (instances !== undefined) deleteObject(context, instances, namespace || undefined, name);
  }
  const left = context.store.read(DEFINITIONS, keyOf(definition));
  if (left !== undefined && context.store.count(storage) === 0) {
    definition.metadata.finalizers = others;
    if (others.length === 0) erase(context, resource, definition);
    else context.store.put(DEFINITIONS, keyOf(definition), definition);
  }
  return { object: answer, gone: !context.store.has(DEFINITIONS, keyOf(definition)) };
}
