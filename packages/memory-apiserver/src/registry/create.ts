import { randomUUID } from 'node:crypto';
import { alreadyExists, ApiError, invalid } from '../errors.js';
import type { KubeObject } from '../object.js';
import { applyDefaults } from '../schema/defaults.js';
import type { ResourceInfo } from '../schema/resource.js';
import { validate } from '../schema/validation.js';
import { timestamp } from '../store/identity.js';
import { objectText } from '../store/text.js';
import type { WriteOptions } from './api.js';
import type { RegistryContext } from './context.js';
import { hasSubresource, keyOf } from './context.js';
import { generateName } from './names.js';
import { checkNamespace, setNamespace } from './namespaces.js';
import { strategyOf } from './strategies/index.js';
import type { Strategy } from './strategy.js';

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
  options: WriteOptions = {},
): string {
  const { metadata } = object;
  const strategy = strategyOf(resource);
  if (metadata.resourceVersion) {
    throw new ApiError(500, '', 'resourceVersion should not be set on objects to be created');
  }
  setNamespace(resource, object, namespace);
  fillSystemFields(context, resource, object);
  checkNamespace(context, resource, object);
  takeName(context, resource, object);
  setStatus(resource, object, strategy);
  if (strategy.generation === true) metadata.generation = 1;
  else delete metadata.generation;
  applyDefaults(object);
  strategy.prepareForCreate?.(object, context);
  const causes = validate(object, resource);
  if (causes.length > 0) throw invalid(resource, metadata.name, causes);
  if (options.dryRun === true) return objectText(object);
  const text = context.store.put(resource.storage, keyOf(object), object);
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

function takeName(context: RegistryContext, resource: ResourceInfo, object: KubeObject): void {
  const { metadata } = object;
  const taken = (): boolean => context.store.has(resource.storage, keyOf(object));
  if (!metadata.name) {
    for (let attempt = 0; attempt < NAME_ATTEMPTS; attempt += 1) {
      metadata.name = generateName(metadata.generateName ?? '', context.random);
      if (!taken()) return;
    }
  }
  if (taken()) throw alreadyExists(resource, metadata.name);
}

function setStatus(resource: ResourceInfo, object: KubeObject, strategy: Strategy): void {
  if (strategy.initialStatus === 'kept') return;
  if (strategy.initialStatus !== undefined) object.status = structuredClone(strategy.initialStatus);
  else if (hasSubresource(resource, 'status')) delete object.status;
}
