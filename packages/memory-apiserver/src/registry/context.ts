import type { ApiError } from '../errors.js';
import { notFound } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { OverlayCatalog } from '../schema/catalog.js';
import type { ResourceInfo } from '../schema/resource.js';
import { fromStoredForm } from '../schema/structural/stored-form.js';
import type { ClusterStore } from '../store/cluster-store.js';
import { objectKey } from '../store/key.js';
import type { ParsedTexts } from '../store/parsed-texts.js';
import { parseObject } from '../store/text.js';
import type { RbacAuthorizer } from './rbac/rbac-authorizer.js';
import type { ServiceAccountTokens } from './service-account-tokens.js';
import type { Authorizer } from './user.js';

/** What all clusters of an API server have in common for the registry. */
export interface RegistrySettings {
  readonly now: () => number;
  readonly random: () => number;
  readonly tokens: ServiceAccountTokens;
  /** Instead of {@link RegistryContext.rbac}. */
  readonly authorizer?: Authorizer;
  /** IPv4 range of cluster IPs, such as `10.43.0.0/16`. */
  readonly serviceCidr: string;
  /** Whether objects say who owns their fields. @default true */
  readonly managedFields?: boolean;
  /** Objects that reads within the process share. @default one set for all clusters */
  readonly parsed?: ParsedTexts;
  /** Which controllers work on what the registry leaves half done. */
  readonly controllers: {
    /** Ends pods that have been asked to stop; without it deletion is immediate. */
    readonly kubelet: boolean;
    /** Works off the finalizers `orphan` and `foregroundDeletion`; without it they aren't set. */
    readonly garbageCollector: boolean;
    /** Gives each namespace its `default` service account; without it pods don't need one. */
    readonly serviceAccount: boolean;
    /** Fills the Secrets of service account tokens; without it they stay as they come. */
    readonly serviceAccountToken: boolean;
    /** Takes the finalizers off claims and volumes that nothing uses; without it they aren't set. */
    readonly storageProtection: boolean;
  };
}

/** What the parts of the registry share about one cluster. */
export interface RegistryContext extends RegistrySettings {
  readonly authorizer: Authorizer;
  /** Roles and bindings of this cluster. */
  readonly rbac: RbacAuthorizer;
  readonly store: ClusterStore;
  readonly catalog: OverlayCatalog;
  readonly caCert: string;
}

export const apiVersionOf = (resource: { group: string; version: string }): string =>
  resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;

/** The stored object, the caller's own; undefined if there is none. */
export function findObject(
  context: RegistryContext,
  resource: ResourceInfo,
  namespace: string | undefined,
  name: string,
): KubeObject | undefined {
  const text = context.store.read(resource.storage, objectKey(namespace, name));
  if (text === undefined) return undefined;
  const object = parseObject(apiVersionOf(resource), resource.kind, text);
  if (resource.custom !== undefined) fromStoredForm(resource.custom, object);
  return object;
}

/** The stored object, the caller's own. Throws NotFound. */
export function getObject(
  context: RegistryContext,
  resource: ResourceInfo,
  namespace: string | undefined,
  name: string,
): KubeObject {
  const object = findObject(context, resource, namespace, name);
  if (object === undefined) throw notFound(resource, name);
  return object;
}

export const keyOf = ({ metadata }: KubeObject): string => objectKey(metadata.namespace, metadata.name);

/** True if the resource has the subresource. */
export const hasSubresource = (resource: ResourceInfo, name: string): boolean =>
  resource.subresources.some((subresource) => subresource.name === name);

/** NotFound for a storage that isn't served. */
export function resourceOfStorage(context: RegistryContext, storage: string): ResourceInfo {
  const resource = context.catalog.findStorage(storage);
  if (resource === undefined) throw notServed(storage);
  return resource;
}

function notServed(storage: string): ApiError {
  const [plural = '', ...group] = storage.split('.');
  return notFound({ plural, group: group.join('.') }, '');
}
