import { cloneJson, equalJson } from '../codec/json.js';
import { isSameButTimes } from '../codec/managed-fields.js';
import type { FieldCause } from '../errors.js';
import { badRequest, invalid, notFound } from '../errors.js';
import type { KubeObject } from '../object.js';
import { applyDefaults } from '../schema/defaults.js';
import type { ResourceInfo } from '../schema/resource.js';
import { validate, validateMetadataOf } from '../schema/validation.js';
import { objectText } from '../store/text.js';
import { checkByAdmission, completeByAdmission } from './admission/index.js';
import { admit } from './admission-policies/admit.js';
import type { WriteOptions } from './api.js';
import type { RegistryContext } from './context.js';
import { hasSubresource } from './context.js';
import { createObject } from './create.js';
import { erase } from './erase.js';
import { setNamespace } from './namespaces.js';
import { warnOfPods } from './pod-warnings.js';
import { asOfAnUpdate, checkUid, checkVersion, metadataCauses } from './preconditions.js';
import { applyRequesterRules } from './requester-rules.js';
import { findStored, storeObject } from './shared-reads.js';
import { strategyOf } from './strategies/index.js';
import type { Strategy } from './strategy.js';
import type { FieldWriter } from './track-fields.js';
import { takeSentFields, trackUpdate } from './track-fields.js';
import { valueAt } from './value-at.js';

export interface UpdateOptions extends WriteOptions, FieldWriter {
  /** Looks at what a patch has made of the object, in the version of the request; may change or refuse it. */
  inspect?: (object: KubeObject) => void;
}

/** What a write came to. */
export interface Written {
  text: string;
  created: boolean;
}

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
  const old = findStored(context, resource, namespace, name);
  const { uid } = object.metadata;
  if (old !== undefined || strategyOf(resource).createOnUpdate === true)
    checkUid(resource, object.metadata.namespace, name, uid, old?.metadata.uid);
  if (old !== undefined)
    return { text: replaceObject(context, resource, old, object, options), created: false };
  if (strategyOf(resource).createOnUpdate !== true || options.subresource) throw notFound(resource, name);
  delete object.metadata.resourceVersion;
  return { text: createObject(context, resource, object, namespace, options), created: true };
}

/**
 * Puts a new state, which the call takes over, in place of the old one by the rules of an update. Answers the stored
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
  const sent = takeSentFields(object);
  applyRequesterRules(context, resource, object, old, options.request);
  checkVersion(options.via ?? resource, old, object, options.request === undefined);
  const immutable = metadataCauses(old, object);
  carryMetadata(old, object);
  const state = select(resource, old, object, subresource);
  const isStatus = isBuiltinStatus(resource, subresource);
  applyDefaults(state, isStatus ? STATUS_PARTS : undefined);
  strategy.complete?.(state, options.entries !== undefined);
  const shown = isCustomStatus(resource, subresource) ? { ...state, metadata: object.metadata } : state;
  trackUpdate(context, resource, old, shown, options, sent);
  setManagedFields(state, shown);
  const attributes = {
    context,
    resource,
    object: state,
    old,
    subresource,
    dryRun: options.dryRun === true,
    warn: options.warn,
  };
  completeByAdmission(attributes);
  strategy.prepareForUpdate?.(state, old, context, subresource);
  if (countsAsChange(strategy, old, state, subresource)) {
    state.metadata.generation = (old.metadata.generation ?? 0) + 1;
  }
  const causes = [
    ...asOfAnUpdate(isStatus ? validateMetadataOf(state, resource) : validate(state, resource), [
      ...finalizerCauses(old, state),
      ...immutable,
    ]),
    ...(strategy.validate?.(state, old, subresource, options.warn) ?? []),
    ...(subresource === ''
      ? [...immutableCauses(strategy, old, state), ...(strategy.validateUpdate?.(state, old) ?? [])]
      : []),
  ];
  if (causes.length > 0) throw invalid(resource, state.metadata.name, causes);
  warnOfPods(attributes);
  admit(context, resource, state, old, options);
  checkByAdmission(attributes);
  if (isUnchanged(old, state) || options.dryRun === true) return objectText(state);
  if (isFinished(state, strategy, context)) {
    // Who took the last finalizer off is shown the object, not its removal.
    const text = objectText(state);
    erase(context, resource, state);
    return text;
  }
  const text = storeObject(context, resource, state);
  strategy.afterWrite?.(state, context, old);
  return text;
}

/** What else the new state has is what the old one had, complete and valid, and shared with it. */
const isBuiltinStatus = (resource: ResourceInfo, subresource: string): boolean =>
  resource.custom === undefined && subresource === 'status';

const STATUS_PARTS: ReadonlySet<string> = new Set(['metadata', 'status']);

/** Metadata sent to the status of a custom resource are not stored, and yet owned as if they were. */
const isCustomStatus = (resource: ResourceInfo, subresource: string): boolean =>
  resource.custom !== undefined && subresource === 'status';

function setManagedFields(object: KubeObject, { metadata: { managedFields } }: KubeObject): void {
  if (managedFields === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = managedFields;
}

/** Fields that only the server writes, and the resourceVersion so that unchanged objects compare equal. */
const SERVER_FIELDS = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'resourceVersion',
] as const;

function carryMetadata(old: KubeObject, object: KubeObject): void {
  const metadata = object.metadata as unknown as Record<string, unknown>;
  for (const field of SERVER_FIELDS) {
    if (old.metadata[field] === undefined) delete metadata[field];
    else metadata[field] = old.metadata[field];
  }
  delete metadata.selfLink;
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
    else object.status = cloneJson(old.status as unknown);
    return object;
  }
  if (subresource !== 'status' && subresource !== 'approval') return object;
  // A custom resource's status endpoint leaves all metadata alone but managedFields, a built-in one the labels' owner
  // and finalizers.
  const metadata = resource.custom === undefined ? object.metadata : old.metadata;
  const rest = isBuiltinStatus(resource, subresource) ? old : cloneJson(old);
  const state = { ...rest, metadata: { ...metadata, labels: old.metadata.labels } } as KubeObject;
  if (resource.storage === 'nodes') state.metadata.labels = object.metadata.labels ?? {};
  if (isEmpty(state.metadata.labels) || state.metadata.labels === undefined) delete state.metadata.labels;
  if (object.status === undefined) delete state.status;
  else state.status = object.status as unknown;
  return state;
}

/**
 * Whether nothing is to be written. Times of managedFields alone are no reason to write: the old ones stay
 * (`IgnoreManagedFieldsTimestampsTransformer` of k8s.io/apiserver).
 */
function isUnchanged(old: KubeObject, state: KubeObject): boolean {
  const [before, now] = [old.metadata.managedFields, state.metadata.managedFields];
  if (before !== undefined && isSameButTimes(before, now)) state.metadata.managedFields = before;
  if (equalJson(old, state)) return true;
  if (now !== undefined) state.metadata.managedFields = now;
  return false;
}

/** Whether the new state is another generation. */
function countsAsChange(
  { generation }: Strategy,
  old: KubeObject,
  state: KubeObject,
  subresource: string,
): boolean {
  if (generation === undefined || generation === false) return false;
  if (!equalJson(content(old), content(state))) return true;
  if (generation === true || subresource !== '') return false;
  const field = generation === 'with-annotations' ? 'annotations' : 'labels';
  return !equalJson(old.metadata[field] ?? {}, state.metadata[field] ?? {});
}

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
