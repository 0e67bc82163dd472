import { ApiError, conflict, invalid, type FieldCause } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';

const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

/** Places in etcd that aren't named after the resource (`SpecialDefaultResourcePrefixes` of kube-apiserver). */
const PREFIXES: Readonly<Record<string, string>> = {
  replicationcontrollers: 'controllers',
  endpoints: 'services/endpoints',
  nodes: 'minions',
  services: 'services/specs',
  'ingresses.networking.k8s.io': 'ingress',
  'customresourcedefinitions.apiextensions.k8s.io': 'apiextensions.k8s.io/customresourcedefinitions',
  'apiservices.apiregistration.k8s.io': 'apiregistration.k8s.io/apiservices',
};

/** Where kube-apiserver keeps the object, which it tells clients in some messages. */
function etcdKey(resource: ResourceInfo, namespace: string | undefined, name: string): string {
  const own = resource.custom === undefined ? resource.plural : `${resource.group}/${resource.plural}`;
  const parts = [PREFIXES[resource.storage] ?? own, ...(namespace === undefined ? [] : [namespace]), name];
  return `/registry/${parts.join('/')}`;
}

/** A PUT with a UID means that very object. Throws Conflict. */
export function checkUid(
  resource: ResourceInfo,
  namespace: string | undefined,
  name: string,
  asked: string | undefined,
  uid: string | undefined,
): void {
  if (!asked || asked === uid) return;
  const why = `Precondition failed: UID in precondition: ${asked}, UID in object meta: ${uid ?? ''}`;
  const key = etcdKey(resource, namespace, name);
  throw conflict(
    resource,
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
  );
}

/** Storages whose strategies don't `AllowUnconditionalUpdate`; those of custom resources don't either. */
const CONDITIONAL: ReadonlySet<string> = new Set([
  'runtimeclasses.node.k8s.io',
  'leases.coordination.k8s.io',
  'leasecandidates.coordination.k8s.io',
  'poddisruptionbudgets.policy',
  'csidrivers.storage.k8s.io',
  'csinodes.storage.k8s.io',
  'csistoragecapacities.storage.k8s.io',
  'volumeattachments.storage.k8s.io',
  'customresourcedefinitions.apiextensions.k8s.io',
  'apiservices.apiregistration.k8s.io',
  'clustertrustbundles.certificates.k8s.io',
  'podcertificaterequests.certificates.k8s.io',
  'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  'validatingwebhookconfigurations.admissionregistration.k8s.io',
  'validatingadmissionpolicies.admissionregistration.k8s.io',
  'validatingadmissionpolicybindings.admissionregistration.k8s.io',
  'mutatingadmissionpolicies.admissionregistration.k8s.io',
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io',
]);

/** What a resourceVersion in an object says, 0 for none. Throws what kube-apiserver does: 500. */
function versionOf({ metadata }: KubeObject): number {
  const { resourceVersion = '' } = metadata;
  if (resourceVersion === '') return 0;
  if (/^\d+$/.test(resourceVersion)) return Number(resourceVersion);
  throw new ApiError(
    500,
    '',
    `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`,
  );
}

/**
 * The resourceVersion of a new state must be that of the old one, or absent where that is allowed.
 *
 * @param isLenient for code in the process: without a version the last write wins
 * @throws ApiError Conflict, Invalid
 */
export function checkVersion(
  resource: ResourceInfo,
  old: KubeObject,
  object: KubeObject,
  isLenient: boolean,
): void {
  const { name } = old.metadata;
  if (versionOf(object) === 0) {
    if (isLenient || (resource.custom === undefined && !CONDITIONAL.has(resource.storage))) return;
    throw invalid({ group: resource.group, kind: resource.plural }, name, [
      {
        field: 'metadata.resourceVersion',
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 0: must be specified for an update',
      },
    ]);
  }
  if (object.metadata.resourceVersion !== old.metadata.resourceVersion)
    throw conflict(resource, name, MODIFIED);
}

/** New objects have no version. Throws what kube-apiserver does: 500. */
export function checkNoVersion({ metadata }: KubeObject): void {
  const { resourceVersion = '' } = metadata;
  if (/^\d+$/.test(resourceVersion) && Number(resourceVersion) !== 0)
    throw new ApiError(500, '', 'resourceVersion should not be set on objects to be created');
}

const IMMUTABLE = ['uid', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

/**
 * Metadata that an update can't set: `ValidateObjectMetaAccessorUpdate` of k8s.io/apimachinery. What an object has
 * already, an update may leave out.
 */
export function metadataCauses(old: KubeObject, object: KubeObject): FieldCause[] {
  const causes: FieldCause[] = [];
  for (const field of IMMUTABLE) {
    const [before, now] = [old.metadata[field], object.metadata[field]];
    if (
      now === undefined ||
      now === before ||
      (field !== 'uid' && old.metadata.deletionTimestamp !== undefined)
    )
      continue;
    causes.push({
      field: `metadata.${field}`,
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(now)}: field is immutable`,
    });
  }
  return causes;
}

const LOOKED_AT_TWICE = /^metadata\.(?:labels|annotations|ownerReferences)\b/;

/**
 * What is wrong with an updated object, in the order and as often as upstream says it: metadata are validated as
 * such and as a change, for all kinds (`BeforeUpdate` of k8s.io/apiserver) and again for each.
 *
 * @param causes what is wrong with the new state by itself
 * @param changes what is wrong with it because of the old one
 */
export function asOfAnUpdate(causes: readonly FieldCause[], changes: readonly FieldCause[]): FieldCause[] {
  const metadata = causes.filter(({ field }) => field.startsWith('metadata.'));
  if (metadata.length === 0 && changes.length === 0) return [...causes];
  const change = [...changes, ...metadata.filter(({ field }) => LOOKED_AT_TWICE.test(field))];
  const others = causes.filter(({ field }) => !field.startsWith('metadata.'));
  return [...metadata, ...change, ...change, ...metadata, ...others];
}
