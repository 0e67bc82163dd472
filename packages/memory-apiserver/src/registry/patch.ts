import { jsonPatch } from '../codec/json-patch.js';
import { cloneJson, isObject } from '../codec/json.js';
import { mergePatch } from '../codec/merge-patch.js';
import { strategicMerge } from '../codec/strategic-merge.js';
import { ApiError, badRequest } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import { typeOf } from '../schema/types.js';
import type { PatchType } from './api.js';
import type { RegistryContext } from './context.js';
import { getObject } from './context.js';
import { fromStorage, storageRow, toStorage } from './conversion.js';
import { setNamespace } from './namespaces.js';
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
  const old = getObject(context, row, namespace, name);
  const before = fromStorage(resource, cloneJson(old));
  const patched = applyPatch(resource, before, type, body);
  options.inspect?.(patched);
  checkIdentity(resource, patched, namespace, name);
  const state = toStorage(context, resource, patched);
  return { text: replaceObject(context, row, old, state, options), created: false };
}

/** A patch can change anything but what the URL says. */
export function checkIdentity(
  resource: ResourceInfo,
  object: KubeObject,
  namespace: string | undefined,
  name: string,
): void {
  if (!isObject(object.metadata)) throw badRequest('metadata: Required value');
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
