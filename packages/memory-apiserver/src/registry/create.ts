import { randomUUID } from 'node:crypto';
import { alreadyExists, ApiError, invalid } from '../errors.js';
import type { KubeObject } from '../object.js';
import { applyDefaults } from '../schema/defaults.js';
import type { ResourceInfo } from '../schema/resource.js';
import { validate } from '../schema/validation.js';
import { timestamp } from '../store/identity.js';
import { objectText } from '../store/text.js';
import { checkByAdmission, completeByAdmission } from './admission/index.js';
import { admit } from './admission-policies/admit.js';
import type { WriteOptions } from './api.js';
import type { RegistryContext } from './context.js';
import { findObject, hasSubresource, keyOf } from './context.js';
import { generateName } from './names.js';
import { checkNamespace, setNamespace } from './namespaces.js';
import { warnOfPods } from './pod-warnings.js';
import { checkNoVersion } from './preconditions.js';
import { applyRequesterRules } from './requester-rules.js';
import { storeObject } from './shared-reads.js';
import { strategyOf } from './strategies/index.js';
import type { Strategy } from './strategy.js';
import type { FieldWriter } from './track-fields.js';
import { takeSentFields, trackCreate } from './track-fields.js';

/** Tries for a free name from metadata.generateName: `maxNameGenerationCreateAttempts` in k8s.io/apiserver. */
const NAME_ATTEMPTS = 8;

/**
 * Creates the object (which the call takes over) and answers its stored text. Throws AlreadyExists, Invalid,
 * NotFound for its namespace, and whatever admission has against it.
 */
export function createObject(
  context: RegistryContext,
  resource: ResourceInfo,
  object: KubeObject,
  namespace: string | undefined,
  options: WriteOptions & FieldWriter = {},
): string {
  const { metadata } = object;
  const strategy = strategyOf(resource);
  const sent = takeSentFields(object);
  applyRequesterRules(context, resource, object, undefined, options.request);
  checkNoVersion(object);
  setNamespace(resource, object, namespace);
  fillSystemFields(context, resource, object);
  checkNamespace(context, resource, object);
  takeName(context, resource, object);
  setStatus(resource, object, strategy);
  if (strategy.generation !== undefined && strategy.generation !== false) metadata.generation = 1;
  applyDefaults(object);
  strategy.complete?.(object, options.entries !== undefined);
  trackCreate(context, resource, object, options, sent);
  const attributes = {
    context,
    resource,
    object,
    old: undefined,
    subresource: '',
    dryRun: options.dryRun === true,
    warn: options.warn,
  };
  completeByAdmission(attributes);
  strategy.prepareForCreate?.(object, context);
  const causes = [
    ...validate(object, resource),
    ...(strategy.validate?.(object, undefined, '', options.warn) ?? []),
  ];
  if (causes.length > 0) throw invalid(resource, metadata.name, causes);
  warnOfPods(attributes);
  if (isTaken(context, resource, object))
    throw alreadyThere(context, resource, object, options.via ?? resource);
  admit(context, resource, object, undefined, options);
  checkByAdmission(attributes);
  if (options.dryRun === true) return objectText(object);
  const text = storeObject(context, resource, object);
  strategy.afterWrite?.(object, context);
  return text;
}

function fillSystemFields({ now }: RegistryContext, resource: ResourceInfo, object: KubeObject): void {
  const { metadata } = object;
  for (const field of ['deletionTimestamp', 'deletionGracePeriodSeconds', 'resourceVersion'] as const)
    delete metadata[field];
  delete (metadata as { selfLink?: string }).selfLink;
  metadata.uid = randomUUID();
  metadata.creationTimestamp = timestamp(now());
  if (metadata.name || metadata.generateName) return;
  throw invalid(resource, '', [
    {
      field: 'metadata.name',
      reason: 'FieldValueRequired',
      message: 'Required value: name or generateName is required',
    },
  ]);
}

const isTaken = ({ store }: RegistryContext, { storage }: ResourceInfo, object: KubeObject): boolean =>
  store.has(storage, keyOf(object));

function takeName(context: RegistryContext, resource: ResourceInfo, object: KubeObject): void {
  const { metadata } = object;
  if (metadata.name) return;
  for (let attempt = 0; attempt < NAME_ATTEMPTS; attempt += 1) {
    metadata.name = generateName(metadata.generateName ?? '', context.random);
    if (!isTaken(context, resource, object)) return;
  }
}

/** @param named the resource as the request names it */
function alreadyThere(
  context: RegistryContext,
  resource: ResourceInfo,
  { metadata }: KubeObject,
  named: ResourceInfo,
): ApiError {
  const error = alreadyExists(named, metadata.name);
  const there = findObject(context, resource, metadata.namespace, metadata.name);
  if (there?.metadata.deletionTimestamp === undefined) return error;
  return new ApiError(error.code, error.reason, `object is being deleted: ${error.message}`, error.details);
}

function setStatus(resource: ResourceInfo, object: KubeObject, strategy: Strategy): void {
  if (strategy.initialStatus === 'kept') return;
  if (strategy.initialStatus !== undefined) object.status = structuredClone(strategy.initialStatus);
  else if (hasSubresource(resource, 'status')) delete object.status;
}
