import type { FieldCause } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ResourceInfo } from './resource.js';
import { coreRules } from './validation/core.js';
import { validateMetadata } from './validation/metadata.js';
import {
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  pathSegment,
  type Format,
} from './validation/names.js';
import { otherRules } from './validation/others.js';
import { Report } from './validation/report.js';
import { workloadRules, type Rule } from './validation/workloads.js';

const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries({ ...coreRules, ...workloadRules, ...otherRules }),
);

/** Storages whose names aren't DNS subdomains. */
const nameFormats: ReadonlyMap<string, Format> = new Map([
  ['namespaces', dns1123Label],
  ['services', dns1035Label],
  ['roles.rbac.authorization.k8s.io', pathSegment],
  ['clusterroles.rbac.authorization.k8s.io', pathSegment],
  ['rolebindings.rbac.authorization.k8s.io', pathSegment],
  ['clusterrolebindings.rbac.authorization.k8s.io', pathSegment],
  ['apiservices.apiregistration.k8s.io', pathSegment],
  ['prioritylevelconfigurations.flowcontrol.apiserver.k8s.io', dns1123Subdomain],
]);

/**
 * Why an object would be refused, in the order and words of kube-apiserver; nothing if it is fine. Metadata of
 * every kind, and what users most often get wrong in the built-in ones (k8s.io/kubernetes
 * `pkg/apis/<group>/validation`). The object must have its defaults.
 */
export function validate(object: KubeObject, resource: ResourceInfo): FieldCause[] {
  const report = new Report();
  checkMetadata(object, resource, report);
  if (resource.custom === undefined) rules.get(resource.storage)?.(object, report);
  return report.causes;
}

/** As {@link validate} for an object of which only the metadata, and what isn't validated, are new. */
export function validateMetadataOf(object: KubeObject, resource: ResourceInfo): FieldCause[] {
  const report = new Report();
  checkMetadata(object, resource, report);
  return report.causes;
}

function checkMetadata(object: KubeObject, { storage }: ResourceInfo, report: Report): void {
  validateMetadata(object, nameFormats.get(storage) ?? dns1123Subdomain, report);
}
