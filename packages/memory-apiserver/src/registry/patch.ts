import { jsonPatch } from '../codec/json-patch.js';
import { cloneJson, isObject } from '../codec/json.js';
import { expandFields } from '../codec/managed-fields.js';
import { mergePatch } from '../codec/merge-patch.js';
import { strategicMerge } from '../codec/strategic-merge.js';
import { ApiError, badRequest, notFound } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import { typeOf } from '../schema/types.js';
import type { PatchType } from './api.js';
import type { RegistryContext } from './context.js';
import { fromStorage, storageRow, toStorage } from './conversion.js';
import { setNamespace } from './namespaces.js';
import { findStored } from './shared-reads.js';
import { unreadablePatch } from './unreadable-patch.js';
import type { UpdateOptions, Written } from './update.js';
import { replaceObject } from './update.js';

/** The object as the patch makes it; nothing is stored. Throws BadRequest, Invalid, UnsupportedMediaType. */
export function applyPatch(
  resource: { group: string; version: string; kind: string; custom?: unknown },
  object: KubeObject,
  type: Exclude<PatchType, 'apply'>,
  body: unknown,
): KubeObject {
  if (type === 'json') return jsonPatch(object, body);
  if (type === 'merge') return mergePatch(object, body);
  if (resource.custom !== undefined) {
    throw new ApiError(
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    );
  }
  return strategicMerge(object, body, typeOf(resource.group, resource.version, resource.kind));
}

/** PATCH by one of the three kinds that need an object to patch. Throws NotFound, Conflict, Invalid, BadRequest. */
export function patchObject(
  context: RegistryContext,
  resource: ResourceInfo,
  namespace: string | undefined,
  name: string,
  type: Exclude<PatchType, 'apply'>,
  body: unknown,
  options: UpdateOptions,
): Written {
  const row = storageRow(context, resource);
  const old = findStored(context, row, namespace, name);
  if (old === undefined) throw notFound(resource, name);
  const before = fromStorage(resource, cloneJson(old));
  showManagedFields(before, type, body);
  const patched = applyPatch(resource, before, type, body);
  try {
    options.inspect?.(patched);
  } catch (error) {
    const { managedFields } = old.metadata;
    const whole = (): unknown => applyPatch(resource, withManagedFields(before, managedFields), type, body);
    throw unreadablePatch(error, type, body, whole);
  }
  checkIdentity(resource, patched, namespace, name);
  const state = toStorage(context, resource, patched);
  return { text: replaceObject(context, row, old, state, { ...options, via: resource }), created: false };
}

/** A patch finds managedFields in the object if it has to do with them; else they only are in the way. */
function showManagedFields({ metadata }: KubeObject, type: PatchType, body: unknown): void {
  const { managedFields } = metadata;
  if (typeof managedFields !== 'string') return;
  delete metadata.managedFields;
  if (type === 'json' && Array.isArray(body) && body.some(isAboutMetadata))
    metadata.managedFields = JSON.parse(expandFields(managedFields)) as unknown[];
}

function withManagedFields(object: KubeObject, managedFields: unknown): KubeObject {
  if (typeof managedFields !== 'string') return object;
  const expanded = JSON.parse(expandFields(managedFields)) as unknown[];
  return { ...object, metadata: { ...object.metadata, managedFields: expanded } };
}

const isAboutMetadata = (operation: unknown): boolean => {
  const { path, from } = (operation ?? {}) as { path?: unknown; from?: unknown };
  return [path, from].some(
    (pointer) =>
      pointer === '' || pointer === '/metadata' || String(pointer).startsWith('/metadata/managedFields'),
  );
};

/** A patch can change anything but what the URL says. */
export function checkIdentity(
  resource: ResourceInfo,
  object: KubeObject,
  namespace: string | undefined,
  name: string,
): void {
  if (!isObject(object.metadata)) throw badRequest('metadata: Required value');
  if (!object.metadata.name)
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  if (object.kind !== resource.kind) {
    throw badRequest(
      `the kind in the data (${object.kind}) does not match the expected kind (${resource.kind})`,
    );
  }
  if (object.metadata.name !== name) {
    throw badRequest(
      `the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  setNamespace(resource, object, namespace);
}
