import { ApiError, badRequest, notFound, qualifiedResource } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import type { RegistryContext } from './context.js';

/**
 * Gives the object the namespace of the request: `EnsureObjectNamespaceMatchesRequestNamespace` in k8s.io/apiserver
 * `pkg/registry/rest`. A namespace on a cluster-scoped object is dropped, as Rancher's import manifest needs.
 */
export function setNamespace(
  resource: ResourceInfo,
  object: KubeObject,
  namespace: string | undefined,
): void {
  const { metadata } = object;
  if (!resource.namespaced) {
    delete metadata.namespace;
    return;
  }
  const given = metadata.namespace;
  if (!given && namespace !== undefined) {
    metadata.namespace = namespace;
  } else if (given !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (!metadata.namespace) throw badRequest('an empty namespace may not be set during creation');
}

/**
 * The NamespaceLifecycle admission for creates: NotFound if the namespace isn't there, Forbidden if it's going.
 */
export function checkNamespace(context: RegistryContext, resource: ResourceInfo, object: KubeObject): void {
  const { namespace, name } = object.metadata;
  if (!resource.namespaced || namespace === undefined) return;
  const text = context.store.read('namespaces', `/${namespace}`);
  if (text === undefined) throw notFound({ group: '', plural: 'namespaces' }, namespace);
  // Cheap look first: hardly any namespace is on its way out.
  if (!text.includes('"deletionTimestamp"')) return;
  const { metadata } = JSON.parse(text) as KubeObject;
  if (metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw new ApiError(403, 'Forbidden', `${qualifiedResource(resource)} "${name}" is forbidden: ${why}`, {
    name,
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  });
}
