import { applyMismatch } from '../codec/apply-mismatch.js';
import { cloneJson, isObject } from '../codec/json.js';
import { recordWrite } from '../codec/field-managers.js';
import type { ManagedEntry } from '../codec/managed-fields.js';
import type { Applied, ApplyOptions } from '../codec/server-side-apply.js';
import { ApplyConflictError, serverSideApply } from '../codec/server-side-apply.js';
import { FieldSet } from '../codec/field-set.js';
import { ApiError, badRequest, conflict, notFound } from '../errors.js';
import type { KubeObject } from '../object.js';
import { pruneUnknown, pruneUnknownMetadata } from '../schema/normalize.js';
import type { ResourceInfo } from '../schema/resource.js';
import { splitApiVersion } from '../schema/types.js';
import { applyShapeOf } from './apply-shape-of.js';
import type { RegistryContext } from './context.js';
import { apiVersionOf, findObject } from './context.js';
import { fromStorage, storageRow, toStorage } from './conversion.js';
import { createObject } from './create.js';
import { lastAppliedFields, updateLastApplied } from './last-applied.js';
import { checkIdentity } from './patch.js';
import { resetFields } from './reset-fields.js';
import { changesBetween, entriesOf, zeroObject } from './track-fields.js';
import type { UpdateOptions, Written } from './update.js';
import { replaceObject } from './update.js';

/** Who owns the fields of an object whose writers weren't recorded: upstream's name for it. */
const BEFORE_FIRST_APPLY = 'before-first-apply';
/** Gets along with what it has applied by annotation before. */
const KUBECTL = 'kubectl';

/**
 * PATCH `application/apply-patch+yaml`: server-side apply, which creates the object if there is none. Throws
 * Conflict if other managers own what is applied with other values, unless forced; Invalid, BadRequest, NotFound.
 */
export function applyObject(
  context: RegistryContext,
  resource: ResourceInfo,
  namespace: string | undefined,
  name: string,
  applied: unknown,
  options: UpdateOptions & { force?: boolean },
): Written {
  const row = storageRow(context, resource);
  const old = findObject(context, row, namespace, name);
  if (old === undefined && options.subresource) throw notFound(resource, name);
  const wanted = checkApplied(resource, cloneJson(applied));
  const live = old === undefined ? cloneJson(zeroObject(resource)) : fromStorage(resource, cloneJson(old));
  const { object, entries } = applyFields(context, resource, live, wanted, options);
  const { uid } = object.metadata;
  if (old === undefined && uid) {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(resource, name, why);
  }
  checkIdentity(resource, object, namespace, name);
  // What the merge has made null or was applied as null is nothing.
  if (resource.custom === undefined) pruneUnknown(object);
  else pruneUnknownMetadata(object);
  const state = toStorage(context, resource, object);
  const known = { ...options, entries };
  if (old !== undefined) return { text: replaceObject(context, row, old, state, known), created: false };
  // Nothing to check it against.
  delete state.metadata.resourceVersion;
  return { text: createObject(context, row, state, namespace, known), created: true };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What is applied must be of the endpoint's kind and fit its schema. Throws BadRequest, or 500 as upstream does. */
export function checkApplied(resource: ResourceInfo, applied: unknown): KubeObject {
  if (!isObject(applied)) {
    const type = Array.isArray(applied) ? 'array' : typeof applied;
    const why = `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`;
    throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${why}`);
  }
  const object = applied as unknown as KubeObject;
  const { group, version } = splitApiVersion(textOf(applied['apiVersion']));
  const kind = `${group}/${version}, Kind=${textOf(applied['kind'])}`;
  if (kind !== `${resource.group}/${resource.version}, Kind=${resource.kind}`)
    throw badRequest(`invalid object type: ${kind}`);
  const metadata = isObject(applied['metadata']) ? applied['metadata'] : {};
  if (metadata['managedFields'] !== undefined && metadata['managedFields'] !== null)
    throw badRequest('metadata.managedFields must be nil');
  const mismatch = applyMismatch(applied, applyShapeOf(resource));
  if (mismatch !== undefined) {
    const name = `${textOf(metadata['namespace'])}/${textOf(metadata['name'])}`;
    throw new ApiError(500, '', `failed to create typed patch object (${name}; ${kind}): ${mismatch}`);
  }
  return object;
}

/** @param live in the version of `wanted`; changed and taken over */
export function applyFields(
  context: RegistryContext,
  resource: ResourceInfo,
  live: KubeObject,
  wanted: KubeObject,
  options: UpdateOptions & { force?: boolean },
): Applied {
  const { fieldManager = 'unknown', subresource = '' } = options;
  const entries = entriesBefore(context, resource, live, subresource);
  delete live.metadata?.managedFields;
  const how: ApplyOptions = {
    manager: fieldManager,
    subresource,
    shape: applyShapeOf(resource),
    ignored: resetFields(resource, subresource),
    force: options.force === true,
    now: context.now(),
    changesIn: (merged, apiVersion) => {
      const [before, after] = [stored(context, resource, live), stored(context, resource, merged)];
      return changesBetween(context, resource, before, after, subresource)(apiVersion);
    },
  };
  if (fieldManager !== KUBECTL) return serverSideApply(live, wanted, entries, how);
  const result = applyAsKubectl(live, wanted, entries, how);
  updateLastApplied(result.object, wanted);
  return result;
}

/** Who owns what before the write: everything somebody unknown, if nothing was recorded. */
function entriesBefore(
  context: RegistryContext,
  resource: ResourceInfo,
  live: KubeObject,
  subresource: string,
): ManagedEntry[] {
  const entries = live.metadata === undefined ? [] : entriesOf(live);
  if (entries.length > 0) return entries;
  const manager = {
    manager: BEFORE_FIRST_APPLY,
    operation: 'Update',
    apiVersion: apiVersionOf(resource),
    subresource,
  } as const;
  const present = stored(context, resource, live);
  const changesIn = changesBetween(context, resource, zeroObject(resource), present, subresource);
  return recordWrite([], manager, changesIn, context.now());
}

/** The object in the stored version: itself for all but a few resources, else a copy. */
function stored(context: RegistryContext, resource: ResourceInfo, object: KubeObject): KubeObject {
  return storageRow(context, resource) === resource
    ? object
    : toStorage(context, resource, cloneJson(object));
}

function applyAsKubectl(
  live: KubeObject,
  wanted: KubeObject,
  entries: readonly ManagedEntry[],
  how: ApplyOptions,
): Applied {
  try {
    return serverSideApply(live, wanted, entries, how);
  } catch (error) {
    if (!(error instanceof ApplyConflictError)) throw error;
    const own = lastAppliedFields(live, how.shape);
    const others = error.conflicts.filter(({ path }) => !own.has(path));
    if (own === FieldSet.empty || others.length === error.conflicts.length) throw error;
    if (others.length > 0) throw new ApplyConflictError(others);
    return serverSideApply(live, wanted, entries, { ...how, force: true });
  }
}
