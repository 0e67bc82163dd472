import { cloneJson, equalJson } from '../codec/json.js';
import { recordUpdate } from '../codec/server-side-apply.js';
import type { FieldCause } from '../errors.js';
import { badRequest, conflict, invalid, notFound } from '../errors.js';
import type { KubeObject } from '../object.js';
import { applyDefaults } from '../schema/defaults.js';
import type { ResourceInfo } from '../schema/resource.js';
import { validate } from '../schema/validation.js';
import { objectText } from '../store/text.js';
import type { WriteOptions } from './api.js';
import { applyShapeOf } from './apply-shape-of.js';
import type { RegistryContext } from './context.js';
import { findObject, hasSubresource, keyOf } from './context.js';
import { createObject } from './create.js';
import { erase } from './erase.js';
import { setNamespace } from './namespaces.js';
import { strategyOf } from './strategies/index.js';
import type { Strategy } from './strategy.js';
import { valueAt } from './value-at.js';

export interface UpdateOptions extends WriteOptions {
  /** `''` for the object itself. */
  subresource?: string;
  /** The new state comes from server-side apply, which has seen to managedFields itself. */
  applied?: boolean;
  /** Looks at what a patch has made of the object, in the version of the request; may change or refuse it. */
  inspect?: (object: KubeObject) => void;
}

/** What a write came to. */
export interface Written {
  text: string;
  created: boolean;
}

const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

/** PUT: replaces the object, which the call takes over. Throws NotFound, Conflict, Invalid, BadRequest. */
export function updateObject(
  context: RegistryContext,
  resource: ResourceInfo,
  namespace: string | undefined,
  name: string,
  object: KubeObject,
  options: UpdateOptions = {},
): Written {
  object.metadata.name ||= name;
  if (object.metadata.name !== name) {
    throw badRequest(
      `the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  setNamespace(resource, object, namespace);
  const old = findObject(context, resource, namespace, name);
  if (old !== undefined)
    return { text: replaceObject(context, resource, old, object, options), created: false };
  const { resourceVersion, uid } = object.metadata;
  if (strategyOf(resource).createOnUpdate !== true || options.subresource) throw notFound(resource, name);
  if (uid)
    throw conflict(resource, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: `);
  if (resourceVersion && resourceVersion !== '0') throw conflict(resource, name, MODIFIED);
  delete object.metadata.resourceVersion;
  return { text: createObject(context, resource, object, namespace, options), created: true };
}

/**
 * Puts a new state in place of the old one, both the call's own, by the rules of an update. Answers the stored
 * text. A state equal to the old one writes nothing.
 */
export function replaceObject(
  context: RegistryContext,
  resource: ResourceInfo,
  old: KubeObject,
  object: KubeObject,
  options: UpdateOptions = {},
): string {
  const strategy = strategyOf(resource);
  const subresource = options.subresource ?? '';
  checkPreconditions(resource, old, object);
  carryMetadata(old, object);
  const state = select(resource, old, object, subresource);
  applyDefaults(state);
  strategy.prepareForUpdate?.(state, old, context, subresource);
  if (strategy.generation === true && !equalJson(content(old), content(state))) {
    state.metadata.generation = (old.metadata.generation ?? 0) + 1;
  }
  if (options.applied !== true) trackFields(context, resource, old, state, options);
  const causes = [
    ...finalizerCauses(old, state),
    ...validate(state, resource),
    ...(subresource === ''
      ? [...immutableCauses(strategy, old, state), ...(strategy.validateUpdate?.(state, old) ?? [])]
      : []),
  ];
  if (causes.length > 0) throw invalid(resource, state.metadata.name, causes);
  if (equalJson(old, state) || options.dryRun === true) return objectText(state);
  if (isFinished(state, strategy, context)) {
    erase(context, resource, state);
    return objectText(state);
  }
  const text = context.store.put(resource.storage, keyOf(state), state);
  strategy.afterWrite?.(state, context);
  return text;
}

function checkPreconditions(resource: ResourceInfo, old: KubeObject, object: KubeObject): void {
  const { uid, resourceVersion, name } = object.metadata;
  if (uid && uid !== old.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
    throw conflict(resource, name, why);
  }
  if (resourceVersion && resourceVersion !== '0' && resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(resource, name, MODIFIED);
  }
}

/** Fields that only the server writes, and the resourceVersion so that unchanged objects compare equal. */
const SERVER_FIELDS = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'resourceVersion',
  'generateName',
] as const;

