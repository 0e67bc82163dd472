import { cloneJson } from '../codec/json.js';
import { recordUpdate, serverSideApply } from '../codec/server-side-apply.js';
import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import { applyShapeOf } from './apply-shape-of.js';
import type { RegistryContext } from './context.js';
import { findObject } from './context.js';
import { fromStorage, storageRow, toStorage } from './conversion.js';
import { createObject } from './create.js';
import { checkIdentity } from './patch.js';
import type { UpdateOptions, Written } from './update.js';
import { replaceObject } from './update.js';

/** Who owns the fields of an object that was never applied before: upstream's name for it. */
const BEFORE_FIRST_APPLY = 'before-first-apply';

/**
 * PATCH `application/apply-patch+yaml`: server-side apply, which creates the object if there is none. Throws
 * Conflict if other managers own what is applied with other values, unless forced; Invalid, BadRequest.
 */
export function applyObject(
  context: RegistryContext,
  resource: ResourceInfo,
  namespace: string | undefined,
  name: string,
  applied: KubeObject,
  options: UpdateOptions & { force?: boolean },
): Written {
  const row = storageRow(context, resource);
  const wanted = cloneJson(applied);
  wanted.metadata.name ||= name;
  checkIdentity(resource, wanted, namespace, name);
  const old = findObject(context, row, namespace, name);
  const shape = applyShapeOf(resource);
  const live = old === undefined ? undefined : fromStorage(resource, cloneJson(old));
  if (live !== undefined && live.metadata.managedFields === undefined) {
    recordUpdate(undefined, live, { manager: BEFORE_FIRST_APPLY, shape, now: context.now() });
  }
  const { resourceVersion, uid } = wanted.metadata;
  const merged = serverSideApply(live, wanted, {
    manager: options.fieldManager ?? 'unknown',
    shape,
    now: context.now(),
    force: options.force === true,
    ...(options.subresource ? { subresource: options.subresource } : {}),
  });
  const state = toStorage(context, resource, merged);
  if (old === undefined)
    return { text: createObject(context, row, state, namespace, options), created: true };
  // Preconditions are what the client said, not what the merge took from the live object.
  if (resourceVersion) state.metadata.resourceVersion = resourceVersion;
  if (uid) state.metadata.uid = uid;
  return { text: replaceObject(context, row, old, state, { ...options, applied: true }), created: false };
}
