import { FieldSet } from '../codec/field-set.js';
import type { ResourceInfo } from '../schema/resource.js';
import { hasSubresource } from './context.js';

const status = FieldSet.ofFields(['status']);
const spec = FieldSet.ofFields(['spec']);
const allButStatus = FieldSet.ofFields(['metadata'], ['spec']);

/** By `storage` or `storage/subresource`, where the rule of {@link resetFields} doesn't hold. */
const others: Readonly<Record<string, FieldSet>> = {
  'certificatesigningrequests.certificates.k8s.io': FieldSet.ofFields(['spec'], ['status']),
  'certificatesigningrequests.certificates.k8s.io/status': FieldSet.ofFields(
    ['spec'],
    ['status', 'conditions'],
  ),
  'certificatesigningrequests.certificates.k8s.io/approval': FieldSet.ofFields(
    ['spec'],
    ['status', 'certificate'],
  ),
  'deployments.apps/status': FieldSet.ofFields(['spec'], ['metadata', 'labels']),
  'pods/status': FieldSet.ofFields(
    ['spec'],
    ['metadata', 'deletionTimestamp'],
    ['metadata', 'ownerReferences'],
  ),
  'namespaces/finalize': status,
  'flowschemas.flowcontrol.apiserver.k8s.io/status': allButStatus,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io/status': allButStatus,
  'validatingadmissionpolicies.admissionregistration.k8s.io/status': allButStatus,
  'volumeattachments.storage.k8s.io/status': allButStatus,
  'customresourcedefinitions.apiextensions.k8s.io/status': allButStatus,
  'apiservices.apiregistration.k8s.io/status': allButStatus,
  // Upstream names them for a group that there isn't, so they have no effect.
  'servicecidrs.networking.k8s.io': FieldSet.empty,
  'servicecidrs.networking.k8s.io/status': FieldSet.empty,
};

/**
 * What can't be written through an endpoint and so can't be owned by writing there: `GetResetFields` of the
 * strategies under k8s.io/kubernetes `pkg/registry`.
 */
export function resetFields(resource: ResourceInfo, subresource: string): FieldSet {
  const key = subresource === '' ? resource.storage : `${resource.storage}/${subresource}`;
  const other = resource.custom === undefined ? others[key] : undefined;
  if (other !== undefined) return other;
  if (subresource === 'status') return spec;
  return subresource === '' && hasSubresource(resource, 'status') ? status : FieldSet.empty;
}