function carryMetadata(old: KubeObject, object: KubeObject): void {
  const metadata = object.metadata as unknown as Record<string, unknown>;
  for (const field of SERVER_FIELDS) {
    if (old.metadata[field] === undefined) delete metadata[field];
    else metadata[field] = old.metadata[field];
  }
  delete metadata.selfLink;
  if (metadata.managedFields === undefined && old.metadata.managedFields !== undefined) {
    metadata.managedFields = old.metadata.managedFields;
  }
  for (const field of ['labels', 'annotations', 'ownerReferences', 'finalizers'] as const) {
    if (isEmpty(metadata[field])) delete metadata[field];
  }
}

const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);

/** The new state by what the endpoint may write: all but status, or only status, or only approval conditions. */
function select(
  resource: ResourceInfo,
  old: KubeObject,
  object: KubeObject,
  subresource: string,
): KubeObject {
  if (subresource === '' || subresource === 'finalize') {
    if (!hasSubresource(resource, 'status')) return object;
    if (old.status === undefined) delete object.status;
    else object.status = old.status as unknown;
    return object;
  }
  if (subresource !== 'status' && subresource !== 'approval') return object;
  // A custom resource's status endpoint leaves all metadata alone but managedFields, a built-in one the labels' owner
  // and finalizers.
  const metadata = resource.custom === undefined ? object.metadata : old.metadata;
  const state = { ...cloneJson(old), metadata: { ...metadata, labels: old.metadata.labels } } as KubeObject;
  if (resource.storage === 'nodes') state.metadata.labels = object.metadata.labels ?? {};
  if (isEmpty(state.metadata.labels) || state.metadata.labels === undefined) delete state.metadata.labels;
  if (object.status === undefined) delete state.status;
  else state.status = object.status as unknown;
  return state;
}

/**
 * Keeps metadata.managedFields of objects that have been applied (server-side). Others carry none, unlike upstream:
 * they would double the size of all objects for the few whose fields are ever asked for.
 */
function trackFields(
  context: RegistryContext,
  resource: ResourceInfo,
  old: KubeObject,
  state: KubeObject,
  { fieldManager, subresource }: UpdateOptions,
): void {
  if (old.metadata.managedFields === undefined || state.metadata.managedFields === undefined) return;
  recordUpdate(old, state, {
    manager: fieldManager ?? 'unknown',
    shape: applyShapeOf(resource),
    now: context.now(),
    ...(subresource ? { subresource } : {}),
  });
}

/** What `generation` counts changes of. */
function content(object: KubeObject): Record<string, unknown> {
  const { metadata: _metadata, status: _status, ...rest } = object;
  return rest;
}

function finalizerCauses(old: KubeObject, state: KubeObject): FieldCause[] {
  if (old.metadata.deletionTimestamp === undefined) return [];
  const before = old.metadata.finalizers ?? [];
  const added = (state.metadata.finalizers ?? []).filter((finalizer) => !before.includes(finalizer));
  if (added.length === 0) return [];
  const list = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`;
  return [
    {
      field: 'metadata.finalizers',
      reason: 'FieldValueForbidden',
      message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${list}`,
    },
  ];
}

function immutableCauses(strategy: Strategy, old: KubeObject, state: KubeObject): FieldCause[] {
  const causes: FieldCause[] = [];
  for (const field of strategy.immutable ?? []) {
    const [before, now] = [valueAt(old, field), valueAt(state, field)];
    if (before === now || (before !== undefined && equalJson(before, now))) continue;
    causes.push({
      field,
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(now ?? null)}: field is immutable`,
    });
  }
  return causes;
}

/** An object that was to be deleted goes with the last thing that kept it. */
function isFinished(state: KubeObject, strategy: Strategy, context: RegistryContext): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = state.metadata;
  if (deletionTimestamp === undefined || (deletionGracePeriodSeconds ?? 0) > 0) return false;
  return (finalizers ?? []).length === 0 && strategy.isHeld?.(state, context) !== true;
}
